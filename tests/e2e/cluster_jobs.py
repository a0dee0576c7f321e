"""The job of the cluster tests: payments, from files into files and from a broker into a broker;
and what DuckDB, which shares nothing with Weir, says that comes out.

Sums over hops and visits cross the exchange by key; large payments go straight through. No row is
late: rows are disordered by less than the delay."""

import json
import random
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from cluster import lines_in

SPLITS = 3
CARDS = 1500
DISORDER_MS = 900
SLICE_S = 0.1  # Between two portions for the broker.
SLICES = 40
END_MS = 86_000_000
END = "2024-05-01T23"

COLUMNS = "id bigint, card text, amount numeric(12,2), at timestamp"
TIME = "event_time = 'at', watermark_delay = '1 second', max_future = 'none'"
TABLES = {
    "sums": "card text, total numeric(38,2), n bigint, until timestamp",
    "visits": "card text, n bigint, since timestamp, until timestamp",
    "large": "id bigint, card text, amount numeric(12,2)",
}
# The last row of a partition tells how far time has come, and is part of nothing.
QUERIES = """
INSERT INTO sums SELECT card, sum(amount), count(*), window_end
  FROM hop((SELECT * FROM tx WHERE id >= 0), at, INTERVAL '5 seconds', INTERVAL '20 seconds')
  GROUP BY card, window_end;
INSERT INTO visits SELECT card, count(*), window_start, window_end
  FROM session((SELECT * FROM tx WHERE id >= 0), at, INTERVAL '8 seconds')
  GROUP BY card, window_start, window_end;
INSERT INTO large SELECT id, card, amount FROM tx WHERE amount > 700;
"""
ORACLE = {
    "sums": """
        WITH hops AS (
          SELECT card, amount, time_bucket(INTERVAL 5 SECONDS, "at") - to_seconds(5 * k)
                 + INTERVAL 20 SECONDS AS until FROM tx, range(4) steps(k))
        SELECT card, sum(amount), count(*), until FROM hops GROUP BY card, until""",
    "visits": """
        WITH starts AS (
          SELECT card, "at", "at" - lag("at") OVER (PARTITION BY card ORDER BY "at")
                 <= INTERVAL 8 SECONDS AS goes_on FROM tx),
        sessions AS (
          SELECT card, "at", count(*) FILTER (WHERE goes_on IS NOT TRUE)
                 OVER (PARTITION BY card ORDER BY "at") AS nr FROM starts)
        SELECT card, count(*), min("at"), max("at") + INTERVAL 8 SECONDS FROM sessions
        GROUP BY card, nr""",
    "large": "SELECT id, card, amount FROM tx WHERE amount > 700",
}


@dataclass
class World:
    """The input, and what has to come out of it."""

    files: list
    expected: dict  # By table: how often each row is there.


def line_of(number, card, amount, at_ms):
    minutes, milliseconds = divmod(at_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return (f'{{"id":{number},"card":"{card}","amount":"{amount}",'
            f'"at":"2024-05-01T{hours:02}:{minutes:02}:{milliseconds / 1000:06.3f}"}}\n')


def make_world(folder, rows):
    """So many rows in each split."""
    folder.mkdir(parents=True)
    choices = random.Random(11)
    files = [folder / f"{split}.json" for split in range(SPLITS)]
    for split, path in enumerate(files):
        time = DISORDER_MS
        with open(path, "w", encoding="ascii") as file:
            for row in range(rows):
                time += choices.randrange(8)
                file.write(line_of(row * SPLITS + split, f"c{choices.randrange(CARDS)}",
                                   f"{choices.randrange(1, 900)}.{choices.randrange(100):02}",
                                   time - choices.randrange(DISORDER_MS)))
    return World(files, {name: Counter(rows) for name, rows in ask_oracle(files).items()})


def ask_oracle(files):
    db = duckdb.connect()
    db.execute("""CREATE TABLE tx AS SELECT * FROM read_json(?, format = 'newline_delimited',
        columns = {id: 'bigint', card: 'text', amount: 'decimal(12,2)', "at": 'timestamp'})""",
               [[str(path) for path in files]])
    return {name: db.execute(query).fetchall() for name, query in ORACLE.items()}


def read_value(column, value):
    if column in ("total", "amount"):
        return Decimal(value)
    return datetime.fromisoformat(value) if column in ("since", "until") else value


def rows_of(lines):
    """JSON lines as the oracle has its rows."""
    return Counter(tuple(read_value(*pair) for pair in json.loads(line, parse_float=str).items())
                   for line in lines)


def check(expected, found):
    """Says which rows are lost, doubled or wrong."""
    for name, rows in expected.items():
        missing, extra = rows - found[name], found[name] - rows
        assert not missing and not extra, (
            f"{name}: {missing.total()} rows lost, such as {list(missing.items())[:3]}; "
            f"{extra.total()} too many, such as {list(extra.items())[:3]}")


def has_read_all(shown):
    """By the tasks that read, all of them: the job's own watermark may be that of its last life.
    What follows from their watermarks comes before the last checkpoint does."""
    there = {task["instance"] for task in shown["tasks"] if (task["watermark"] or "") >= END}
    return shown["state"] == "running" and there == set(range(shown["parallelism"]))


def script(source, sinks, interval_ms):
    tables = [f"CREATE TABLE {name} ({TABLES[name]}) WITH ({options}, format = 'json');"
              for name, options in sinks.items()]
    return "\n".join([
        f"SET checkpoint_interval = '{interval_ms} milliseconds';",
        f"CREATE TABLE tx ({COLUMNS}) WITH ({source}, format = 'json', {TIME});",
        *tables, QUERIES])


class FileJob:
    """Ends by itself."""

    def __init__(self, world, folder):
        self.world = world
        self.out = folder / "out"

    def sql(self, interval_ms):
        return script(f"connector = 'file', path = '{self.world.files[0].parent}/*.json'",
                      {name: f"connector = 'file', path = '{self.out}/{name}'" for name in TABLES},
                      interval_ms)

    def finish(self, cluster, job):
        cluster.wait_state(job, "finished")

    def check(self):
        check(self.world.expected, {name: rows_of(lines_in(self.out / name)) for name in TABLES})


class KafkaJob:
    """Fed while it runs, and endless: somebody stops it."""

    def __init__(self, world, broker):
        self.world = world
        self.broker = broker
        self.source = broker.topic(SPLITS)
        self.topics = {name: broker.topic(2) for name in TABLES}
        self.hurry = threading.Event()
        self.feeder = threading.Thread(target=self.feed, daemon=True)

    def sql(self, interval_ms, topics=None):
        kafka = f"connector = 'kafka', brokers = '{self.broker.address}', topic"
        return script(f"{kafka} = '{self.source}'",
                      {name: f"{kafka} = '{topic}'"
                       for name, topic in (topics or self.topics).items()},
                      interval_ms)

    def begin(self):
        self.feeder.start()

    def feed(self):
        """Portion by portion, each a moment after the one before; at once when in a hurry."""
        splits = [path.read_text().splitlines() for path in self.world.files]
        size = len(splits[0]) // SLICES + 1
        pipes = [self.broker.pipe(self.source, split) for split in range(SPLITS)]
        for begin in range(0, len(splits[0]), size):
            for pipe, lines in zip(pipes, splits):
                pipe.write("\n".join(lines[begin:begin + size]) + "\n")
            self.hurry.wait(SLICE_S)
        for pipe in pipes:
            pipe.write(line_of(-1, "end", "0.01", END_MS))
            pipe.close()

    def output(self, topics=None):
        return {name: rows_of(self.broker.consume(topic))
                for name, topic in (topics or self.topics).items()}

    def finish(self, cluster, job):
        """Stops the job once event time has passed everything; what is still to be delivered then
        comes with the last checkpoint."""
        self.hurry.set()
        self.feeder.join()
        cluster.wait_until("event time to come to the end of the input", job, has_read_all)
        cluster.must("stop", job)

    def check(self):
        check(self.world.expected, self.output())
