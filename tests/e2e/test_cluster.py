"""A coordinator and three workers as real processes, killed and frozen at any moment: the output is
what DuckDB computes from the same input, no row lost and none twice, in files and for readers of
committed data of a real broker.

A frozen process has missed that its lease ran out and that others have its work; what it does
when it is thawed must change nothing. WEIR_LONG_TESTS=1 takes 100 seeds of each instead of a few;
WEIR_SEED=N repeats one of them alone (with the same setting of WEIR_LONG_TESTS)."""

import os
import random
import time

import pytest

from cluster_jobs import FileJob, KafkaJob, make_world

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
SEEDS = [int(os.environ["WEIR_SEED"])] if "WEIR_SEED" in os.environ else range(100 if LONG else 3)
ROWS = 40_000 if LONG else 20_000  # In each of three splits
WORKERS = 3
BLOWS = 5 if LONG else 3


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("cluster") / "in", ROWS)


class Fate:
    """What happens to a cluster while a job runs; a seed chooses."""

    def __init__(self, cluster, job, seed):
        self.cluster = cluster
        self.job = job
        self.random = random.Random(seed)
        self.blows = []

    def strike(self, times):
        """At random moments of lives that run; ends early when the job does."""
        generation = 0
        while len(self.blows) < times:
            shown = self.cluster.wait_running(self.job, above=generation)
            if shown["state"] != "running":
                break
            generation = shown["generation"]
            time.sleep(self.random.uniform(0, 0.4))  # The moment is what the seed chooses.
            blow = self.random.choice(self.KINDS)
            self.blows.append(blow.__name__)
            print("blow:", blow.__name__, "in generation", generation)
            blow(self)
        print("blows:", *self.blows)

    def victim(self):
        return self.random.choice(self.cluster.workers)

    def kill_worker(self):
        self.cluster.kill_worker(self.victim())
        self.cluster.start_worker()

    def kill_worker_and_wait(self):
        """Nobody takes its place before the job says that it waits for somebody."""
        self.cluster.kill_worker(self.victim())
        self.cluster.wait_state(self.job, "waiting", "restarting", "finished")
        self.cluster.start_worker()

    def kill_coordinator(self):
        self.cluster.coordinator.kill()
        self.cluster.start_coordinator()

    def kill_both(self):
        self.cluster.coordinator.kill()
        self.cluster.kill_worker(self.victim())
        self.cluster.start_coordinator()
        self.cluster.start_worker()

    def freeze_worker(self):
        """Its lease runs out, and the job runs elsewhere before it knows."""
        shown = self.cluster.show(self.job)
        zombie = self.victim()
        joined = zombie.said().count("worker.joined")
        zombie.freeze()
        self.cluster.start_worker()
        later = self.cluster.wait_running(self.job, above=shown.get("generation", 0))
        zombie.thaw()
        # A job that ends meanwhile may do so before the lease does.
        if later["state"] == "running" and self.random.random() < 0.5:
            zombie.wait_said("worker.joined", joined + 1)
        assert zombie.end() == 0
        self.cluster.workers.remove(zombie)

    def freeze_coordinator(self):
        """Until every worker's lease has run out."""
        self.cluster.coordinator.freeze()
        before = [worker.said().count("worker.stopped_tasks") for worker in self.cluster.workers]
        for worker, times in zip(self.cluster.workers, before):
            worker.wait_said("worker.stopped_tasks", times + 1)
        self.cluster.coordinator.thaw()

    KINDS = (kill_worker, kill_worker_and_wait, kill_coordinator, kill_both, freeze_worker,
             freeze_coordinator)


def run(cluster, job, seed):
    fate = Fate(cluster, None, seed)
    for _ in range(WORKERS):
        cluster.start_worker()
    interval_ms = fate.random.choice([10, 50, 200])
    fate.job = cluster.submit(job.sql(interval_ms), "--name=job", f"--parallelism={WORKERS}")
    fate.strike(BLOWS)
    job.finish(cluster, fate.job)
    assert fate.blows, "the job ended before anything happened to it"
    job.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_files_into_files_whatever_happens(world, cluster, seed):
    run(cluster, FileJob(world, cluster.folder), seed)


@pytest.mark.parametrize("seed", SEEDS if LONG else SEEDS[:2])
def test_a_broker_into_a_broker_whatever_happens(world, broker, cluster, seed):
    job = KafkaJob(world, broker)
    job.begin()
    run(cluster, job, seed)
