"""Two coordinators, of which etcd makes one the leader, and two workers: the leader is killed or
frozen, or etcd is cut away, while a job runs. The other leads within seconds, who was frozen has no
effect when it is thawed, and the output is what DuckDB computes from the same input.

WEIR_LONG_TESTS=1 takes 50 seeds instead of 3; WEIR_SEED=N repeats one of them alone."""

import os
import random
import time

import pytest

from cluster_jobs import FileJob, make_world
from standby_cluster import StandbyCluster

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
SEEDS = [int(os.environ["WEIR_SEED"])] if "WEIR_SEED" in os.environ else range(50 if LONG else 3)
ROWS = 120_000  # In each of three splits
WORKERS = 2
LEADER_WITHIN_S = 15  # What is promised.


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("standby") / "in", ROWS)


@pytest.fixture(name="cluster")
def cluster_of(weir):
    """Two candidates and two workers; if the test fails, all logs are shown."""
    made = StandbyCluster(weir.binary, weir.folder)
    try:
        made.add_coordinator()
        made.add_coordinator()
        for _ in range(WORKERS):
            made.start_worker()
        yield made
    finally:
        made.close()
        print(made.logs())  # pytest shows it beside a failure alone.


def kill(cluster, leader):
    """Whoever comes in its place stands by."""
    leader.kill()
    took_over = cluster.leader(LEADER_WITHIN_S, other_than=leader)
    back = cluster.add_coordinator(instead_of=leader)
    assert took_over.leads() and not back.leads()


def freeze(cluster, leader):
    """Longer than its lease lasts; what it finds when it is thawed is that it does not lead."""
    leader.freeze()
    took_over = cluster.leader(LEADER_WITHIN_S, other_than=leader)
    terms = cluster.terms()
    leader.thaw()
    leader.wait_said("election.lost")
    leader.wait_said(f"election.follows detail={took_over.listen}")
    assert not leader.leads() and took_over.leads()
    assert cluster.terms() == terms


def cut_etcd(cluster, leader):
    """The leader stands down by itself, and nobody leads before etcd is back."""
    cluster.etcd.freeze()
    leader.wait_said("election.lost")
    assert not any(each.leads() for each in cluster.coordinators)
    cluster.etcd.thaw()
    cluster.leader(LEADER_WITHIN_S)


BLOWS = [kill, freeze, cut_etcd]


@pytest.mark.parametrize("seed", SEEDS)
def test_another_leads_and_nothing_is_lost_or_doubled(world, cluster, seed):
    choices = random.Random(seed)
    leader = cluster.leader(LEADER_WITHIN_S)
    files = FileJob(world, cluster.folder)
    job = cluster.submit(files.sql(choices.choice([10, 50, 200])), "--name=job",
                         f"--parallelism={WORKERS}")
    generation = 0
    struck = []
    for number in range(len(BLOWS)):
        shown = cluster.wait_running(job, above=generation)
        if shown["state"] != "running":
            break
        generation = shown["generation"]
        time.sleep(choices.uniform(0, 0.3))  # The moment is what the seed chooses.
        blow = BLOWS[(seed + number) % len(BLOWS)]
        struck.append(blow.__name__)
        print("blow:", blow.__name__, "in generation", generation)
        blow(cluster, leader)
        leader = cluster.leader(LEADER_WITHIN_S)
    files.finish(cluster, job)
    files.check()
    print("blows:", *struck)
    assert struck, "the job ended before anything happened to it"
    # One term for each leadership that began, and the last is that of who leads.
    begun = sum(each.said().count("election.won") for each in cluster.processes)
    assert len(cluster.terms()) <= begun
    assert cluster.leader(LEADER_WITHIN_S).view()["term"] == cluster.terms()[-1]


def test_a_command_finds_the_leader_and_a_standby_names_it(cluster):
    leader = cluster.leader(LEADER_WITHIN_S)
    standby = next(each for each in cluster.coordinators if each is not leader)
    assert cluster.must("list", "--json")
    standby.wait_said(f"election.follows detail={leader.listen}")
    cluster.address = standby.listen
    refused = cluster.command("list")
    assert refused.returncode == 3
    assert f"{leader.listen} leads" in refused.stderr


def test_a_leader_that_ends_hands_over_at_once(cluster):
    leader = cluster.leader(LEADER_WITHIN_S)
    for worker in cluster.workers:
        worker.wait_said("worker.joined")
    assert leader.end() == 0
    cluster.leader(LEADER_WITHIN_S, other_than=leader)
    for worker in cluster.workers:
        worker.wait_said("worker.joined", 2)


def test_without_etcd_nobody_leads_and_that_is_said(weir):
    cluster = StandbyCluster(weir.binary, weir.folder)
    try:
        cluster.etcd.kill()
        coordinator = cluster.add_coordinator()
        coordinator.wait_said("election.unavailable")
        assert not coordinator.leads()
        assert "none leads now" in cluster.command("list").stderr
        assert coordinator.end() == 0
    finally:
        cluster.close()


def test_an_election_that_cannot_be_read_is_refused(weir):
    cluster = StandbyCluster(weir.binary, weir.folder)
    try:
        done = cluster.process(
            "wrong", "coordinator", "--listen", "localhost:0", "--http", "off",
            "--store", str(cluster.store), "--election", "zookeeper://e:2181")
        assert done.ended() == 2
        assert "etcd://host:port" in done.said()
    finally:
        cluster.close()
