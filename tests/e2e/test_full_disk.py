"""A state folder on a disk that fills up while the job runs: checkpoints are given up and the job
goes on; they come again when there is room, and the output is that of a run with a large disk."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest
from conftest import TIME_LIMIT_S, weir_in

DISK_BYTES = 4 << 20
ROWS = 60_000

JOB = """
SET checkpoint_interval = '200 milliseconds';
CREATE TABLE tx (card text NOT NULL, amount numeric(12,2) NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rows = '{rows}', rate = '{rate}',
  event_rate = '50', event_time = 'at', watermark_delay = '5 seconds');
CREATE TABLE sums (card text, until timestamptz, n bigint, total numeric(14,2))
  WITH (connector = 'file', path = '{out}', format = 'json');
INSERT INTO sums SELECT card, window_end, count(*), sum(amount)
  FROM tumble(tx, at, INTERVAL '1 minute') GROUP BY card, window_start, window_end;
"""


@pytest.fixture(name="small_disk")
def disk_of_a_few_megabytes(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", disk],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no disk of its own can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk):
    """Takes all room that is left."""
    with open(disk / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            return


def lines_of(folder):
    return sorted(line for part in folder.glob("part-*") for line in part.read_text().splitlines())


class Served:
    """A run that is asked over HTTP how it is."""

    def __init__(self, command, folder):
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stderr=log, cwd=folder)

    def wait(self, what, condition):
        deadline = time.monotonic() + TIME_LIMIT_S
        while not (found := condition()):
            assert self.process.poll() is None, f"{what}: it has ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"waited in vain: {what}"
            time.sleep(0.05)
        return found

    def address(self):
        found = re.search(r"http\.ready address=(\S+)", self.log.read_text())
        return found and found[1]

    def job(self):
        address = self.wait("the address", self.address)
        with urllib.request.urlopen(f"http://{address}/api/v1/jobs", timeout=10) as reply:
            return json.load(reply)["jobs"][0]


def complete(run):
    return run.job()["checkpoints"]["completed"]


def given_up(run):
    return run.job()["checkpoints"]["given_up"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a disk needs root")
def test_a_full_disk_costs_checkpoints_and_nothing_else(tmp_path, small_disk):
    weir = weir_in(tmp_path)
    weir.run(JOB.format(rows=ROWS, rate=ROWS * 100, out=tmp_path / "expected"))
    out = tmp_path / "out"
    run = Served(weir.command(JOB.format(rows=ROWS, rate=ROWS // 10, out=out),
                              "--state", str(small_disk / "state"), "--http", "localhost:0"),
                 tmp_path)
    try:
        run.wait("a first checkpoint", lambda: complete(run) >= 2)
        fill(small_disk)
        run.wait("a checkpoint to be given up", lambda: given_up(run) >= 2)
        assert run.job()["state"] == "running"
        (small_disk / "filler").unlink()
        before = complete(run)
        run.wait("checkpoints to come again", lambda: complete(run) > before)
        assert run.process.wait(TIME_LIMIT_S) == 0, run.log.read_text()
    finally:
        run.process.send_signal(signal.SIGKILL)
        run.process.wait()
    assert lines_of(out) == lines_of(tmp_path / "expected")
