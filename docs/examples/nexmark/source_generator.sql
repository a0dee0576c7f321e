-- NEXMark events made in the process: ROWS of them, in SPLITS splits. EVENT_RATE events pass in one
-- second of event time, whatever the speed of the run.
CREATE TYPE person_row AS (
  id bigint, name text, "emailAddress" text, "creditCard" text, city text, state text,
  "dateTime" timestamp, extra text
);
CREATE TYPE auction_row AS (
  id bigint, "itemName" text, description text, "initialBid" bigint, reserve bigint,
  "dateTime" timestamp, expires timestamp, seller bigint, category bigint, extra text
);
CREATE TYPE bid_row AS (
  auction bigint, bidder bigint, price bigint, channel text, url text, "dateTime" timestamp,
  extra text
);

CREATE TABLE events (
  event_type int,
  person     person_row,
  auction    auction_row,
  bid        bid_row,
  "dateTime" timestamp
) WITH (
  connector = 'generator', dataset = 'nexmark', rows = '${ROWS}', splits = '${SPLITS:-4}',
  event_rate = '${EVENT_RATE:-100000}',
  event_time = 'dateTime', watermark_delay = '4 seconds'
);
