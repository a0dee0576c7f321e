"""What two processes see of one folder of part files: a job and its reader, a job and another."""

import contextlib
import json
import signal
from collections import Counter

import pytest
from cluster import wait_for
from conftest import TIME_LIMIT_S, weir_in

ROWS = 60

JOB = """
SET checkpoint_interval = '1 minute';
CREATE TABLE tx (id text) WITH (connector = 'generator', dataset = 'card_transactions',
  splits = '1', rows = '{rows}', rate = '{rate}');
CREATE TABLE o (id text) WITH (connector = 'file', path = 'out', format = 'json'{more});
INSERT INTO o SELECT id FROM tx;
"""

AT_ONCE = ", delivery = 'at_least_once'"


def sql(rate=10, rows=ROWS, more=""):
    return JOB.format(rate=rate, rows=rows, more=more)


def seen(folder):
    """How often each row is in the folder."""
    return Counter(json.loads(line)["id"] for part in (folder / "out").glob("part-*")
                   for line in part.read_text().splitlines())


@contextlib.contextmanager
def running(weir, script, *arguments):
    job = weir.start(script, *arguments)
    try:
        yield job
    finally:
        job.send_signal(signal.SIGKILL)
        job.communicate(timeout=TIME_LIMIT_S)


def test_rows_that_are_written_at_once_are_seen_before_a_checkpoint_and_survive(tmp_path):
    weir = weir_in(tmp_path)
    with running(weir, sql(more=AT_ONCE), "--state", "state"):
        wait_for("rows", lambda: len(seen(tmp_path)) > 2)
    before = seen(tmp_path)
    weir.run(sql(rate=100_000, more=AT_ONCE), "--state", "state")
    after = seen(tmp_path)
    assert len(after) == ROWS
    assert all(after[row] == (2 if row in before else 1) for row in after)


@pytest.mark.parametrize("more", ["", AT_ONCE])
def test_a_folder_that_another_job_writes_into_is_refused_until_that_is_gone(tmp_path, more):
    weir = weir_in(tmp_path)
    with running(weir, sql(rows=1_000_000, more=more)) as first:
        wait_for("the lock", (tmp_path / "out" / ".weir.lock").exists)
        for arguments in ([], ["--state", "state"]):
            refused = weir.run(sql(more=more), *arguments, expect=2)
            assert "is writing into folder out" in refused.errors
        assert first.poll() is None
    if not more:
        weir.run(sql(rate=100_000))
        assert sum(seen(tmp_path).values()) == ROWS
        assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]
