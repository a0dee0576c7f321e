"""The system's clock jumps, as people and time services make it: nothing waits for it to come back,
nobody is taken for dead or silent, and what follows event time answers the same."""

import random
from pathlib import Path

import pytest
from cluster import ENDED, Process, lines_in, wait_for
from test_crashes import FileJob, Lives, world_of

__all__ = ["world_of"]  # The input of test_crashes, and what comes of it.

HOUR_S = 3600
DAY_S = 24 * HOUR_S

SOURCES = """
CREATE TABLE events (n int) WITH (
  connector = 'file', path = '{folder}/events.json', format = 'json', stop = 'never');
CREATE TABLE tx (account bigint) WITH (
  connector = 'generator', dataset = 'card_transactions', rate = '1000');
CREATE TABLE followed (n int) WITH (
  connector = 'file', path = '{folder}/followed', format = 'json', delivery = 'at_least_once');
CREATE TABLE paced (account bigint) WITH (
  connector = 'file', path = '{folder}/paced', format = 'json', delivery = 'at_least_once');
INSERT INTO followed SELECT n FROM events;
INSERT INTO paced SELECT account FROM tx;
"""

PACED = """
CREATE TABLE tx (account bigint NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rows = '40000', rate = '{rate}',
  event_time = 'at', watermark_delay = '5 seconds', idle_timeout = '2 seconds', max_future = 'none',
  start_time = '2024-05-01 00:00:00');
CREATE TABLE sums (n bigint, until timestamptz)
  WITH (connector = 'file', path = '{folder}/sums', format = 'json');
INSERT INTO sums SELECT count(*), window_end FROM tumble(tx, at, INTERVAL '1 minute')
  GROUP BY window_end;
"""


class Clock:
    """What processes with its environment take for the system's clock."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.environment = {
            "LD_PRELOAD": str(next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.jump(0)

    def jump(self, seconds):
        """So far from the true time."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.file)


@pytest.fixture(name="clock")
def clock_of(tmp_path, monkeypatch):
    """Of every process that the test starts from here on."""
    clock = Clock(tmp_path)
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)
    return clock


def test_sources_go_on_when_the_clock_is_set_back(weir, tmp_path, clock):
    events = tmp_path / "events.json"
    events.write_text('{"n":1}\n')
    job = Process("job", weir.command(SOURCES.format(folder=tmp_path)), tmp_path)

    def rows(table):
        return lines_in(tmp_path / table)

    try:
        wait_for("rows of both", lambda: rows("followed") and rows("paced"))
        clock.jump(-HOUR_S)
        paced = len(rows("paced"))
        with open(events, "a", encoding="ascii") as file:
            file.write('{"n":2}\n')
        wait_for("the second line", lambda: rows("followed") == ['{"n":1}', '{"n":2}'])
        wait_for("more paced rows", lambda: len(rows("paced")) > paced + 3000, within=30)
    finally:
        job.kill()


def test_a_job_goes_on_from_its_checkpoints_under_any_clock(world, tmp_path, clock):
    lives = Lives(FileJob(world, tmp_path), tmp_path, random.Random(3))
    for days in (0, -1, 400, -30):
        clock.jump(days * DAY_S)
        lives.until_killed_after(0.4)
    assert lives.kills > 0, "every life came to its end"
    lives.check()


def test_a_cluster_loses_nobody_when_the_clock_jumps(cluster, tmp_path, clock):
    expected = tmp_path / "expected"
    for _ in range(2):
        cluster.start_worker()
    first = cluster.submit(PACED.format(folder=expected, rate=1_000_000), "--name=first",
                           "--parallelism=2")
    cluster.wait_state(first, "finished")
    job = cluster.submit(PACED.format(folder=tmp_path / "out", rate=10_000), "--name=jumps",
                         "--parallelism=2")
    jumps = 0
    for days in (1, -1, 30, 0):
        shown = cluster.wait_running(job)
        clock.jump(days * DAY_S)
        jumps += shown["state"] == "running"
        rows = shown["rows_read"]
        cluster.wait_until("rows after the jump, or the end", job,
                           lambda now, rows=rows: now["rows_read"] > rows or now["state"] in ENDED)
    assert jumps > 0, "the job was over before"
    shown = cluster.wait_state(job, "finished")
    assert shown["generation"] == 1
    assert sorted(lines_in(tmp_path / "out/sums")) == sorted(lines_in(expected / "sums"))
    assert not any("lost" in worker.said() for worker in cluster.workers)
