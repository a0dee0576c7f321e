"""What end-to-end tests share: the real binary, a real broker, and a folder of their own."""

import json
import os
import socket
import struct
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cluster import Cluster, wait_for

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT_S = 300


@dataclass
class Run:
    """One finished `weir run`."""

    code: int
    rows: list  # standard output, a JSON value a line
    errors: str
    summary: dict = field(default_factory=dict)

    def step(self, identity):
        return next(s for s in self.summary["steps"] if s["id"] == identity)


class Weir:
    """Runs the binary under test in a folder."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder

    def start(self, sql, *arguments, **variables):
        """A running process; the caller ends it."""
        return subprocess.Popen(
            self.command(sql, *arguments, **variables), cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def command(self, sql, *arguments, **variables):
        script = self.folder / f"{uuid.uuid4().hex}.sql"
        script.write_text(sql)
        settings = [f"--var={name}={value}" for name, value in variables.items()]
        return [self.binary, "run", str(script), "--json", *settings, *arguments]

    def run(self, sql, *arguments, expect=0, **variables):
        process = self.start(sql, *arguments, **variables)
        out, err = process.communicate(timeout=TIME_LIMIT_S)
        assert process.returncode == expect, err
        summary = {}
        if expect == 0:
            summary = json.loads(err.splitlines()[-1])
            assert summary["unbalanced"] == []
        rows = [json.loads(line) for line in out.splitlines()]
        return Run(process.returncode, rows, err, summary)


def weir_in(folder):
    binary = os.environ.get("WEIR_BINARY", str(ROOT / "build/dev/bin/weir"))
    assert os.access(binary, os.X_OK), f"no binary at {binary}: build it, or name it in WEIR_BINARY"
    return Weir(binary, folder)


@pytest.fixture
def weir(tmp_path):
    return weir_in(tmp_path)


class Pipe:
    """Into a process that runs on: it takes lines for as long as there are some."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)

    def write(self, lines):
        self.process.stdin.write(lines)
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(TIME_LIMIT_S) == 0, "the producer failed"


def create_topic(address, name, partitions):
    """As deploy/broker/topic does it, without the seconds that a Java program needs to start. A
    request of CreateTopics, version 4."""
    def text(value):
        return struct.pack(">h", len(value)) + value.encode()

    topic = text(name) + struct.pack(">ihii", partitions, 1, 0, 0)  # No assignments, no settings.
    head = struct.pack(">hhi", 19, 4, 1) + text("tests")
    request = head + struct.pack(">i", 1) + topic + struct.pack(">ib", 30_000, 0)
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), 60) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answer:
            reply = answer.read(*struct.unpack(">i", answer.read(4)))
    # Correlation id, throttle time, one topic: its name, then the error code.
    code, = struct.unpack_from(">h", reply, 14 + len(name))
    assert code == 0, f"cannot create topic {name}: error {code} of Kafka"


class Broker:
    """Topics of the broker that the whole test run shares."""

    def __init__(self, folder, address):
        self.folder = folder
        self.address = address

    def topic(self, partitions=1):
        """A new topic, and its name."""
        name = f"t-{uuid.uuid4().hex}"
        create_topic(self.address, name, partitions)
        wait_for(f"leaders of {name}",
                 lambda: self.kcat("-L", "-t", name).count(" leader 1,") == partitions)
        return name

    def load(self, topic, files):
        """The lines of the k-th file into partition k, in order."""
        for partition, path in enumerate(files):
            self.kcat("-P", "-t", topic, "-p", str(partition), "-l", str(path))
            end = self.kcat("-Q", "-t", f"{topic}:{partition}:-1").split()[-1]
            assert int(end) == len(path.read_text().splitlines()), f"partition {partition}: {end}"

    def produce(self, topic, lines, partition=0):
        self.kcat("-P", "-t", topic, "-p", str(partition), stdin="".join(f"{l}\n" for l in lines))

    def pipe(self, topic, partition=0):
        """A file for lines, each a record; its close() waits until the broker has them."""
        return Pipe(["kcat", "-b", self.address, "-P", "-t", topic, "-p", str(partition)])

    def consume(self, topic, pattern="%s\n"):
        """What a reader of committed data sees, formatted by kcat's pattern."""
        out = self.kcat("-C", "-t", topic, "-e", "-q", "-f", pattern,
                        "-X", "isolation.level=read_committed")
        return out.splitlines()

    def kill(self):
        """Only of a broker of one's own."""
        subprocess.run([ROOT / "deploy/broker/stop", self.folder, "--kill"], check=True, timeout=60)

    def kcat(self, *arguments, stdin=None):
        done = subprocess.run(["kcat", "-b", self.address, *arguments], input=stdin, text=True,
                              check=True, capture_output=True, timeout=120)
        return done.stdout


@pytest.fixture(scope="session")
def broker():
    address = os.environ.get("WEIR_TEST_KAFKA")
    folder = os.environ.get("WEIR_TEST_KAFKA_DIR")
    assert address and folder, "no broker: run deploy/test e2e, which starts one"
    return Broker(folder, address)


@pytest.fixture
def cluster(weir):
    """A coordinator without workers; if the test fails, all logs are shown."""
    made = Cluster(weir.binary, weir.folder)
    try:
        made.start_coordinator()
        yield made
    finally:
        made.close()
        print(made.logs())  # pytest shows it beside a failure alone.


@pytest.fixture
def own_broker(tmp_path):
    """Starts a broker that this test may kill; again, and it goes on with its data and address."""
    folder = tmp_path / "broker"

    def start():
        done = subprocess.run([ROOT / "deploy/broker/start", folder, "--heap", "384m"], check=True,
                              capture_output=True, text=True, timeout=TIME_LIMIT_S)
        return Broker(folder, done.stdout.strip())

    yield start
    subprocess.run([ROOT / "deploy/broker/stop", folder, "--kill"], timeout=60, check=False)
