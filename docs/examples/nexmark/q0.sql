-- Passes every bid through, without channel and url.
CREATE TABLE result (auction bigint, bidder bigint, price bigint, "dateTime" timestamp, extra text)
WITH (connector = 'blackhole');

INSERT INTO result SELECT auction, bidder, price, "dateTime", extra FROM bid;
