-- NEXMark events from JSON lines: PATH is a file, a folder or a pattern; each file is a split.
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
  "dateTime" timestamp GENERATED ALWAYS AS (
    CASE event_type
      WHEN 0 THEN (person)."dateTime"
      WHEN 1 THEN (auction)."dateTime"
      ELSE (bid)."dateTime"
    END) STORED
) WITH (
  connector = 'file', path = '${PATH}', format = 'json',
  event_time = 'dateTime', watermark_delay = '4 seconds', max_future = 'none'
);
