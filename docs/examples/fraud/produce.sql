-- Fills a Kafka topic with generated card transactions, for trying kafka.sql.
--
-- One split, read by one task, so that the records arrive in the order of the data set (disordered
-- within 2 seconds, a few beyond): run it with --parallelism 1. They are keyed by account, so that
-- all that a rule compares stands in one partition.
CREATE TABLE generated (
  id text, card text, account bigint, lat double precision, lon double precision,
  amount numeric(12,2), kind text, at timestamptz
) WITH (
  connector = 'generator', dataset = 'card_transactions', splits = '1', rows = '${ROWS:-200000}',
  rate = '${RATE:-1000000000}', event_rate = '${EVENT_RATE:-50}', event_time = 'at'
);

CREATE TABLE transactions (
  id text, card text, account bigint, lat double precision, lon double precision,
  amount numeric(12,2), kind text, at timestamptz
) WITH (
  connector = 'kafka', brokers = '${BROKERS}', topic = '${TRANSACTIONS:-transactions}',
  format = 'json', key = 'account', delivery = 'at_least_once'
);

INSERT INTO transactions SELECT id, card, account, lat, lon, amount, kind, at FROM generated;
