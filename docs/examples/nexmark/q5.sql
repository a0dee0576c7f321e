-- The auctions with the most bids in each ten seconds, every two seconds; all of those that tie.
CREATE TABLE result (auction bigint, window_end timestamp, bids bigint)
WITH (connector = 'blackhole');

CREATE VIEW bids_of_hop AS
  SELECT auction, count(*) AS bids, window_start, window_end
  FROM hop(bid, "dateTime", INTERVAL '2 seconds', INTERVAL '10 seconds')
  GROUP BY auction, window_start, window_end;

INSERT INTO result
SELECT auction, window_end, bids
FROM (SELECT *, rank() OVER (PARTITION BY window_start, window_end ORDER BY bids DESC) AS nr
      FROM bids_of_hop) ranked
WHERE nr = 1;
