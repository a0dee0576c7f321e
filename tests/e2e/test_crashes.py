"""Killed at any moment and started again, with any parallelism: the output is that of a run that
nobody killed, no row lost and none twice. What that one answers is compared with an independent
engine in test_windows.py.

A run that is not killed needs a second or two, and takes a checkpoint each few hundredths of it.
WEIR_LONG_TESTS=1 kills at random 200 times instead of 6; WEIR_SEED=N repeats one of them alone."""

import os
import random
import re
import subprocess

import pytest
from conftest import ROOT, TIME_LIMIT_S, weir_in

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
SEEDS = [int(os.environ["WEIR_SEED"])] if "WEIR_SEED" in os.environ else range(200 if LONG else 6)
KILLED = -9
KILLS_MAX = 8
BATCH_ROWS = 512
CARDS = 400
FILES = 3
ROWS_OF_A_FILE = 40_000

JOB = """
SET checkpoint_interval = '{interval} milliseconds';
CREATE TABLE tx (card text, amount numeric(12,2), country text, at timestamp) WITH (
  connector = 'file', path = '{folder}/in/*.json', format = 'json', event_time = 'at',
  watermark_delay = '1 second', max_future = 'none', late = 'late_rows');
CREATE TABLE late_rows ("row" text, source text, part text, pos bigint, step text,
  window_end timestamptz, behind interval)
  WITH (connector = 'file', path = '{out}/late', format = 'json');
CREATE TABLE sums (card text, total numeric(38,2), n bigint, until timestamp)
  WITH (connector = 'file', path = '{out}/sums', format = 'json');
CREATE TABLE visits (card text, n bigint, since timestamp, until timestamp)
  WITH (connector = 'file', path = '{out}/visits', format = 'json');
CREATE TABLE trails (card text, at timestamp, spent numeric(38,2), before text)
  WITH (connector = 'file', path = '{out}/trails', format = 'json');
CREATE TABLE bursts (card text, at timestamp, amount numeric(12,2))
  WITH (connector = 'file', path = '{out}/bursts', format = 'json');

INSERT INTO sums SELECT card, sum(amount), count(*), window_end
  FROM hop(tx, at, INTERVAL '5 seconds', INTERVAL '20 seconds') GROUP BY card, window_end;
INSERT INTO visits SELECT card, count(*), window_start, window_end
  FROM session(tx, at, INTERVAL '8 seconds') GROUP BY card, window_start, window_end;
INSERT INTO trails SELECT card, at,
    sum(amount) OVER (PARTITION BY card ORDER BY at
                      RANGE BETWEEN INTERVAL '10 seconds' PRECEDING AND CURRENT ROW),
    lag(country) OVER (PARTITION BY card ORDER BY at)
  FROM tx;
INSERT INTO bursts SELECT card, at, amount
  FROM suppress((SELECT * FROM tx WHERE amount > 800), at, INTERVAL '1 minute', card);
"""


# The same rows from a broker, and to it; what it gives is to be that of the job above.
KAFKA_JOB = """
SET checkpoint_interval = '{interval} milliseconds';
CREATE TABLE tx (card text, amount numeric(12,2), country text, at timestamp) WITH (
  connector = 'kafka', brokers = '{address}', topic = '{source}', stop = 'latest',
  format = 'json', event_time = 'at', watermark_delay = '1 second', max_future = 'none');
CREATE TABLE sums (card text, total numeric(38,2), n bigint, until timestamp)
  WITH (connector = 'kafka', brokers = '{address}', topic = '{sums}', format = 'json');
CREATE TABLE trails (card text, at timestamp, spent numeric(38,2), before text)
  WITH (connector = 'kafka', brokers = '{address}', topic = '{trails}', format = 'json');
INSERT INTO sums SELECT card, sum(amount), count(*), window_end
  FROM hop(tx, at, INTERVAL '5 seconds', INTERVAL '20 seconds') GROUP BY card, window_end;
INSERT INTO trails SELECT card, at,
    sum(amount) OVER (PARTITION BY card ORDER BY at
                      RANGE BETWEEN INTERVAL '10 seconds' PRECEDING AND CURRENT ROW),
    lag(country) OVER (PARTITION BY card ORDER BY at)
  FROM tx;
"""


def fail_points():
    """Every FAIL_POINT of the source, by name, that is passed where all rows fit in memory."""
    names = set()
    for folder in ("engine", "state", "operators", "runtime"):
        for path in (ROOT / folder).rglob("*.cc"):
            names.update(re.findall(r'FAIL_POINT\("([^"]+)"\)', path.read_text()))
    return sorted(names - {"store.file_linked"})


def write_input(folder):
    folder.mkdir()
    random_rows = random.Random(7)
    for number in range(FILES):
        time = 0
        with open(folder / f"{number}.json", "w", encoding="ascii") as file:
            for _ in range(ROWS_OF_A_FILE):
                time += random_rows.randrange(8)
                at = time - random_rows.randrange(1200)
                minutes, milliseconds = divmod(max(at, 0), 60_000)
                file.write(
                    f'{{"card":"c{random_rows.randrange(CARDS)}",'
                    f'"amount":"{random_rows.randrange(1, 900)}.{random_rows.randrange(100):02}",'
                    f'"country":"{random_rows.choice("abcd")}",'
                    f'"at":"2024-05-01T12:{minutes:02}:{milliseconds / 1000:06.3f}"}}\n')


def output_of(folder):
    """Lines of every table, whatever the part files: those that readers see."""
    return {table.name: sorted(line for part in table.glob("part-*")
                               for line in part.read_text().splitlines())
            for table in sorted(folder.iterdir())}


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    """A folder with input, and what a run that nobody kills makes of it."""
    folder = tmp_path_factory.mktemp("crashes")
    write_input(folder / "in")
    weir_in(folder).run(JOB.format(folder=folder, out=folder / "expected", interval=1000))
    expected = output_of(folder / "expected")
    assert all(len(lines) > 100 for lines in expected.values()), "the job does nothing"
    return folder, expected


class FileJob:
    """From files to files."""

    script = JOB
    environment = {}

    def __init__(self, world, folder):
        self.input, self.expected = world
        self.out = folder / "out"

    def sql(self, interval):
        return self.script.format(folder=self.input, out=self.out, interval=interval)

    def output(self):
        return output_of(self.out)


class KafkaJob:
    """From a topic to topics, read as a reader of committed data does."""

    environment = {}

    def __init__(self, world, broker):
        folder, expected = world
        self.broker = broker
        self.expected = {name: expected[name] for name in ("sums", "trails")}
        self.topics = {name: broker.topic(2) for name in self.expected}
        self.source = broker.topic(FILES)
        broker.load(self.source, sorted((folder / "in").iterdir()))

    def sql(self, interval):
        return KAFKA_JOB.format(address=self.broker.address, source=self.source,
                                interval=interval, **self.topics)

    def output(self):
        return {name: sorted(self.broker.consume(topic)) for name, topic in self.topics.items()}


class Lives:
    """The lives of one job: each a process that may be killed."""

    def __init__(self, job, folder, choices):
        self.weir = weir_in(folder)
        self.job = job
        self.folder = folder
        self.random = choices
        self.kills = 0

    def start(self, fail_at=""):
        command = self.weir.command(
            self.job.sql(self.random.choice([5, 20, 60])), f"--state={self.folder / 'state'}",
            f"--batch-rows={BATCH_ROWS}", f"--parallelism={self.random.choice([1, 2, 3])}")
        environment = os.environ | self.job.environment | {"WEIR_FAIL_AT": fail_at}
        return subprocess.Popen(command, cwd=self.folder, text=True, env=environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def until_killed_at(self, fail_at):
        """Whether the life ended there, and not by itself."""
        life = self.start(fail_at)
        errors = life.communicate(timeout=TIME_LIMIT_S)[1]
        assert life.returncode in (0, KILLED), errors
        self.kills += life.returncode == KILLED
        return life.returncode == KILLED

    def until_killed_after(self, seconds):
        """Whether the life was killed before it ended by itself."""
        life = self.start()
        try:
            errors = life.communicate(timeout=seconds)[1]
        except subprocess.TimeoutExpired:
            life.kill()
            life.communicate()
            self.kills += 1
            return True
        assert life.returncode == 0, errors
        return False

    def check(self):
        """Runs to the end; the output is the expected one, and the job knows that it is over."""
        for _ in range(2):
            life = self.start()
            errors = life.communicate(timeout=TIME_LIMIT_S)[1]
            assert life.returncode == 0, errors
            output = self.job.output()
            for table, lines in self.job.expected.items():
                assert output[table] == lines, table
        assert "finished" in errors
        # What killed ones had on disk beside their state went with the next one.
        assert list((self.folder / "state").glob(".weir-work-*")) == []


def kill_at_random_moments(lives):
    while lives.kills < KILLS_MAX and lives.until_killed_after(lives.random.uniform(0.03, 0.6)):
        pass
    lives.check()


def kill_at(lives, point):
    if point.startswith("recovery."):
        # Something to recover from: a checkpoint whose output was not delivered yet.
        start = "checkpoint.injected" if "afresh" in point else "checkpoint.delivery_due:4"
        assert lives.until_killed_at(start)
    for passage in (1, 2, lives.random.randrange(3, 9)):
        lives.until_killed_at(f"{point}:{passage}")
    assert lives.kills > 0, "the point is never passed"
    lives.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments(world, tmp_path, seed):
    kill_at_random_moments(Lives(FileJob(world, tmp_path), tmp_path, random.Random(seed)))


@pytest.mark.parametrize("point", [name for name in fail_points() if "kafka." not in name])
def test_killed_at_every_named_point(world, tmp_path, point):
    kill_at(Lives(FileJob(world, tmp_path), tmp_path, random.Random(point)), point)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_job_on_a_broker_killed_at_random_moments(world, broker, tmp_path, seed):
    kill_at_random_moments(Lives(KafkaJob(world, broker), tmp_path, random.Random(seed)))


@pytest.mark.parametrize("point", [name for name in fail_points()
                                   if "kafka." in name or LONG and "file." not in name])
def test_a_job_on_a_broker_killed_at_every_named_point(world, broker, tmp_path, point):
    kill_at(Lives(KafkaJob(world, broker), tmp_path, random.Random(point)), point)


def test_a_broker_is_killed_too_between_the_kills(world, own_broker, tmp_path):
    """Lives that lose their broker wait for it, or begin again by themselves."""
    broker = own_broker()
    choices = random.Random(1)
    lives = Lives(KafkaJob(world, broker), tmp_path, choices)
    for _ in range(12 if LONG else 1):
        lives.until_killed_after(choices.uniform(0.2, 0.8))
        life = lives.start()
        try:
            life.communicate(timeout=choices.uniform(0.1, 0.6))
        except subprocess.TimeoutExpired:
            broker.kill()
            own_broker()
            life.kill()
            life.communicate()
            lives.kills += 1
    assert lives.kills > 0
    broker.kill()
    last = lives.start()
    own_broker()
    errors = last.communicate(timeout=TIME_LIMIT_S)[1]
    assert last.returncode in (0, 1), errors  # It may have given up before there was a broker.
    lives.check()
