"""A cluster of several coordinators, of which an etcd of its own makes one the leader."""

import json
import socket
import subprocess
import urllib.error
import urllib.request

from cluster import Cluster, Process, wait_for

ASK_S = 2
SHOW_S = 15  # A frozen coordinator is waited for before the next is asked.


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def answer(address, path):
    """Status and body; None where nobody answers in time."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=ASK_S) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return None


class Etcd(Process):
    """One member, in a folder of its own."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{free_port()}"
        client, peer = f"http://{self.address}", f"http://127.0.0.1:{free_port()}"
        super().__init__("etcd", [
            "etcd", "--data-dir", str(folder / "etcd"), "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"], folder)

    def wait_ready(self):
        def ready():
            self.must_run()
            said = answer(self.address, "/health")
            return said is not None and said[0] == 200
        wait_for("etcd to be there", ready)


class Coordinator(Process):
    """A candidate."""

    listen = "localhost:0"
    http = "localhost:0"

    def leads(self):
        """What it says itself."""
        said = answer(self.http, "/readyz")
        return said is not None and said[0] == 200

    def view(self):
        said = answer(self.http, "/api/v1/cluster")
        return json.loads(said[1]) if said else {}


class StandbyCluster(Cluster):
    """Two coordinators; commands and workers know both."""

    def __init__(self, binary, folder, *options):
        super().__init__(binary, folder, *options)
        self.etcd = Etcd(folder)
        self.processes.append(self.etcd)
        self.etcd.wait_ready()
        self.coordinators = []
        self.made = 0

    def add_coordinator(self, instead_of=None):
        """Another one, or one where another was."""
        listen = instead_of.listen if instead_of else "localhost:0"
        self.made += 1
        made = Coordinator(f"coordinator-{self.made}", [
            self.binary, "coordinator", "--listen", listen, "--http", "localhost:0",
            "--store", str(self.store), "--election", f"etcd://{self.etcd.address}/test"],
            self.folder)
        self.processes.append(made)
        self.coordinator = made  # It is expected to run.
        made.listen = made.announced("control")
        made.http = made.announced("http")
        if instead_of:
            self.coordinators.remove(instead_of)
        self.coordinators.append(made)
        self.address = ",".join(each.listen for each in self.coordinators)
        return made

    def leader(self, within, other_than=None):
        """Who leads, once somebody does."""
        def found():
            return next((each for each in self.coordinators
                         if each is not other_than and each.leads()), None)
        return wait_for("a coordinator to lead", found, within)

    def terms(self):
        """The leaderships that have begun, by number."""
        return sorted(int(each.name) for each in (self.store / "terms").iterdir())

    def show(self, job):
        try:
            done = self.command("show", job, "--json", within=SHOW_S)
        except subprocess.TimeoutExpired:
            return {}
        return json.loads(done.stdout) if done.returncode == 0 else {}
