"""The commands of a cluster as people give them: where folders are, what a file configures, what
is said of a job that is not there."""

import json
import signal
from pathlib import Path
import urllib.request

import pytest

from cluster import Cluster, Process, wait_for

JOB = """SET checkpoint_interval = '50 milliseconds';
CREATE TABLE tx (id text NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rate = '1000', event_time = 'at');
CREATE TABLE nowhere (id text) WITH (connector = 'blackhole');
INSERT INTO nowhere SELECT id FROM tx;"""


@pytest.fixture
def cluster(weir):
    made = Cluster(weir.binary, weir.folder)
    yield made
    made.close()


def test_folders_are_relative_to_who_names_them(cluster):
    elsewhere = cluster.folder / "elsewhere"
    elsewhere.mkdir()
    cluster.store = Path("store")
    cluster.start_coordinator()
    worker = Process("worker", [cluster.binary, "worker", "--coordinator", cluster.address,
                                "--listen", "localhost:0", "--http", "off"], elsewhere)
    cluster.processes.append(worker)
    job = cluster.submit(JOB, "--name", "job")
    cluster.wait_running(job)
    kept = cluster.must("savepoint", "job")
    assert kept.startswith(str(cluster.folder / "store" / "savepoints"))
    assert cluster.must("stop", "job", "--to", "saved") == str(cluster.folder / "saved")
    again = cluster.submit(JOB, "--name", "job", "--from", "saved")
    cluster.wait_running(again)
    cluster.must("cancel", "job")


def test_processes_take_their_options_from_a_file(cluster):
    config = cluster.folder / "weir.yaml"
    config.write_text("listen: localhost:0\nhttp: localhost:0\nworker: {slots: 3}\n"
                      "coordinator: {store: store}\n")
    coordinator = cluster.process("coordinator", "coordinator", "--config", str(config))
    control, http = coordinator.announced("control"), coordinator.announced("http")
    worker = cluster.process("worker", "worker", "--config", str(config), "--coordinator", control)
    worker.announced("exchange")

    def slots():
        with urllib.request.urlopen(f"http://{http}/api/v1/cluster") as answer:
            return [each["slots"] for each in json.load(answer)["workers"]]
    assert wait_for("the worker to come", slots) == [3]
    assert worker.end() == 0
    assert coordinator.end() == 0


def test_a_job_is_shown_with_its_memory_on_each_worker(cluster):
    cluster.start_coordinator()
    cluster.start_worker("--memory", "512MiB", slots=2)
    job = cluster.submit(JOB, "--name", "job")
    [memory] = cluster.wait_until(
        "the worker to tell its memory", job,
        lambda shown: all("peak_memory_bytes" in each for each in shown["memory"])
        and shown["memory"])["memory"]
    assert memory["worker_bytes"] == 512 << 20
    assert sum(memory["parts"].values()) == memory["bytes"] == 256 << 20
    assert 0 < memory["peak_memory_bytes"] < memory["worker_bytes"]
    assert "the process" in cluster.must("show", job)
    cluster.must("cancel", "job")


def test_a_job_that_is_not_there_is_told_with_the_nearest(cluster):
    cluster.start_coordinator()
    cluster.submit(JOB, "--name", "payments")
    done = cluster.command("show", "payment")
    assert done.returncode == 2
    assert 'there is no job payment; did you mean "payments"?' in done.stderr


def test_a_stop_whose_savepoint_cannot_be_written_is_refused_while_the_job_runs(cluster):
    cluster.start_coordinator()
    cluster.start_worker()
    job = cluster.submit(JOB, "--name", "job")
    cluster.wait_running(job)
    full = cluster.folder / "full"
    full.mkdir()
    (full / "x").touch()
    done = cluster.command("stop", "job", "--to", str(full))
    assert done.returncode == 2, done.stderr
    assert str(full) in done.stderr
    assert cluster.show(job)["state"] == "running"
    cluster.must("cancel", "job")


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_processes_that_are_told_to_end_do_so_and_interrupted_ones_say_so(cluster, number, code):
    coordinator = cluster.start_coordinator()
    worker = cluster.start_worker()
    worker.wait_said("worker.joined")
    for process in (worker, coordinator):
        process.process.send_signal(number)
        assert process.ended() == code, process.said()
