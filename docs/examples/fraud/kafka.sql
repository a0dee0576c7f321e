-- The rule of demo.sql over a real Kafka topic: transactions in, alerts out, and records that
-- cannot be read in a topic of their own. docs/quickstart.md walks through it.
--
--   weir run docs/examples/fraud/kafka.sql --var BROKERS=localhost:9092
--
-- The topics must exist. With --var STOP=latest it reads what is there now and ends.
CREATE TABLE transactions (
  id      text NOT NULL,
  card    text NOT NULL,
  amount  numeric(12,2) NOT NULL CONSTRAINT amount_is_positive CHECK (amount > 0),
  kind    text NOT NULL,
  at      timestamptz NOT NULL
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
  format = 'json', delivery = 'at_least_once'
);

CREATE TABLE alerts (
  rule         text,
  card         text,
  window_start timestamptz,
  window_end   timestamptz,
  spent        numeric(38,2),
  transactions bigint,
  largest      numeric(12,2),
  last_at      timestamptz
) WITH (
  connector = 'kafka', brokers = '${BROKERS}', topic = '${ALERTS:-alerts}',
  format = 'json', key = 'card', delivery = 'at_least_once'
);

CREATE VIEW spending AS
  SELECT card, amount, at FROM transactions WHERE kind IN ('purchase', 'withdrawal');

CREATE VIEW spend_over_limit AS
  SELECT 'spend_over_5000_in_a_minute' AS rule,
         card,
         window_start,
         window_end,
         sum(amount) AS spent,
         count(*)    AS transactions,
         max(amount) AS largest,
         max(at)     AS last_at
  FROM tumble(spending, at, INTERVAL '1 minute')
  GROUP BY card, window_start, window_end
  HAVING sum(amount) > 5000;

INSERT INTO alerts
SELECT rule, card, window_start, window_end, spent, transactions, largest, last_at
FROM spend_over_limit;
