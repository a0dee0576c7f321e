"""A job that is rescaled, stopped, and begun again from a savepoint, while a broker feeds it and
workers die: the output is that of a job to which nothing happened. What would double output is
refused."""

import os
import random
import time

import pytest

from cluster_jobs import TABLES, KafkaJob, check, make_world

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
SEEDS = [int(os.environ["WEIR_SEED"])] if "WEIR_SEED" in os.environ else range(20 if LONG else 1)
ROWS = 10_000  # In each of three splits
SOME_ROWS = 3_000
INTERVAL_MS = 50


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("cluster") / "in", ROWS)


@pytest.fixture(name="job")
def job_of(world, broker):
    job = KafkaJob(world, broker)
    job.begin()
    return job


def started(cluster, job, workers, parallelism):
    """The id of the job, once it has read something."""
    for _ in range(workers):
        cluster.start_worker()
    submitted = cluster.submit(job.sql(INTERVAL_MS), "--name=job", f"--parallelism={parallelism}")
    cluster.wait_running(submitted, rows=SOME_ROWS)
    return submitted


@pytest.mark.parametrize("seed", SEEDS)
def test_rescaled_up_and_down_while_a_worker_dies(job, cluster, seed):
    choices = random.Random(seed)
    identity = started(cluster, job, workers=3, parallelism=1)
    for parallelism in (3, 2):
        cluster.must("rescale", identity, str(parallelism), "--no-wait")
        time.sleep(choices.uniform(0, 0.5))  # The moment is what the seed chooses.
        cluster.kill_worker(choices.choice(cluster.workers))
        cluster.start_worker()
        cluster.wait_until(f"the job to run {parallelism} instances", identity,
                           lambda shown, wanted=parallelism: shown["state"] == "running"
                           and shown["parallelism"] == wanted)
    job.finish(cluster, identity)
    job.check()


def test_rescale_waits_until_the_job_runs_so(job, cluster):
    identity = started(cluster, job, workers=2, parallelism=1)
    cluster.must("rescale", identity, "2")
    shown = cluster.show(identity)
    assert (shown["parallelism"], shown["state"]) == (2, "running")
    cluster.wait_until("tasks on both workers", identity, lambda shown:
                       len({task["worker"] for task in shown["tasks"]}) == 2)
    job.finish(cluster, identity)
    job.check()


def test_stopped_and_begun_again_from_its_savepoint(job, cluster):
    first = started(cluster, job, workers=2, parallelism=2)
    savepoint = cluster.must("stop", first)
    assert cluster.show(first)["state"] == "stopped"
    second = cluster.submit(job.sql(INTERVAL_MS), "--name=job", "--parallelism=1",
                            f"--from={savepoint}")
    job.finish(cluster, second)
    job.check()


def test_a_fork_writes_elsewhere_what_the_original_goes_on_with(job, cluster, broker):
    first = started(cluster, job, workers=2, parallelism=1)
    savepoint = cluster.must("stop", first, "--to", str(cluster.folder / "saved"))
    assert savepoint == str(cluster.folder / "saved")
    before = job.output()
    elsewhere = {name: broker.topic() for name in TABLES}
    original = cluster.submit(job.sql(INTERVAL_MS), "--name=job", f"--from={savepoint}")
    fork = cluster.submit(job.sql(INTERVAL_MS, elsewhere), "--name=fork", "--fork",
                          f"--from={savepoint}")
    job.finish(cluster, original)
    job.check()
    job.finish(cluster, fork)
    forked = job.output(elsewhere)
    check(job.world.expected, {name: before[name] + forked[name] for name in TABLES})


def test_a_savepoint_of_a_lineage_that_runs_begins_no_second_job(job, cluster):
    identity = started(cluster, job, workers=2, parallelism=1)
    savepoint = cluster.must("savepoint", identity)
    refused = cluster.command("submit", "-c", job.sql(INTERVAL_MS), "--name=twin",
                              f"--from={savepoint}")
    assert refused.returncode == 2
    assert "its output would double" in refused.stderr
    job.finish(cluster, identity)
    job.check()


def test_a_lineage_is_not_rewound(job, cluster):
    """What its later job delivered would be delivered again."""
    first = started(cluster, job, workers=1, parallelism=1)
    old = cluster.must("stop", first)
    second = cluster.submit(job.sql(INTERVAL_MS), "--name=job", f"--from={old}")
    cluster.wait_until("the second job to go on from there", second,
                       lambda shown: shown["checkpoints"]["completed"] > 0)
    new = cluster.must("stop", second)
    refused = cluster.command("submit", "-c", job.sql(INTERVAL_MS), "--name=job", f"--from={old}")
    assert refused.returncode == 2, "its output would double"
    assert "would be written again" in refused.stderr
    third = cluster.submit(job.sql(INTERVAL_MS), "--name=job", f"--from={new}")
    job.finish(cluster, third)
    job.check()
