"""The golden files on a cluster: a coordinator and two workers, which all cases share one after the
other, each job with an instance on either worker, so that rows cross between them over gRPC.

A case is submitted as the graph file that `weir explain` prints, with paths made absolute, since
workers run elsewhere, and prints made part files, since a worker's standard output is no job's. A
case that is refused is submitted as it is written: the refusal must be the same. What a run says on
standard error, its warnings and its summary, is no part of this. Left out are cases that look at
the environment of the process, and the empty script."""

import json
import pathlib
import re
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from cluster import Cluster  # noqa: E402  (found by the line above)

WORKERS = 2
SLOTS = 2  # Of each worker: two jobs at a time, each on both.
PARALLELISM = 2
PATH = re.compile(r"^(      path: )(.+)$", re.MULTILINE)
PRINT_SINK = re.compile(r"(  - id: (\S+)\n    kind: sink\n    table: \S+\n)"
                        r"    connector: print\n")
FILE_SINK = (r"\1    connector: file\n    options:\n      format: json\n"
             r"      path: printed/\2\n")


def is_left_out(case):
    """It says what the process around the job is to have, or there is nothing to send."""
    script = case.section("sql") or case.section("yaml")
    return case.section("env") is not None or not script.body


def begin(weir):
    """The cluster, with its workers registered; whoever gets it closes it."""
    cluster = Cluster(weir, pathlib.Path(tempfile.mkdtemp(prefix="golden-cluster-")))
    cluster.start_coordinator()
    for _ in range(WORKERS):
        cluster.start_worker(slots=SLOTS)
    for worker in cluster.workers:
        worker.wait_said("worker.joined")
    return cluster


def end(cluster, failed):
    if failed:
        print(cluster.logs())
    cluster.close()
    shutil.rmtree(cluster.folder)


def absolute(text, folder):
    """The graph file, with every path of a file below the folder."""
    def rewritten(hit):
        path = hit[2]
        if path[0] in "\"'":
            path = json.loads(path) if path[0] == '"' else path[1:-1].replace("''", "'")
        return hit[1] + json.dumps(str(folder / path))
    return PATH.sub(rewritten, text)


class Submission:
    """A case, laid out in a folder as golden/run.py does it, and what a cluster makes of it."""

    def __init__(self, job, cluster):
        self.job = job  # golden/run.py's
        self.cluster = cluster

    def submit(self, file, *arguments):
        return self.job.call("submit", file, *arguments, f"--coordinator={self.cluster.address}",
                             f"--name={self.job.folder.name}", f"--parallelism={PARALLELISM}")

    def outcome(self):
        """The rows of each table, as bodies of sections by their heads; of a job that fails, or is
        refused, a list of what is not as the case expects it."""
        error = self.job.case.section("error")
        expected = error.body if error else []
        exit_code = self.job.case.section("exit")
        graph = self.graph()
        if isinstance(graph, str):
            return self.refused(expected)
        done = self.submit("graph.yaml")
        if done.returncode != 0:
            return self.differs("refused by the coordinator", expected,
                                done.stderr.decode().splitlines())
        shown = self.cluster.wait_until("the job to end", done.stdout.decode().strip(),
                                        lambda shown: shown["state"] in ("finished", "failed"))
        if shown["state"] == "failed":
            told = "\n".join(expected)
            reason = shown["reason"].replace(f"{self.job.folder}/", "")
            if (expected or exit_code) and reason in told:
                return []
            return [f"on a cluster: failed: {reason}"]
        if expected or exit_code:
            return ["on a cluster: finished, and was to fail"]
        return self.rows()

    def graph(self):
        """Writes graph.yaml; the refusal where there is none."""
        explained = self.job.call("explain", self.job.file, *self.job.flags, "--format=yaml")
        if explained.returncode != 0:
            return explained.stderr.decode()
        text = PRINT_SINK.sub(FILE_SINK, explained.stdout.decode())
        (self.job.folder / "graph.yaml").write_text(
            absolute(text, self.job.folder), encoding="utf-8")
        return None

    def refused(self, expected):
        done = self.submit(self.job.file, *self.job.flags)
        if done.returncode == 2 and done.stderr.decode().splitlines() == expected:
            return []
        return self.differs(f"exit code {done.returncode}", expected,
                            done.stderr.decode().splitlines())

    def differs(self, what, expected, found):
        return [] if expected == found else [
            "\n".join([f"on a cluster: {what}", *(f"-{line}" for line in expected),
                       *(f"+{line}" for line in found)])]

    def rows(self):
        printed = sorted((self.job.folder / "printed").glob("*/[!.]*"))
        bodies = {"rows": [line for part in printed
                           for line in part.read_bytes().decode(errors="replace").split("\n")[:-1]]}
        for name in self.job.folders:
            bodies[f"rows of {name}"] = self.job.part_lines(name)
        shorter = f"{self.job.folder}/"
        return {head: [line.replace(shorter, "") for line in lines]
                for head, lines in bodies.items()}
