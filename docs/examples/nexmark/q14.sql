-- Bids in a band of prices, with a label for the time of day and a count of the letter c.
CREATE TABLE result (
  auction bigint, bidder bigint, price numeric(23,3), bid_time_type text, "dateTime" timestamp,
  extra text, c_count int
) WITH (connector = 'blackhole');

INSERT INTO result
SELECT auction, bidder, 0.908 * price AS price,
       CASE
         WHEN extract(hour FROM "dateTime") >= 8 AND extract(hour FROM "dateTime") <= 18
           THEN 'dayTime'
         WHEN extract(hour FROM "dateTime") <= 6 OR extract(hour FROM "dateTime") >= 20
           THEN 'nightTime'
         ELSE 'otherTime'
       END AS bid_time_type,
       "dateTime", extra, length(extra) - length(replace(extra, 'c', '')) AS c_count
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;
