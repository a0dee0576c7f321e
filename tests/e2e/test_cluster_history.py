"""What a coordinator was told outlives it: jobs that have ended, a stop, what a job began with."""

import shutil

from test_cluster_bad_input import ROWS, assert_whole, job_into, refused

WHOLE = 4 * ROWS


def restart(cluster):
    cluster.coordinator.kill()
    cluster.start_coordinator()


def test_a_job_that_has_ended_is_known_to_the_next_coordinator(cluster):
    cluster.start_worker()
    job = cluster.submit(job_into(cluster, 1_000), "--name=job")
    cluster.wait_state(job, "finished")
    before = cluster.show(job)
    restart(cluster)
    assert job in cluster.must("list")
    for command in ("logs", "why"):
        cluster.must(command, "job")
    after = cluster.show(job)
    for key in ("id", "name", "state", "submitted_at", "parallelism"):
        assert after[key] == before[key]
    assert_whole(cluster, 1_000)


def test_a_stop_is_carried_out_by_the_next_coordinator_too(cluster):
    """With the savepoint whose place was promised."""
    worker = cluster.start_worker()
    first = cluster.submit(job_into(cluster, WHOLE), "--name=job")
    cluster.wait_running(first, rows=1)
    worker.freeze()  # So that the first coordinator cannot do it.
    savepoint = cluster.must("stop", first, "--no-wait")
    restart(cluster)
    worker.thaw()
    stopped = cluster.wait_state(first, "stopped")
    assert [each["path"] for each in stopped["savepoints"]] == [savepoint]
    second = cluster.submit(job_into(cluster, WHOLE), f"--from={savepoint}")
    cluster.wait_state(second, "finished")
    assert_whole(cluster, WHOLE)


def test_the_savepoint_that_a_job_began_with_may_go_once_it_runs(cluster):
    cluster.start_worker()
    first = cluster.submit(job_into(cluster, WHOLE))
    cluster.wait_running(first, rows=1)
    savepoint = cluster.must("stop", first)
    second = cluster.submit(job_into(cluster, WHOLE), f"--from={savepoint}")
    cluster.wait_running(second, rows=1)
    shutil.rmtree(savepoint)
    restart(cluster)
    cluster.wait_state(second, "finished")
    assert_whole(cluster, WHOLE)


def test_a_savepoint_that_is_gone_fails_its_job_and_nothing_else(cluster):
    worker = cluster.start_worker()
    first = cluster.submit(job_into(cluster, WHOLE))
    cluster.wait_running(first, rows=1)
    savepoint = cluster.must("stop", first)
    assert worker.end() == 0
    second = cluster.submit(job_into(cluster, WHOLE), f"--from={savepoint}")
    shutil.rmtree(savepoint)
    restart(cluster)
    cluster.start_worker()
    failed = cluster.wait_state(second, "failed")
    assert savepoint in failed["reason"]
    assert "there is no such folder" in failed["reason"]


def test_one_savepoint_begins_one_job_even_while_that_waits(cluster):
    worker = cluster.start_worker()
    first = cluster.submit(job_into(cluster, WHOLE))
    cluster.wait_running(first, rows=1)
    savepoint = cluster.must("stop", first)
    assert worker.end() == 0
    second = cluster.submit(job_into(cluster, WHOLE), "--name=one", f"--from={savepoint}")
    assert "its output would double" in refused(
        cluster, "submit", "-c", job_into(cluster, WHOLE), "--name=other", f"--from={savepoint}")
    cluster.start_worker()
    cluster.wait_state(second, "finished")
    assert_whole(cluster, WHOLE)
