-- Alerts about cards that spend more than 5,000 within one minute, from generated transactions.
-- `deploy/demo` runs this file; README.md beside it says what to expect.
--
--   weir run docs/examples/fraud/demo.sql                     until Ctrl-C
--   weir run docs/examples/fraud/demo.sql --var ROWS=150000   ends after half a minute
--
-- The generator makes RATE rows a second of wall clock, and stamps them as if 100 came in a second:
-- at the default rate event time runs 50 times faster than the clock, so that minutes close often.
-- The default of ROWS is the highest number of rows a generator takes: for ever.
CREATE TABLE transactions (
  id        text NOT NULL,
  card      text NOT NULL,
  account   bigint NOT NULL,
  merchant  text,
  category  text,
  country   text,
  amount    numeric(12,2) NOT NULL CHECK (amount > 0),
  kind      text NOT NULL,
  at        timestamptz NOT NULL
) WITH (
  connector = 'generator', dataset = 'card_transactions',
  rows = '${ROWS:-1000000000000000}', rate = '${RATE:-5000}', event_rate = '100',
  event_time = 'at', watermark_delay = '5 seconds'
);

-- Money that leaves the account; refunds and deposits do not count as spending.
CREATE VIEW spending AS
  SELECT card, amount, at FROM transactions WHERE kind IN ('purchase', 'withdrawal');

-- One row for each card and minute over the limit, with the evidence an analyst asks for first.
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

CREATE TABLE alerts (
  rule         text,
  card         text,
  window_start timestamptz,
  window_end   timestamptz,
  spent        numeric(38,2),
  transactions bigint,
  largest      numeric(12,2),
  last_at      timestamptz
) WITH (connector = 'print');

INSERT INTO alerts
SELECT rule, card, window_start, window_end, spent, transactions, largest, last_at
FROM spend_over_limit;
