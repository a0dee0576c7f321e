"""A network of its own for a test: each process in a network namespace, all joined by one bridge,
and cut between any two of them in either direction. Needs root, and makes nothing that outlives
it.

What A sends to B is cut by telling A that B has a hardware address that nobody has: it leaves and
arrives nowhere, as with a broken switch, and A is told nothing."""

import itertools
import os
import subprocess

from cluster import Place

NOBODY = "02:00:00:00:00:01"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=30)


def why_not():
    """Why there can be no such network here; empty if there can."""
    if os.geteuid() != 0:
        return "network namespaces are made by root"
    try:
        name = f"weir{os.getpid()}-try"
        ip("netns", "add", name)
        try:
            ip("-n", name, "link", "add", "bridge", "type", "bridge")
        finally:
            ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces here: {getattr(error, 'stderr', '') or error}"
    return ""


class Network:
    numbers = itertools.count(1)

    def __init__(self):
        self.name = f"weir{os.getpid()}-{next(Network.numbers)}"
        self.hub = f"{self.name}-hub"
        self.spaces = []
        ip("netns", "add", self.hub)
        ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
        ip("-n", self.hub, "link", "set", "bridge", "up")

    def place(self):
        """A new machine in it."""
        number = len(self.spaces) + 1
        space = f"{self.name}-{number}"
        self.spaces.append(space)
        ip("netns", "add", space)
        # Made inside the hub, so that names never meet outside.
        ip("-n", self.hub, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0",
           "netns", space)
        ip("-n", self.hub, "link", "set", f"port{number}", "master", "bridge", "up")
        ip("-n", space, "addr", "add", f"10.213.0.{number}/24", "dev", "eth0")
        ip("-n", space, "link", "set", "eth0", "up")
        ip("-n", space, "link", "set", "lo", "up")
        return Place(["ip", "netns", "exec", space], f"10.213.0.{number}")

    def cut(self, sender, receiver):
        """What the one sends does not reach the other any more."""
        ip("-n", sender.prefix[-1], "neigh", "replace", receiver.host, "lladdr", NOBODY, "nud",
           "permanent", "dev", "eth0")

    def mend(self, sender, receiver):
        ip("-n", sender.prefix[-1], "neigh", "del", receiver.host, "dev", "eth0")

    def close(self):
        for space in [*self.spaces, self.hub]:
            ip("netns", "del", space)
