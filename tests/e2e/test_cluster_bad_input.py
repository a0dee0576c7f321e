"""What a cluster is given that it cannot use gets a clear answer, and nothing is lost by it: jobs
that run meanwhile end with every row."""

import os
import random
import socket
from contextlib import closing

import pytest

from cluster import Cluster, Place, lines_in

ROWS = 10_000
RATE = 5_000  # Rows a second, so that a job lasts a while.
JOB = """
SET checkpoint_interval = '50 milliseconds';
CREATE TABLE tx (id text NOT NULL, card text NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rows = '{rows}', rate = '{rate}',
  event_time = 'at');
CREATE TABLE kept (id text, card text)
  WITH (connector = 'file', path = '{out}', format = 'json');
INSERT INTO kept SELECT id, card FROM tx;
"""
USAGE = 2
UNREACHABLE = 3


def job_into(cluster, rows=ROWS):
    return JOB.format(rows=rows, rate=RATE, out=cluster.folder / "out")


def assert_whole(cluster, rows=ROWS):
    lines = lines_in(cluster.folder / "out")
    assert (len(lines), len(set(lines))) == (rows, rows)


def refused(cluster, *arguments):
    """What a command says that is refused."""
    done = cluster.command(*arguments)
    assert done.returncode == USAGE, (done.returncode, done.stderr)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("command", ["show", "logs", "why", "stop", "savepoint", "cancel",
                                     "rescale"])
def test_a_job_that_is_not_there(cluster, command):
    more = ["2"] if command == "rescale" else []
    assert "there is no job nobody" in refused(cluster, command, "nobody", *more)


def test_a_name_in_use(cluster):
    first = cluster.submit(job_into(cluster), "--name=taken")
    assert f"a job named taken is there already (id {first})" in refused(
        cluster, "submit", "-c", job_into(cluster), "--name=taken")
    cluster.must("cancel", first)
    cluster.submit(job_into(cluster), "--name=taken")


def test_a_script_that_is_wrong(cluster):
    said = refused(cluster, "submit", "-c", "CREATE TABLE t (a bigint) WITH (connector = 'no');")
    assert "connector" in said and "no" in said
    assert cluster.must("list").splitlines()[1:] == []


def test_a_graph_file_that_is_wrong(cluster):
    (cluster.folder / "bad.yaml").write_text("edges: []\nvertices:\n  - {id: x, kind: tea}\n")
    said = refused(cluster, "submit", "bad.yaml")
    assert "vertices" in said and "tea" in said
    assert cluster.must("list").splitlines()[1:] == []


def test_nobody_at_the_address(cluster):
    cluster.coordinator.kill()
    done = cluster.command("list")
    assert done.returncode == UNREACHABLE
    assert f"cannot reach the coordinator at {cluster.address}" in done.stderr


def garbage(choices):
    """Beginnings of what is not ours, or not whole."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    return [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", choices.randbytes(65_536), preface,
            preface + choices.randbytes(10_000),
            preface + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + choices.randbytes(100_000),
            preface + b"\0\0\0\4\0\0\0\0\0" + b"\0\0\4\1\4\0\0\0\1\xff\xff\xff\xff"]


def throw(address, data):
    """A connection that stays open until it is closed or the other side has had enough."""
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), 10)
    try:
        connection.sendall(data)
    except OSError:
        pass  # It has been shut out before everything was said.
    return connection


def test_garbage_on_every_port(cluster):
    workers = [cluster.start_worker() for _ in range(2)]
    job = cluster.submit(job_into(cluster), "--parallelism=2")
    cluster.wait_running(job)
    addresses = [cluster.address, *(worker.announced("exchange") for worker in workers)]
    open_ones = [throw(address, data) for address in addresses
                 for data in garbage(random.Random(3))]
    assert cluster.wait_state(job, "finished")["generation"] == 1
    assert_whole(cluster)
    for connection in open_ones:
        connection.close()
    for each in [cluster.coordinator, *workers]:
        each.must_run()
        assert each.end() == 0


def test_a_port_in_use(cluster):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        second = cluster.process("second", "coordinator", "--listen", address, "--http", "off",
                                 "--store", "elsewhere")
        worker = cluster.process("busy", "worker", "--coordinator", cluster.address, "--listen",
                                 address, "--http", "off")
        for process in (second, worker):
            assert process.ended() != 0
            assert f"{address}: another process has the port" in process.said()


def test_a_worker_with_another_store_under_the_same_name(cluster):
    """As where a folder is not mounted."""
    if os.geteuid() != 0:
        pytest.skip("mounts a folder in a namespace, for which it has to be root")
    other = cluster.folder / "other"
    other.mkdir()
    place = Place(["unshare", "--mount", "sh", "-c",
                   'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh", str(other),
                   str(cluster.store)])
    stranger = cluster.start_worker(place=place)
    assert stranger.ended() == USAGE
    assert f"{cluster.store} is not the coordinator's store here" in stranger.said()
    assert list(other.iterdir()) == []
    job = cluster.submit(job_into(cluster))
    cluster.start_worker()
    cluster.wait_state(job, "finished")
    assert_whole(cluster)


def test_a_job_without_workers_waits_and_says_so(cluster):
    job = cluster.submit(job_into(cluster), "--parallelism=2")
    shown = cluster.wait_state(job, "waiting")
    assert shown["reason"] == "needs 2 slots, and there is no worker"
    cluster.start_worker()
    cluster.wait_until("the job to see one slot", job, lambda shown: shown["reason"]
                       == "needs 2 slots, 1 of 1 is free on 1 worker")
    cluster.start_worker()
    cluster.wait_state(job, "finished")
    assert_whole(cluster)


def test_a_job_whose_workers_are_all_gone_waits_and_goes_on(cluster):
    workers = [cluster.start_worker() for _ in range(2)]
    job = cluster.submit(job_into(cluster), "--parallelism=2")
    cluster.wait_running(job, rows=1)
    for worker in workers:
        cluster.kill_worker(worker)
    shown = cluster.wait_state(job, "waiting")
    assert shown["reason"] == "needs 2 slots, and there is no worker"
    assert "was lost" in shown["restarts"][0]["reason"]
    for _ in range(2):
        cluster.start_worker()
    cluster.wait_state(job, "finished")
    assert_whole(cluster)


def test_a_worker_waits_for_its_coordinator(cluster):
    cluster.coordinator.kill()
    worker = cluster.start_worker()
    worker.wait_said("worker.disconnected", 2)
    worker.must_run()
    cluster.start_coordinator()
    worker.wait_said("worker.joined")


def test_of_two_coordinators_on_one_store_the_first_stands_down(cluster):
    first, first_worker = cluster.coordinator, cluster.start_worker()
    job = cluster.submit(job_into(cluster))
    cluster.wait_running(job, rows=1)
    cluster.address = None
    cluster.start_coordinator()
    cluster.start_worker()
    assert first.ended() != 0
    assert "a later coordinator leads this cluster" in first.said()
    cluster.wait_state(job, "finished")
    assert_whole(cluster)
    first_worker.must_run()


def test_a_coordinator_that_slept_through_its_successor_writes_nothing(cluster):
    """The first is frozen with its worker: both wake as zombies, and the job runs elsewhere."""
    first, first_worker = cluster.coordinator, cluster.start_worker()
    job = cluster.submit(job_into(cluster, 4 * ROWS))
    cluster.wait_running(job, rows=1)
    first.freeze()
    first_worker.freeze()
    cluster.address = None
    cluster.start_coordinator()
    cluster.start_worker()
    cluster.wait_running(job, above=1, rows=1)
    first_worker.thaw()
    first.thaw()
    assert first.ended() != 0
    assert "a later coordinator leads this cluster" in first.said()
    cluster.wait_state(job, "finished")
    assert_whole(cluster, 4 * ROWS)


@pytest.fixture(name="guarded")
def guarded_of(weir):
    """A cluster that asks for a token."""
    (weir.folder / "token").write_text("sesame-open-the-door-of-this-cluster\n")
    (weir.folder / "wrong").write_text("sesame-stay-shut-whoever-may-be-there\n")
    made = Cluster(weir.binary, weir.folder, "--token-file", "token")
    try:
        made.start_coordinator()
        yield made
    finally:
        made.close()
        print(made.logs())


def test_a_wrong_token(guarded):
    guarded.start_worker()
    guarded.options = ["--token-file", "wrong"]
    worker = guarded.start_worker()
    assert worker.ended() == USAGE
    assert "token" in worker.said()
    assert "token" in refused(guarded, "list")
    guarded.options = []
    assert "token" in refused(guarded, "list")
    assert guarded.start_worker().ended() == USAGE
    guarded.options = ["--token-file", "token"]
    job = guarded.submit(job_into(guarded))
    guarded.wait_state(job, "finished")
    assert_whole(guarded)
    assert "sesame" not in guarded.logs()


@pytest.mark.parametrize("command", ["coordinator", "worker"])
def test_an_open_address_without_a_token(cluster, command):
    more = ["--store", "elsewhere"] if command == "coordinator" else []
    process = cluster.process("bare", command, "--listen", "192.0.2.1:0", "--http", "off", *more)
    assert process.ended() == USAGE
    assert "--token-file" in process.said()
