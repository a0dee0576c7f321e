-- The price of every bid in another currency, exact.
CREATE TABLE result (
  auction bigint, bidder bigint, price numeric(23,3), "dateTime" timestamp, extra text
) WITH (connector = 'blackhole');

INSERT INTO result SELECT auction, bidder, price * 0.908 AS price, "dateTime", extra FROM bid;
