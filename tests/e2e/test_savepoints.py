"""Savepoints of a job in one process: taken at a stop, moved, gone on from, forked, and planned
against other scripts."""

import json
import shutil
import signal
import subprocess

import pytest
from cluster import wait_for
from conftest import TIME_LIMIT_S, weir_in

ROWS = 40_000
SPLITS = 4

JOB = """
CREATE TABLE tx (card text NOT NULL, amount numeric(12,2) NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rows = '{rows}', rate = '{rate}',
  splits = '4', event_rate = '50', event_time = 'at', watermark_delay = '5 seconds');
CREATE TABLE sums (card text, until timestamptz, n bigint, total numeric(14,2))
  WITH (connector = 'file', path = '{out}', format = 'json');
INSERT INTO sums SELECT {key}, window_end, count(*), sum(amount)
  FROM tumble(tx, at, INTERVAL '1 minute') AS {alias} GROUP BY {key}, window_start, window_end;
"""


def sql(out, rate=ROWS * 100, key="card", alias="t"):
    return JOB.format(rows=ROWS, rate=rate, out=out, key=key, alias=alias)


def lines_of(folder):
    return sorted(line for part in folder.glob("part-*") for line in part.read_text().splitlines())


@pytest.fixture(scope="module", name="expected")
def expected_of(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    weir_in(folder).run(sql(folder / "out"))
    lines = lines_of(folder / "out")
    assert len(lines) > 1000
    return lines


@pytest.fixture(name="stopped")
def stopped_job(tmp_path):
    """A job that was stopped when it had delivered something: its output, and its savepoint."""
    out, savepoint = tmp_path / "out", tmp_path / "savepoint"
    command = weir_in(tmp_path).command(sql(out, rate=ROWS // 8), "--savepoint", str(savepoint))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as job:
        while not (out.exists() and lines_of(out)):
            assert job.poll() is None, job.stderr.read()
        job.send_signal(signal.SIGINT)
        _, said = job.communicate(timeout=TIME_LIMIT_S)
        assert job.returncode == 130, said
        assert "savepoint.written" in said
    return out, savepoint


def test_a_savepoint_is_gone_on_from_wherever_it_was_moved(tmp_path, stopped, expected):
    out, savepoint = stopped
    moved = tmp_path / "elsewhere" / "moved"
    shutil.copytree(savepoint, moved)
    shutil.rmtree(savepoint)
    assert lines_of(out) != expected
    weir_in(tmp_path).run(sql(out), "--from", str(moved), "--parallelism", "3")
    assert lines_of(out) == expected


def test_a_savepoint_is_gone_on_from_once(tmp_path, stopped, expected):
    out, savepoint = stopped
    weir_in(tmp_path).run(sql(out), "--from", str(savepoint))
    done = weir_in(tmp_path).run(sql(out), "--from", str(savepoint), expect=1)
    assert "refusing to rewind" in done.errors
    assert lines_of(out) == expected


def test_a_fork_writes_what_comes_after(tmp_path, stopped, expected):
    out, savepoint = stopped
    before = lines_of(out)
    weir_in(tmp_path).run(sql(tmp_path / "fork"), "--from", str(savepoint), "--fork")
    assert sorted(before + lines_of(tmp_path / "fork")) == expected


def test_a_fork_does_not_write_to_output_that_is_there(tmp_path, stopped):
    out, savepoint = stopped
    before = lines_of(out)
    said = weir_in(tmp_path).run(sql(out), "--from", str(savepoint), "--fork", expect=2).errors
    assert f"folder {out} holds part-" in said
    assert "give the table another path" in said
    assert lines_of(out) == before


def test_the_same_command_goes_on_from_its_own_state(tmp_path, stopped, expected):
    """Killed after it began with the savepoint, it has its own checkpoints to go on from."""
    out, savepoint = stopped
    weir = weir_in(tmp_path)
    arguments = ("--from", str(savepoint), "--state", str(tmp_path / "state"))
    with weir.start(sql(out, rate=ROWS // 8), *arguments) as job:
        wait_for("a checkpoint of its own", lambda: next(tmp_path.glob("state/**/committed"), None))
        job.kill()
    weir.run(sql(out), *arguments)
    assert lines_of(out) == expected


@pytest.mark.parametrize("more", [(), ("--fork",)], ids=["", "fork"])
def test_a_savepoint_is_not_passed_over_for_other_state(tmp_path, stopped, more):
    out, savepoint = stopped
    weir = weir_in(tmp_path)
    before = lines_of(out)
    state = ("--state", str(tmp_path / "state"))
    weir.run(sql(tmp_path / "other"), *state)
    said = weir.run(sql(out), "--from", str(savepoint), *state, *more, expect=2).errors
    assert "did not begin with this savepoint" in said
    assert "leave out --from" in said
    assert lines_of(out) == before


def planned(folder, savepoint, text):
    """The exit code of `weir plan`, its steps, and what it says."""
    done = subprocess.run(
        [weir_in(folder).binary, "plan", "-c", text, "--from", str(savepoint), "--json"],
        capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S)
    return done.returncode, json.loads(done.stdout)["steps"], done.stderr


def test_a_plan_says_what_becomes_of_the_state(tmp_path, stopped):
    _, savepoint = stopped

    def plan(text):
        code, steps, _ = planned(tmp_path, savepoint, text)
        return code, [step["state"] for step in steps]

    assert plan(sql("out")) == (0, ["kept"])
    code, states = plan(sql("out", key="amount::text"))
    assert code == 1
    assert "orphaned" in states or "reset" in states
    assert plan(sql("out").replace("1 minute", "2 minutes")) == (1, ["reset"])


ONE_MORE = """
CREATE TABLE hours (card text, n bigint) WITH (connector = 'blackhole');
INSERT INTO hours SELECT card, count(*) FROM tumble(tx, at, INTERVAL '1 hour')
  GROUP BY card, window_start, window_end;
"""


# What plan says of a script, run does.
@pytest.mark.parametrize(("change", "step", "state", "reason"), [
    (lambda text: text.replace("TABLE tx ", "TABLE ty ").replace("(tx,", "(ty,"),
     "tx", "orphaned", "it does not read tx"),
    (lambda text: text.replace("TABLE sums ", "TABLE more ").replace("INTO sums ", "INTO more "),
     "sums", "orphaned", "it does not write sums"),
    (lambda text: text + ONE_MORE,
     "hours.window(card)", "new", "step hours.window(card) is new"),
], ids=["source renamed", "sink renamed", "one more window"])
def test_a_script_that_the_state_does_not_fit_is_refused(
        tmp_path, stopped, change, step, state, reason):
    out, savepoint = stopped
    before = lines_of(out)
    script = change(sql(out))
    code, steps, said = planned(tmp_path, savepoint, script)
    assert (code, state) in [(1, found["state"]) for found in steps if found["step"] == step]
    assert reason in said
    assert reason in weir_in(tmp_path).run(script, "--from", str(savepoint), expect=2).errors
    assert lines_of(out) == before


@pytest.mark.parametrize(("before", "after", "reason"), [
    ("splits = '4'", "splits = '4', seed = '5'", "seed was '1' and is '5'"),
    ("splits = '4'", "splits = '5'", "splits was '4' and is '5'"),
    ("splits = '4'", "splits = '3'", "splits was '4' and is '3'"),
    ("event_rate = '50'", "event_rate = '60'", "event_rate was '50' and is '60'"),
])
def test_a_generator_that_makes_other_rows_is_refused(tmp_path, stopped, before, after, reason):
    out, savepoint = stopped
    delivered = lines_of(out)
    script = sql(out).replace(before, after)
    code, _, said = planned(tmp_path, savepoint, script)
    assert (code, reason in said) == (1, True)
    assert reason in weir_in(tmp_path).run(script, "--from", str(savepoint), expect=2).errors
    assert lines_of(out) == delivered


def test_what_is_no_savepoint_is_refused(tmp_path):
    done = weir_in(tmp_path).run(sql("out"), "--from", str(tmp_path / "none"), expect=2)
    assert "no such folder" in done.errors
    assert not (tmp_path / "none").exists()


def folder_that_is_full(folder):
    folder.mkdir()
    (folder / "x").touch()


def folder_below_a_file(folder):
    folder.parent.touch()


@pytest.mark.parametrize("make", [folder_that_is_full, folder_below_a_file])
def test_a_folder_that_can_take_no_savepoint_is_refused_before_anything_runs(tmp_path, make):
    savepoint = tmp_path / "parent" if make is folder_that_is_full else tmp_path / "file" / "sp"
    make(savepoint)
    done = weir_in(tmp_path).run(sql(tmp_path / "out"), "--savepoint", str(savepoint), expect=2)
    assert str(savepoint) in done.errors
    assert not (tmp_path / "out").exists()


def test_damage_is_told_with_the_folder_of_the_savepoint(tmp_path, stopped):
    out, savepoint = stopped
    file = next((savepoint / "files").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    done = weir_in(tmp_path).run(sql(out), "--from", str(savepoint), expect=1)
    assert f"savepoint {savepoint}: cannot use files/{file.name}" in done.errors
