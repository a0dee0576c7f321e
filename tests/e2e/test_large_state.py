"""State that is much larger than the memory it may have: rows leave for the disk and come back, and
a job that is killed at any moment, and begins again with any parallelism, writes what one writes
that had room for everything and was not killed.

The state of the job is some 10 MB, 2 MB of it rows that wait for the watermark; it may have 1 MiB.
WEIR_LONG_TESTS=1 kills 40 jobs instead of 2."""

import os
import random
from datetime import datetime, timedelta

import pytest
from conftest import weir_in
from test_crashes import FileJob, Lives, kill_at_random_moments, output_of

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
STATE_BYTES = 1 << 20
KEYS = 20_000
START = datetime(2024, 5, 1, 8)
FILES = 3
ROWS_OF_A_FILE = 25_000

JOB = """
SET checkpoint_interval = '{interval} milliseconds';
CREATE TABLE tx (card text, shop text, amount bigint, at timestamp) WITH (
  connector = 'file', path = '{folder}/in/*.json', format = 'json', event_time = 'at',
  watermark_delay = '1 second', max_future = 'none');
CREATE TABLE slow (card text, shop text, amount bigint, at timestamp) WITH (
  connector = 'file', path = '{folder}/in/*.json', format = 'json', event_time = 'at',
  watermark_delay = '20 minutes', max_future = 'none');
CREATE TABLE days (card text, total numeric(38,0), n bigint, until timestamp)
  WITH (connector = 'file', path = '{out}/days', format = 'json');
CREATE TABLE trails (card text, at timestamp, spent numeric(38,0), before text)
  WITH (connector = 'file', path = '{out}/trails', format = 'json');
CREATE TABLE visits (card text, n bigint, since timestamp, until timestamp)
  WITH (connector = 'file', path = '{out}/visits', format = 'json');

INSERT INTO days SELECT card, sum(amount), count(*), window_end
  FROM tumble(tx, at, INTERVAL '1 day') GROUP BY card, window_end;
INSERT INTO trails SELECT card, at,
    sum(amount) OVER (PARTITION BY card ORDER BY at
                      RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW),
    lag(shop) OVER (PARTITION BY card ORDER BY at)
  FROM slow;
INSERT INTO visits SELECT card, count(*), window_start, window_end
  FROM session(tx, at, INTERVAL '20 minutes') GROUP BY card, window_start, window_end;
"""


def write_input(folder):
    folder.mkdir()
    random_rows = random.Random(11)
    for number in range(FILES):
        time = 0
        with open(folder / f"{number}.json", "w", encoding="ascii") as file:
            for _ in range(ROWS_OF_A_FILE):
                time += random_rows.randrange(400)
                at = START + timedelta(milliseconds=time)
                file.write(
                    f'{{"card":"a card with a long name {random_rows.randrange(KEYS)}",'
                    f'"shop":"a shop with a long name {random_rows.randrange(1000)}",'
                    f'"amount":{random_rows.randrange(1, 900)},'
                    f'"at":"{at.isoformat(timespec="milliseconds")}"}}\n')


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    """A folder with input, and what a run with room for everything makes of it."""
    folder = tmp_path_factory.mktemp("large")
    write_input(folder / "in")
    weir_in(folder).run(JOB.format(folder=folder, out=folder / "expected", interval=1000))
    expected = output_of(folder / "expected")
    assert all(len(lines) > 10_000 for lines in expected.values()), "the state is small"
    return folder, expected


class LargeJob(FileJob):
    """With as little memory as it may have."""

    script = JOB
    environment = {"WEIR_STATE_BYTES": str(STATE_BYTES)}


@pytest.mark.parametrize("seed", range(40 if LONG else 2))
def test_state_larger_than_memory_survives_kills(world, tmp_path, seed):
    lives = Lives(LargeJob(world, tmp_path), tmp_path, random.Random(seed))
    at = lives.random.randrange(1, 20)
    assert lives.until_killed_at(f"store.file_linked:{at}"), "no row ever left memory"
    kill_at_random_moments(lives)


@pytest.mark.parametrize("seed", range(20 if LONG else 1))
def test_workers_that_die_take_no_row_with_them(world, cluster, tmp_path, monkeypatch, seed):
    """Each takes over what others had on their disks, from the store alone."""
    monkeypatch.setenv("WEIR_STATE_BYTES", str(STATE_BYTES))
    folder, expected = world
    choices = random.Random(seed)
    work = [tmp_path / f"work-{number}" for number in range(2)]
    for place in work:
        cluster.start_worker("--dir", str(place))
    job = cluster.submit(JOB.format(folder=folder, out=tmp_path / "out", interval=50),
                         "--name=large", "--parallelism=2")
    generation = 0
    for _ in range(4):
        shown = cluster.wait_running(job, above=generation, rows=choices.randrange(1, 30_000))
        if shown["state"] != "running":
            break
        generation = shown["generation"]
        place = choices.randrange(2)
        cluster.kill_worker(cluster.workers[place])
        cluster.start_worker("--dir", str(work[place]))
        cluster.workers.insert(place, cluster.workers.pop())
    cluster.wait_state(job, "finished")
    assert generation > 0, "nothing was killed"
    output = output_of(tmp_path / "out")
    for table, lines in expected.items():
        assert output[table] == lines, table
    assert any(cluster.store.glob("jobs/**/warm.*.sst")), "no row ever left memory"
    for worker in cluster.workers:
        assert worker.end() == 0
    assert [left for place in work for left in place.iterdir()] == []
