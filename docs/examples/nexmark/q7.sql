-- The highest bids of each ten seconds; all of those that tie. The rank reads the bids once and keeps
-- the highest of each window; a join with the window's maximum would keep every bid.
CREATE TABLE result (auction bigint, bidder bigint, price bigint, "dateTime" timestamp, extra text)
WITH (connector = 'blackhole');

INSERT INTO result
SELECT auction, bidder, price, "dateTime", extra
FROM (SELECT *, rank() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS nr
      FROM tumble(bid, "dateTime", INTERVAL '10 seconds')) ranked
WHERE nr = 1;
