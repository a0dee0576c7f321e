"""A network that fails between any two processes of a cluster, in one direction or in both, for
longer than a lease: the output is what DuckDB computes, no row lost and none twice. Whoever is cut
off from its coordinator stops by itself, and comes back when it can.

WEIR_LONG_TESTS=1 takes 30 seeds instead of a few; WEIR_SEED=N repeats one of them alone."""

import itertools
import os
import random
import time

import pytest

import network
from cluster import Cluster
from cluster_jobs import FileJob, make_world

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
SEEDS = [int(os.environ["WEIR_SEED"])] if "WEIR_SEED" in os.environ else range(30 if LONG else 2)
ROWS = 40_000  # In each of three splits
WORKERS = 3
CUTS = 4 if LONG else 2
LEASE_S = 3.0
WHY_NOT = network.why_not()

pytestmark = pytest.mark.skipif(WHY_NOT != "", reason=WHY_NOT)


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("cluster") / "in", ROWS)


@pytest.fixture(name="net")
def net_of():
    made = network.Network()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(name="spread")
def spread_of(weir, net):
    """A cluster whose processes each have a machine of their own; only a token opens them."""
    (weir.folder / "token").write_text("a-token-that-all-of-them-have-in-common\n")
    made = Cluster(weir.binary, weir.folder, "--token-file", "token")
    made.places = [net.place() for _ in range(WORKERS + 1)]
    try:
        made.start_coordinator(made.places[0])
        for place in made.places[1:]:
            made.start_worker(place=place)
        yield made
    finally:
        made.close()
        print(made.logs())


def cut_for_a_while(net, choices, one, other):
    """Either direction, or both, for about as long as a lease or for longer."""
    directions = choices.choice([[(one, other)], [(other, one)], [(one, other), (other, one)]])
    seconds = choices.uniform(0.5, 1.8) * LEASE_S
    print("cut:", *[f"{sender.host} to {receiver.host}" for sender, receiver in directions],
          f"for {seconds:.1f} s")
    for sender, receiver in directions:
        net.cut(sender, receiver)
    time.sleep(seconds)  # How long is what the seed chooses.
    for sender, receiver in directions:
        net.mend(sender, receiver)


@pytest.mark.parametrize("seed", SEEDS)
def test_cut_between_any_two(world, spread, net, seed):
    choices = random.Random(seed)
    job = FileJob(world, spread.folder)
    submitted = spread.submit(job.sql(choices.choice([10, 50, 200])), f"--parallelism={WORKERS}")
    pairs = list(itertools.combinations(spread.places, 2))
    for _ in range(CUTS):
        if spread.wait_running(submitted, rows=1)["state"] != "running":
            break
        cut_for_a_while(net, choices, *choices.choice(pairs))
    job.finish(spread, submitted)
    job.check()
    for process in spread.processes:
        process.must_run()
