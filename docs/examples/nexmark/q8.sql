-- Persons who opened an auction in the ten seconds in which they came.
CREATE TABLE result (id bigint, name text, window_start timestamp) WITH (connector = 'blackhole');

INSERT INTO result
SELECT p.id, p.name, p.window_start
FROM (SELECT id, name, window_start, window_end
      FROM tumble(person, "dateTime", INTERVAL '10 seconds') GROUP BY 1, 2, 3, 4) p
JOIN (SELECT seller, window_start, window_end
      FROM tumble(auction, "dateTime", INTERVAL '10 seconds') GROUP BY 1, 2, 3) a
  ON p.id = a.seller AND p.window_start = a.window_start AND p.window_end = a.window_end;
