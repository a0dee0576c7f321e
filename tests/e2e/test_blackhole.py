"""What a blackhole says of the rows it took: the same for the same rows, whatever becomes of the
processes."""

import pytest

from cluster import Cluster, wait_for

ROWS = 60_000

JOB = f"""SET checkpoint_interval = '100 milliseconds';
CREATE TABLE tx (id text NOT NULL, amount numeric(12,2), at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rows = '{ROWS}', rate = '${{RATE}}',
  splits = '4', event_time = 'at');
CREATE TABLE hole (id text, amount numeric(12,2)) WITH (connector = 'blackhole');
INSERT INTO hole SELECT id, amount FROM tx;"""

FAST, SLOW = f"{ROWS * 100}", f"{ROWS // 8}"  # Rows a second


@pytest.fixture(name="expected")
def expected_of(weir):
    [said] = weir.run(JOB, RATE=FAST).step("hole")["notes"]
    assert said.startswith(f"rows {ROWS} checksum ")
    return said


def test_it_goes_on_after_a_kill_with_any_number_of_tasks(weir, expected):
    state = weir.folder / "state"

    def committed():
        return set(state.glob("**/committed"))
    for parallelism in ("2", "3", "1"):
        before = committed()
        with weir.start(JOB, "--state", str(state), "--parallelism", parallelism,
                        RATE=SLOW) as job:
            wait_for("a checkpoint", lambda known=before: committed() - known)
            job.kill()
    done = weir.run(JOB, "--state", str(state), RATE=FAST)
    assert done.step("hole")["notes"] == [expected]
    assert done.step("hole")["rows_in"] < ROWS


def test_a_cluster_shows_it_while_the_job_runs_and_after(weir, expected):
    cluster = Cluster(weir.binary, weir.folder)
    try:
        cluster.start_coordinator()
        cluster.start_worker(slots=4)
        job = cluster.submit(JOB, "--name", "job", "--var", f"RATE={SLOW}")

        def taken(shown):
            [hole] = [step for step in shown["steps"] if step["id"] == "hole"]
            return hole.get("taken")
        cluster.wait_until("rows", job, lambda shown: (taken(shown) or {"rows": 0})["rows"] > 0)
        cluster.must("rescale", "job", "3")
        shown = cluster.wait_until("the end", job, lambda shown: shown["state"] == "finished")
        assert "rows {rows} checksum {checksum}".format(**taken(shown)) == expected
        assert f"hole: {expected}\n" in cluster.must("show", job)
    finally:
        cluster.close()
