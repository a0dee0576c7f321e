-- Bids of each bidder in each ten seconds of the wall clock.
CREATE TABLE result (bidder bigint, bids bigint, window_start timestamptz, window_end timestamptz)
WITH (connector = 'blackhole');

INSERT INTO result
SELECT bidder, count(*) AS bids, window_start, window_end
FROM tumble(bid, processing_time(), INTERVAL '10 seconds')
GROUP BY bidder, window_start, window_end;
