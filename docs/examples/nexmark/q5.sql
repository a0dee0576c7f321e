-- The auctions with the most bids in each ten seconds, every two seconds; all of those that tie.
CREATE TABLE result (auction bigint, window_end timestamp, bids bigint)
WITH (connector = 'blackhole');

CREATE VIEW bids_of_hop AS
  SELECT auction, count(*) AS bids, window_start, window_end
  FROM hop(bid, "dateTime", INTERVAL '2 seconds', INTERVAL '10 seconds')
  GROUP BY auction, window_start, window_end;

INSERT INTO result
SELECT c.auction, c.window_end, c.bids
FROM bids_of_hop c
JOIN (SELECT max(bids) AS most, window_start, window_end
      FROM bids_of_hop GROUP BY window_start, window_end) m
  ON c.window_start = m.window_start AND c.window_end = m.window_end AND c.bids = m.most;
