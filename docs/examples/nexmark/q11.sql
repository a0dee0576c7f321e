-- Bids of each bidder in each session, which a silence of more than ten seconds ends.
CREATE TABLE result (bidder bigint, bids bigint, window_start timestamp, window_end timestamp)
WITH (connector = 'blackhole');

INSERT INTO result
SELECT bidder, count(*) AS bids, window_start, window_end
FROM session(bid, "dateTime", INTERVAL '10 seconds')
GROUP BY bidder, window_start, window_end;
