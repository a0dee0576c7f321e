-- Bids on every 123rd auction.
CREATE TABLE result (auction bigint, price bigint) WITH (connector = 'blackhole');

INSERT INTO result SELECT auction, price FROM bid WHERE mod(auction, 123) = 0;
