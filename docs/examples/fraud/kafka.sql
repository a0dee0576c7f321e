-- The rules of demo.sql over a real Kafka topic: transactions in, alerts out, and records that
-- cannot be read in a topic of their own. docs/quickstart.md walks through it.
--
--   weir run docs/examples/fraud/kafka.sql --state state --var BROKERS=localhost:9092
--
-- The topics must exist. With --var STOP=latest it reads what is there now and ends.
CREATE TABLE transactions (
  id       text NOT NULL,
  card     text NOT NULL,
  account  bigint NOT NULL,
  lat      double precision NOT NULL,
  lon      double precision NOT NULL,
  amount   numeric(12,2) NOT NULL CONSTRAINT amount_is_positive CHECK (amount > 0),
  kind     text NOT NULL,
  at       timestamptz NOT NULL,
  -- Where the record stands, as evidence: "partition:offset".
  position text NOT NULL GENERATED ALWAYS AS (record_partition() || ':' || record_offset()) STORED
) WITH (
  connector = 'kafka', brokers = '${BROKERS}', topic = '${TRANSACTIONS:-transactions}',
  format = 'json', stop = '${STOP:-never}',
  event_time = 'at', watermark_delay = '5 seconds',
  on_error = 'dead_letter', dead_letters = 'rejected'
);

-- What could not be used: the bytes, where they stood, and why.
CREATE TABLE rejected (
  raw     bytea,
  source  text,
  part    text,
  pos     bigint,
  stage   text,
  reason  text,
  seen_at timestamptz
) WITH (
  connector = 'kafka', brokers = '${BROKERS}', topic = '${REJECTED:-rejected}',
  format = 'json'
);

CREATE TABLE alerts (
  rule        text,
  key         text,
  starts      timestamptz,
  ends        timestamptz,
  found       text,
  records     text,
  detected_at timestamptz
) WITH (
  connector = 'kafka', brokers = '${BROKERS}', topic = '${ALERTS:-alerts}',
  format = 'json', key = 'key'
);

-- 1. Spending burst: a card spends over 5,000 within one minute of the clock. Money that leaves
-- the account; refunds and deposits do not count. The first eight records are named.
CREATE VIEW spending AS
  SELECT card, amount, at, position FROM transactions WHERE kind IN ('purchase', 'withdrawal');

CREATE VIEW spending_burst AS
  SELECT 'spending_burst' AS rule,
         card AS key,
         min(at) AS starts,
         max(at) AS ends,
         concat('spent ', sum(amount), ' in ', count(*), ' transactions, over 5000') AS found,
         regexp_substr(string_agg(position, ' ' ORDER BY at), '^\S+( \S+){0,7}') AS records
  FROM tumble(spending, at, INTERVAL '1 minute')
  GROUP BY card, window_start, window_end
  HAVING sum(amount) > 5000;

-- 2. Velocity: over 7 transactions of a card in 10 seconds, or over 20 in 10 minutes. A burst of
-- such rows is one alert: after it the card is quiet for five minutes. The last four are named.
CREATE VIEW counted AS
  SELECT card, at, position,
         count(*)        OVER ten_seconds AS in_10_s,
         count(*)        OVER ten_minutes AS in_10_min,
         first_value(at) OVER ten_seconds AS first_in_10_s,
         first_value(at) OVER ten_minutes AS first_in_10_min,
         lag(position, 3) OVER earlier AS p3,
         lag(position, 2) OVER earlier AS p2,
         lag(position, 1) OVER earlier AS p1
  FROM transactions
  WINDOW earlier AS (PARTITION BY card ORDER BY at),
         ten_seconds AS (PARTITION BY card ORDER BY at
                         RANGE BETWEEN INTERVAL '10 seconds' PRECEDING AND CURRENT ROW),
         ten_minutes AS (PARTITION BY card ORDER BY at
                         RANGE BETWEEN INTERVAL '10 minutes' PRECEDING AND CURRENT ROW);

CREATE VIEW too_fast AS
  SELECT card, at, in_10_s, in_10_min,
         CASE WHEN in_10_s > 7 THEN first_in_10_s ELSE first_in_10_min END AS starts,
         concat_ws(' ', p3, p2, p1, position) AS records
  FROM counted
  WHERE in_10_s > 7 OR in_10_min > 20;

CREATE VIEW velocity AS
  SELECT 'velocity' AS rule,
         card AS key,
         starts,
         at AS ends,
         concat(in_10_s, ' in 10 seconds, ', in_10_min, ' in 10 minutes, over 7 or 20') AS found,
         records
  FROM suppress(too_fast, at, INTERVAL '5 minutes', card);

-- 3. Small then large: an amount under 1.00 directly followed, for the same account, by one over
-- 500.00 within a minute. By default in event time; with --var 'PAIRS_BY=log_order()' each row is
-- judged the moment it arrives, against the row before it in its partition.
CREATE VIEW pairs AS
  SELECT account, amount, at, position,
         lag(amount) OVER before AS small, lag(at) OVER before AS small_at,
         lag(position) OVER before AS small_position
  FROM transactions
  WINDOW before AS (PARTITION BY account ORDER BY ${PAIRS_BY:-at});

CREATE VIEW small_then_large AS
  SELECT 'small_then_large' AS rule,
         account::text AS key,
         small_at AS starts,
         at AS ends,
         concat(small, ' and then ', amount, ', under 1 and over 500') AS found,
         small_position || ' ' || position AS records
  FROM pairs
  WHERE small < 1 AND amount > 500 AND at - small_at < INTERVAL '1 minute';

-- 4. Impossible travel: over 100 km from where the card was last used, at over 900 km/h. Compared
-- without a division: two places at one instant are an alert and not an error.
CREATE VIEW legs AS
  SELECT card, at, position,
         lag(at) OVER before AS left_at, lag(position) OVER before AS left_position,
         great_circle_km(lag(lat) OVER before, lag(lon) OVER before, lat, lon) AS km,
         extract(epoch FROM at - lag(at) OVER before) AS seconds
  FROM transactions
  WINDOW before AS (PARTITION BY card ORDER BY at);

CREATE VIEW impossible_travel AS
  SELECT 'impossible_travel' AS rule,
         card AS key,
         left_at AS starts,
         at AS ends,
         concat(round(km), ' km in ', round(seconds), ' seconds, over 100 km and 900 km/h')
           AS found,
         left_position || ' ' || position AS records
  FROM legs
  WHERE km > 100 AND km * 3600 > 900 * seconds;

-- 5. Structuring: at least three deposits of an account, each between 8,000 and 10,000, in 7 days.
CREATE VIEW below_the_limit AS
  SELECT account, amount, at, position FROM transactions
  WHERE kind = 'deposit' AND amount BETWEEN 8000 AND 10000;

CREATE VIEW deposits AS
  SELECT account, at, position,
         count(*) OVER week AS deposits, sum(amount) OVER week AS total,
         first_value(at) OVER week AS first_at,
         lag(position, 2) OVER (PARTITION BY account ORDER BY at) AS p2,
         lag(position, 1) OVER (PARTITION BY account ORDER BY at) AS p1
  FROM below_the_limit
  WINDOW week AS (PARTITION BY account ORDER BY at
                  RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW);

CREATE VIEW structuring AS
  SELECT 'structuring' AS rule,
         account::text AS key,
         first_at AS starts,
         at AS ends,
         concat(deposits, ' deposits of together ', total, ', each from 8000 to 10000') AS found,
         concat_ws(' ', p2, p1, position) AS records
  FROM deposits
  WHERE deposits >= 3;

CREATE VIEW all_alerts AS
  SELECT rule, key, starts, ends, found, records FROM spending_burst
  UNION ALL SELECT rule, key, starts, ends, found, records FROM velocity
  UNION ALL SELECT rule, key, starts, ends, found, records FROM small_then_large
  UNION ALL SELECT rule, key, starts, ends, found, records FROM impossible_travel
  UNION ALL SELECT rule, key, starts, ends, found, records FROM structuring;

INSERT INTO alerts
SELECT rule, key, starts, ends, found, records, now() FROM all_alerts;
