-- The episodes that the generator hid among the transactions of demo.sql, for score.py.
-- ROWS and EVENT_RATE must be those that demo.sql ran with.
--
--   weir run docs/examples/fraud/truth.sql --var ROWS=300000 > truth.json
CREATE TABLE episodes (
  rule     text,
  card     text,
  account  bigint,
  first_id text,
  last_id  text,
  starts   timestamptz,
  ends     timestamptz
) WITH (
  connector = 'generator', dataset = 'card_transactions', dataset_truth = 'true',
  rows = '${ROWS}', event_rate = '${EVENT_RATE:-50}'
);

SELECT rule, card, account, first_id, last_id, starts, ends FROM episodes;
