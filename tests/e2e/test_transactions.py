"""A million generated card transactions, in four splits, disordered within the delay and beyond it:
from a real topic and from files, at parallelism 1 and 2, again and again, Weir gives what DuckDB
computes on its own, late rows included.

The oracle judges lateness by itself, from the order of each split: a row is late for its window
when the window's end is at or before the highest event time of the earlier rows of the split, less
the delay."""

from datetime import datetime, timezone

import duckdb
import pytest

from conftest import weir_in

ROWS = 1_000_000
SPLITS = 4
DELAY_S = 1  # Less than the generator's disorder, so that some rows are late.

COLUMNS = """id text NOT NULL, card text NOT NULL, account bigint NOT NULL, country text,
  amount numeric(12,2) NOT NULL CHECK (amount > 0), kind text NOT NULL, at timestamptz NOT NULL"""
TIME = f"event_time = 'at', watermark_delay = '{DELAY_S} seconds', max_future = 'none'"

SPENT = """
SELECT card, window_start, window_end, sum(amount) AS spent, count(*) AS n, max(at) AS last_at
FROM tumble(transactions, at, INTERVAL '1 minute')
GROUP BY card, window_start, window_end HAVING sum(amount) > 2000;
"""
STATELESS = """
SELECT id, upper(country) AS country, amount * 2 AS doubled FROM transactions
WHERE kind = 'withdrawal' AND amount > 300;
"""


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    """The rows as four files, one a split, in the order of the split."""
    folder = tmp_path_factory.mktemp("splits")
    weir_in(folder).run(f"""
      CREATE TABLE transactions ({COLUMNS}) WITH (connector = 'generator',
        dataset = 'card_transactions', rows = '{ROWS}', splits = '{SPLITS}', {TIME});
      CREATE TABLE kept (id text, card text, account bigint, country text, amount numeric(12,2),
        kind text, at timestamptz) WITH (connector = 'file', path = 'rows', format = 'json');
      INSERT INTO kept SELECT id, card, account, country, amount, kind, at FROM transactions;
      """, "--parallelism", str(SPLITS))
    files = sorted((folder / "rows").glob("part-*.json"))
    assert len(files) == SPLITS
    return files


@pytest.fixture(scope="module")
def oracle(splits):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("""CREATE TABLE transactions (split int, n bigint, id text, card text, country text,
                  amount decimal(12,2), kind text, "at" timestamptz)""")
    for number, path in enumerate(splits):
        db.execute("""INSERT INTO transactions
            SELECT ?, row_number() OVER (), id, card, country, amount, kind, "at"
            FROM read_json(?, format = 'newline_delimited', columns = {id: 'text', card: 'text',
              country: 'text', amount: 'decimal(12,2)', kind: 'text', "at": 'timestamptz'})""",
                   [number, str(path)])
    assert db.execute("SELECT count(*) FROM transactions").fetchone()[0] == ROWS
    db.execute(f"""CREATE VIEW judged AS
        SELECT *, time_bucket(INTERVAL '1 minute', "at") + INTERVAL '1 minute' <=
            max("at") OVER (PARTITION BY split ORDER BY n
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            - INTERVAL '{DELAY_S} seconds' AS late
        FROM transactions""")
    return db


def utc(micros):
    """As JSON output writes a timestamptz."""
    seconds, fraction = divmod(micros, 1_000_000)
    text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    if fraction:
        text += f".{fraction:06}"[:4 if fraction % 1000 == 0 else 7]
    return text + "Z"


@pytest.fixture(scope="module")
def spent(oracle):
    rows = oracle.execute("""
        SELECT card, epoch_us(time_bucket(INTERVAL '1 minute', "at")) AS start, sum(amount),
            count(*), epoch_us(max("at"))
        FROM judged WHERE late IS NOT TRUE GROUP BY 1, 2 HAVING sum(amount) > 2000""").fetchall()
    return sorted((card, utc(start), utc(start + 60_000_000), float(total), n, utc(last))
                  for card, start, total, n, last in rows)


@pytest.fixture(scope="module")
def stateless(oracle):
    rows = oracle.execute("""SELECT id, upper(country), amount * 2 FROM transactions
        WHERE kind = 'withdrawal' AND amount > 300""").fetchall()
    return sorted((i, country, float(doubled)) for i, country, doubled in rows)


@pytest.fixture(scope="module")
def late(oracle):
    return oracle.execute("SELECT count(*) FROM judged WHERE late").fetchone()[0]


@pytest.fixture(scope="module")
def sources(splits, broker):
    topic = broker.topic(SPLITS)
    broker.load(topic, splits)
    return {
        "kafka": f"""CREATE TABLE transactions ({COLUMNS}) WITH (connector = 'kafka',
            brokers = '{broker.address}', topic = '{topic}', stop = 'latest', format = 'json',
            {TIME});""",
        "file": f"""CREATE TABLE transactions ({COLUMNS}) WITH (connector = 'file',
            path = '{splits[0].parent}/part-*.json', format = 'json', {TIME});""",
    }


def late_rows(run):
    return sum(step["late"] for step in run.summary["steps"])


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("source", ["kafka", "file"])
def test_tumbling_sum_is_the_oracles_in_ten_runs(weir, sources, spent, late, source, parallelism):
    assert late > 0, "the test wants late rows"
    assert spent, "the test wants results"
    runs = 10 if source == "kafka" else 3
    for _ in range(runs):
        run = weir.run(sources[source] + SPENT, "--parallelism", str(parallelism))
        got = sorted((r["card"], r["window_start"], r["window_end"], r["spent"], r["n"],
                      r["last_at"]) for r in run.rows)
        assert got == spent
        assert late_rows(run) == late


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("source", ["kafka", "file"])
def test_stateless_rows_are_the_oracles(weir, sources, stateless, source, parallelism):
    assert stateless
    run = weir.run(sources[source] + STATELESS, "--parallelism", str(parallelism))
    assert sorted((r["id"], r["country"], r["doubled"]) for r in run.rows) == stateless
