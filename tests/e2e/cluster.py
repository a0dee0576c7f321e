"""A cluster of real processes for the end-to-end tests: a coordinator, workers, and the commands
that people give. Whoever makes one closes it; nothing of it outlives that.

Everything is waited for by asking again until a deadline, so that a slow machine makes a test slow
and never wrong. What a process says is kept in a file each, and logs() gives all of it."""

import json
import os
import re
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

WAIT_S = 120
COMMAND_S = 60
POLL_S = 0.05
ENDED = ("finished", "stopped", "cancelled", "failed")


def wait_for(what, condition, within=WAIT_S):
    """Returns what the condition returns once that is true."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within} s in vain: {what}")
        time.sleep(POLL_S)


class Process:
    """One life of one process, and what it says."""

    def __init__(self, name, command, folder):
        self.name = name
        self.out = folder / f"{name}.out"
        self.log = folder / f"{name}.log"
        with open(self.out, "wb") as out, open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=log)

    def announced(self, word):
        """What stands behind the word on standard output, once it does: where it listens."""
        def line():
            self.must_run()
            found = re.search(rf"^{word} (\S+)$", self.out.read_text(), re.MULTILINE)
            return found and found[1]
        return wait_for(f"{self.name} to print where it listens", line)

    def must_run(self):
        code = self.process.poll()
        assert code is None, f"{self.name} ended with {code}:\n{self.said()}"

    def said(self):
        return self.log.read_text(errors="replace")

    def wait_said(self, text, times=1):
        wait_for(f"{self.name} to say {text}, {times} times",
                 lambda: self.said().count(text) >= times)

    def kill(self):
        """As the kernel does it: nothing is told to anybody."""
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Once it returns, no thread of it runs: a signal that is sent has not arrived yet."""
        self.process.send_signal(signal.SIGSTOP)
        stopped, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert stopped and os.WIFSTOPPED(status), f"{self.name} ended instead of stopping"

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def ended(self, within=WAIT_S):
        """Its exit code, once it has ended by itself."""
        return self.process.wait(within)

    def end(self):
        """As an operator does it; returns the exit code."""
        self.process.terminate()
        return self.ended()


@dataclass
class Place:
    """Where processes run: in which network, and what they are told to listen on."""

    prefix: list = field(default_factory=list)  # Before the command: ip netns exec ...
    host: str = "localhost"


class Cluster:
    """One coordinator at a time, any number of workers, and a store."""

    def __init__(self, binary, folder, *options):
        self.binary = binary
        self.folder = folder
        self.store = folder / "store"
        self.options = list(options)  # Of every process and command: --token-file ...
        self.address = None
        self.coordinator = None
        self.coordinator_place = Place()
        self.workers = []
        self.processes = []

    def start_coordinator(self, place=Place()):
        """Again where it was, if there was one."""
        self.coordinator_place = place
        listen = self.address or f"{place.host}:0"
        self.coordinator = self.process(
            "coordinator", "coordinator", "--listen", listen, "--http", "off", "--store",
            str(self.store), place=place)
        self.address = self.coordinator.announced("control")
        return self.coordinator

    def start_worker(self, *options, slots=1, place=Place()):
        worker = self.process(
            "worker", "worker", "--coordinator", self.address, "--listen", f"{place.host}:0",
            "--http", "off", "--slots", str(slots), *options, place=place)
        self.workers.append(worker)
        return worker

    def process(self, name, *arguments, place=Place()):
        """Starts one; a name may be given again."""
        number = sum(each.name.startswith(f"{name}-") for each in self.processes) + 1
        made = Process(f"{name}-{number}",
                       [*place.prefix, self.binary, *arguments, *self.options], self.folder)
        self.processes.append(made)
        return made

    def kill_worker(self, worker):
        worker.kill()
        self.workers.remove(worker)

    def command(self, *arguments, within=COMMAND_S):
        """A command of the client, as it ended."""
        return subprocess.run(
            [*self.coordinator_place.prefix, self.binary, *arguments, "--coordinator", self.address,
             *self.options],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=within, check=False)

    def must(self, *arguments, within=COMMAND_S):
        """What a command prints that has to succeed."""
        done = self.command(*arguments, within=within)
        assert done.returncode == 0, f"weir {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def submit(self, sql, *options):
        """The id of the new job."""
        script = self.folder / f"{uuid.uuid4().hex}.sql"
        script.write_text(sql)
        return self.must("submit", str(script), *options)

    def show(self, job):
        """The job's document; empty while nobody answers."""
        try:
            done = self.command("show", job, "--json", within=2)
        except subprocess.TimeoutExpired:
            return {}
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def wait_until(self, what, job, condition, within=WAIT_S):
        """The job's document, once it is so."""
        def document():
            self.coordinator.must_run()
            shown = self.show(job)
            return shown if shown and condition(shown) else None
        try:
            return wait_for(what, document, within)
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen: {self.command('show', job).stdout}") \
                from None

    def wait_state(self, job, *states, within=WAIT_S):
        def there(shown):
            assert shown["state"] in states or shown["state"] not in ENDED, shown
            return shown["state"] in states
        return self.wait_until(f"the job to be {' or '.join(states)}", job, there, within)

    def wait_running(self, job, above=0, rows=0):
        """Running in a generation above this one, with rows read there; or at its end."""
        return self.wait_until(
            f"the job to run in a generation above {above}, {rows} rows read", job,
            lambda shown: shown["state"] in ENDED or shown["generation"] > above
            and shown["state"] == "running" and shown["rows_read"] >= rows)

    def logs(self):
        """All that every process said, for whoever has to find out what happened."""
        return "".join(f"--- {each.name}, pid {each.process.pid}\n{each.said()}"
                       for each in self.processes)

    def close(self):
        for each in self.processes:
            each.kill()


def lines_in(folder):
    """What readers see of a table that goes to files."""
    return [line for part in sorted(Path(folder).glob("part-*"))
            for line in part.read_text().splitlines()]
