-- Bids on each auction in each ten seconds.
CREATE TABLE result (auction bigint, window_end timestamp, bids bigint)
WITH (connector = 'blackhole');

INSERT INTO result
SELECT auction, window_end, count(*) AS bids
FROM tumble(bid, "dateTime", INTERVAL '10 seconds')
GROUP BY auction, window_start, window_end;
