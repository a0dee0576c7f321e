-- The three directories in the url of each bid. split_part counts from one, and the protocol and
-- the host are its first, second and third part.
CREATE TABLE result (
  auction bigint, bidder bigint, price bigint, channel text, dir1 text, dir2 text, dir3 text
) WITH (connector = 'blackhole');

INSERT INTO result
SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1,
       split_part(url, '/', 5) AS dir2, split_part(url, '/', 6) AS dir3
FROM bid;
