#!/usr/bin/env python3
"""Runs the golden files: whole jobs with their input, and the rows, counts or refusal they give.

    tests/golden/run.py --weir PATH [FILTER]       FILTER: a part of "file: name of the case"
    UPDATE_GOLDEN=1 tests/golden/run.py --weir PATH [FILTER]    rewrites what differs
    tests/golden/run.py --weir PATH --cluster [--every N] [FILTER]    on a cluster (on_cluster.py)

A .test file holds cases. Lines of "#" before the first section of a case are for the reader.

    === Name of the case, a fact      begins a case
    --- file in.json                  a file in the working directory of the job
    --- sql                           the job, as job.sql; or `yaml`, a graph file, as job.yaml
    --- rows                          what it prints, in any order; absent: nothing
    --- rows of out                   the lines of all part files in a folder; of CSV with a header
                                      line, that line first, which every part must begin with
    --- summary                       for each step, what `--json` must say of it, as JSON: the keys
                                      given are compared, all others are not
    --- warnings                      log lines on standard error, without their time
    --- error                         exactly what stands on standard error
    --- exit                          the exit code, where it is not 0, or 2 with an error
    --- flags                         more arguments, as a shell would take them
    --- env                           NAME=VALUE for the environment, one a line

Words behind the name of a file: `gzip` compresses it, `open` leaves out the last line's end,
`escaped` turns \\xNN into that byte, `cut N` drops the last N bytes (of the compressed ones),
`copy PATH` takes the contents from a file beside the .test file. Sections before the first case
belong to all cases of the file; their SQL is put behind that of the case, so that the lines of
messages are those of the case. A "seen_at" of the last minute is shown as "now".

Every job that starts is run at parallelism 1 and 2, reading 1, 7 and 4096 records at a time, and
once more from the graph file that `weir explain --format yaml` prints; all runs must agree. A job
that ends well is then run with a state folder, killed after a few checkpoints and begun again with
another parallelism: the rows must be the same. A script that is refused (exit code 2) is run once.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import datetime
import difflib
import gzip
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import on_cluster

HERE = pathlib.Path(__file__).resolve().parent
SECTIONS = ("file", "sql", "yaml", "rows", "summary", "warnings", "error", "exit", "flags", "env")
EXPECTATIONS = ("rows", "summary", "warnings", "error", "exit")
RUNS = [(1, 4096), (1, 7), (1, 1), (2, 4096), (2, 7), (2, 1)]  # Parallelism and batch rows.
GRAPH_RUN = (2, 7)
LIVES = [(2, 1), (3, 7), (1, 1)]  # In turn, until the job is finished.
LIVES_MAX = 12  # Killed ones; the next may end.
KILLED = -9
TIMEOUT_SECONDS = 30
EXIT_REFUSED = 2


@dataclasses.dataclass
class Section:
    head: str  # Without the dashes: "rows of out".
    body: list[str]

    @property
    def kind(self):
        return self.head.split()[0]

    def text(self):
        return "".join(line + "\n" for line in self.body)


@dataclasses.dataclass
class Case:
    path: pathlib.Path
    name: str = ""  # Empty: the sections that all cases of the file share.
    comment: list[str] = dataclasses.field(default_factory=list)
    sections: list[Section] = dataclasses.field(default_factory=list)

    @property
    def title(self):
        return f"{self.path.relative_to(HERE).with_suffix('')}: {self.name}"

    def section(self, head):
        return next((each for each in self.sections if each.head == head), None)

    def of_kind(self, kind):
        return [each for each in self.sections if each.kind == kind]


def check_section(case, section, where):
    words = section.head.split()
    if not words or words[0] not in SECTIONS:
        sys.exit(f"{where}: --- {section.head}: a section is one of {', '.join(SECTIONS)}")
    if words[0] == "rows" and len(words) != 1 and (words[1] != "of" or len(words) != 3):
        sys.exit(f"{where}: write --- rows, or --- rows of FOLDER")
    if case.section(section.head):
        sys.exit(f"{where}: --- {section.head} is there twice")


def lines_of(text):
    """Lines end with a line feed only; texts of rows may hold what else Python takes for an end."""
    return text.removesuffix("\n").split("\n") if text else []


def read_cases(path):
    """The shared sections and then the cases."""
    cases = [Case(path)]
    section = None
    for number, line in enumerate(lines_of(path.read_text(encoding="utf-8")), 1):
        where = f"{path.relative_to(HERE)}:{number}"
        if line.startswith("=== "):
            name = line[4:].strip()
            if any(case.name == name for case in cases):
                sys.exit(f"{where}: there is a case of this name already")
            cases.append(Case(path, name))
            section = None
        elif line.startswith("--- "):
            section = Section(line[4:].strip(), [])
            check_section(cases[-1], section, where)
            cases[-1].sections.append(section)
        elif section:
            section.body.append(line)
        elif not line or line.startswith("#"):
            cases[-1].comment.append(line)
        else:
            sys.exit(f"{where}: neither a comment nor a section (--- rows): {line}")
    for case in cases:
        for each in case.sections:
            while each.body and not each.body[-1]:
                each.body.pop()
    return cases


def write_cases(path, cases):
    blocks = []
    for case in cases:
        head = [f"=== {case.name}"] if case.name else []
        comment = "\n".join(case.comment).strip("\n").split("\n")
        lines = head + (comment if comment != [""] else [])
        for section in case.sections:
            lines += [f"--- {section.head}"] + section.body
        if lines:
            blocks.append("\n".join(lines) + "\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


def file_bytes(section, path):
    words = section.head.split()[2:]
    data = section.text().encode()
    if "copy" in words:
        data = (path.parent / words[words.index("copy") + 1]).read_bytes()
    if "escaped" in words:
        data = re.sub(rb"\\x([0-9a-f]{2})", lambda hit: bytes.fromhex(hit[1].decode()), data)
    if "open" in words:
        data = data.removesuffix(b"\n")
    if "gzip" in words:
        data = gzip.compress(data, mtime=0)
    if "cut" in words:
        data = data[: -int(words[words.index("cut") + 1])]
    return data


class Job:
    """A case laid out in a folder."""

    def __init__(self, case, shared, weir, folder):
        self.case = case
        self.weir = weir
        self.folder = pathlib.Path(folder)
        sql = case.section("sql")
        self.file = "job.sql" if sql else "job.yaml"
        text = (sql or case.section("yaml")).text()
        if sql and shared.section("sql"):
            text += shared.section("sql").text()
        (self.folder / self.file).write_text(text, encoding="utf-8")
        for section in shared.of_kind("file") + case.of_kind("file"):
            place = self.folder / section.head.split()[1]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file_bytes(section, case.path))
        heads = [each.head.split() for each in case.of_kind("rows")]
        self.folders = [words[2] for words in heads if len(words) == 3]
        flags, env = case.section("flags"), case.section("env")
        self.flags = shlex.split(flags.text()) if flags else []
        self.env = dict(os.environ, NO_COLOR="1")
        self.env.update(line.split("=", 1) for line in (env.body if env else []))

    def call(self, *arguments):
        return subprocess.run([self.weir, *arguments], cwd=self.folder, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=TIMEOUT_SECONDS, check=False)

    def run(self, parallelism, batch_rows, file=None, flags=None):
        began = datetime.datetime.now(datetime.timezone.utc)
        done = self.call("run", file or self.file, *(self.flags if flags is None else flags),
                         f"--parallelism={parallelism}", f"--batch-rows={batch_rows}", "--json")
        return Outcome(done, {name: self.part_lines(name) for name in self.folders}, began)

    def run_graph(self):
        """From the graph file that explain prints: settings and variables are in it."""
        explained = self.call("explain", self.file, *self.flags, "--format=yaml")
        if explained.returncode != 0:
            return f"weir explain --format yaml failed:\n{explained.stderr.decode()}"
        (self.folder / "graph.yaml").write_bytes(explained.stdout)
        return self.run(*GRAPH_RUN, file="graph.yaml", flags=[])

    def run_in_many_lives(self):
        """From the graph file, prints going to part files; killed after a few checkpoints."""
        graph = self.folder / "graph.yaml"
        text = on_cluster.PRINT_SINK.sub(on_cluster.FILE_SINK, graph.read_text(encoding="utf-8"))
        graph.write_text(text, encoding="utf-8")
        for name in self.folders:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        flags = ["--state=state", "--set=checkpoint_interval=1 microsecond"]
        for life in range(LIVES_MAX + 1):
            if life < LIVES_MAX:
                # Its first checkpoint holds all state, those behind it what changed.
                self.env["WEIR_FAIL_AT"] = f"checkpoint.committed:{1 + life % 3}"
            else:
                del self.env["WEIR_FAIL_AT"]
            outcome = self.run(*LIVES[life % len(LIVES)], file="graph.yaml", flags=flags)
            if outcome.exit != KILLED:
                break
        printed = [line for part in sorted((self.folder / "printed").glob("*/[!.]*"))
                   for line in lines_of(part.read_bytes().decode(errors="replace"))]
        outcome.bodies["rows"] = outcome.lines(printed)
        return outcome

    def part_lines(self, name):
        """Of all parts in the order of their names; what they all begin with only once."""
        section = self.case.section(f"rows of {name}")
        parts = sorted((self.folder / name).glob("[!.]*"))
        texts = [lines_of(part.read_bytes().decode(errors="replace")) for part in parts]
        header = section.body[:1] if parts and parts[0].suffix == ".csv" else []
        if not header or not all(text[:1] == header for text in texts):
            return [line for text in texts for line in text]
        return header + [line for text in texts for line in text[1:]]


class Outcome:
    """What one run gave, as bodies of sections by their heads."""

    LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (\w+ .*)")

    def __init__(self, done, folders, began):
        self.exit = done.returncode
        self.began = began
        self.steps = {}
        self.bodies = {"rows": self.lines(lines_of(done.stdout.decode(errors="replace")))}
        for name, lines in folders.items():
            self.bodies[f"rows of {name}"] = self.lines(lines)
        self.bodies["warnings"] = self.bodies["error"] = []
        self.read_stderr(lines_of(done.stderr.decode(errors="replace")))
        if self.exit not in (0, EXIT_REFUSED if self.bodies["error"] else 0):
            self.bodies["exit"] = [str(self.exit)]

    def lines(self, lines):
        return shown_lines(lines, self.began)

    def read_stderr(self, lines):
        if lines and lines[-1].startswith('{"job":'):
            summary = json.loads(lines.pop())
            if summary["was_finished"]:  # By the life before, which was killed at its very end.
                return
            self.steps = one_step_for_both_phases(summary["steps"])
            for step in self.steps.values():
                step.setdefault("notes", [])
            lines += [f"unbalanced: {gap}" for gap in summary["unbalanced"]]
        logged = [self.LOG_LINE.fullmatch(line) for line in lines]
        self.bodies["warnings"] = [hit[1] for hit in logged if hit]
        self.bodies["error"] = [line for line, hit in zip(lines, logged) if not hit]

    def summary_like(self, expected):
        """The same keys of the same steps as in the expectation."""
        body = []
        for line in expected:
            wanted = json.loads(line)
            step = self.steps.get(wanted["id"])
            found = {key: step.get(key) for key in wanted} if step else "there is no such step"
            body.append(as_line(found))
        return body


SEEN_AT = re.compile(r'"seen_at":"([^"]*)"')


def shown_lines(lines, began):
    """Times of the run itself by their name."""
    def shown_time(hit):
        seen = datetime.datetime.fromisoformat(hit[1].replace("Z", "+00:00"))
        recent = abs((seen - began).total_seconds()) < TIMEOUT_SECONDS
        return '"seen_at":"now"' if recent else hit[0]
    return [SEEN_AT.sub(shown_time, line) for line in lines]


def one_step_for_both_phases(steps):
    """An aggregate may run in two phases, the first of which has "/partial" behind its name. What
    goes in and what is late or bad is counted there, what comes out is the second's."""
    merged = {}
    for step in steps:
        own = merged.setdefault(step["id"].removesuffix("/partial"), step)
        if own is step:
            step["id"] = step["id"].removesuffix("/partial")
            continue
        own["rows_out"] = step["rows_out"]
        for key in ("late", "bad", "filtered"):
            own[key] += step[key]
    return merged


def as_line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same_lines(head, expected, found):
    if head != "rows" and not head.startswith("rows of "):
        return expected == found
    return collections.Counter(expected) == collections.Counter(found)


def normal_json(lines):
    return [as_line(json.loads(line)) for line in lines]


def differences(case, outcome, label):
    """Texts that say what is not as expected; empty if all is."""
    if isinstance(outcome, str):
        return [f"{label}: {outcome}"]
    found = dict(outcome.bodies)
    summary = case.section("summary")
    if summary:
        found["summary"] = outcome.summary_like(summary.body)
    failed = outcome.exit not in (0, EXIT_REFUSED)
    heads = dict.fromkeys([each.head for each in case.sections if each.kind in EXPECTATIONS])
    heads.update(dict.fromkeys(found))
    texts = []
    for head in heads:
        section = case.section(head)
        if head.startswith("rows") and failed and not section:
            continue  # How much a job had printed when it failed is not promised.
        expected = section.body if section else []
        if head == "summary":
            expected = normal_json(expected)
        if same_lines(head, expected, found.get(head, [])):
            continue
        diff = difflib.unified_diff(expected, found.get(head, []), "expected", "found", lineterm="")
        texts.append("\n".join([f"{label}: {head}", *list(diff)]))
    return texts


def update(case, outcome):
    """Makes the expectations those of the outcome."""
    failed = outcome.exit not in (0, EXIT_REFUSED)
    for head, body in outcome.bodies.items():
        section = case.section(head)
        if section and not same_lines(head, section.body, body):
            section.body = body
        elif not section and body and not (failed and head.startswith("rows")):
            case.sections.append(Section(head, body))
    summary = case.section("summary")
    if summary and all(json.loads(line)["id"] in outcome.steps for line in summary.body):
        summary.body = outcome.summary_like(summary.body)
    case.sections = [each for each in case.sections
                     if each.body or each.kind not in EXPECTATIONS]
    exit_code = case.section("exit")
    if exit_code and "exit" not in outcome.bodies:
        case.sections.remove(exit_code)


def run_case(case, shared, weir, updating):
    def in_new_folder(run):
        with tempfile.TemporaryDirectory(prefix="golden-") as folder:
            return run(Job(case, shared, weir, folder))

    texts = []
    for parallelism, batch_rows in RUNS:
        outcome = in_new_folder(lambda job, run=(parallelism, batch_rows): job.run(*run))
        if updating and (parallelism, batch_rows) == RUNS[0]:
            update(case, outcome)
        label = f"parallelism {parallelism}, batch rows {batch_rows}"
        texts += differences(case, outcome, label)
        if texts or outcome.exit == EXIT_REFUSED:
            return texts
    if case.section("sql"):
        texts += differences(case, in_new_folder(Job.run_graph), "from its graph file")
    if not texts and outcome.exit == 0 and case.section("sql"):
        texts += lost_or_doubled(case, in_new_folder(many_lives))
    return texts


def many_lives(job):
    job.run_graph()
    return job.run_in_many_lives()


def lost_or_doubled(case, outcome):
    """What the lives of a job wrote together, beside what one life writes."""
    label = "killed after a few checkpoints"
    if outcome.exit != 0:
        return [f"{label}: exit code {outcome.exit}\n" + "\n".join(outcome.bodies["error"])]
    return wrong_rows(case, outcome.bodies, label)


def wrong_rows(case, bodies, label):
    wanted = {section.head: section.body for section in case.sections if section.kind == "rows"}
    texts = []
    for head in {*wanted, *(name for name in bodies if name.startswith("rows"))}:
        expected, found = wanted.get(head, []), bodies.get(head, [])
        if not same_lines(head, expected, found):
            diff = difflib.unified_diff(sorted(expected), sorted(found), "expected", "found",
                                        lineterm="")
            texts.append("\n".join([f"{label}: {head}", *list(diff)]))
    return texts


def run_on(cluster, case, shared, weir):
    """As on_cluster.py says."""
    began = datetime.datetime.now(datetime.timezone.utc)
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        found = on_cluster.Submission(Job(case, shared, weir, folder), cluster).outcome()
    if isinstance(found, list):
        return found
    return wrong_rows(case, {head: shown_lines(lines, began) for head, lines in found.items()},
                      "on a cluster")


def guarded(cluster, case, shared, weir, updating):
    try:
        if cluster is not None:
            return run_on(cluster, case, shared, weir)
        return run_case(case, shared, weir, updating)
    except subprocess.TimeoutExpired:
        return [f"no end after {TIMEOUT_SECONDS} s"]


def main():
    parser = argparse.ArgumentParser(description="Runs the golden files.")
    parser.add_argument("--weir", required=True, help="the binary")
    parser.add_argument("filter", nargs="?", default="", help='part of "file: name of the case"')
    parser.add_argument("--cluster", action="store_true", help="on a coordinator and two workers")
    parser.add_argument("--every", type=int, default=1, help="only each N-th of the cases")
    arguments = parser.parse_args()
    updating = os.environ.get("UPDATE_GOLDEN") == "1" and not arguments.cluster
    weir = str(pathlib.Path(arguments.weir).resolve())
    files = {path: read_cases(path) for path in sorted(HERE.rglob("*.test"))}
    wanted = [(case, cases[0]) for cases in files.values() for case in cases[1:]
              if arguments.filter in case.title]
    wanted = wanted[::arguments.every]
    cluster = None
    if arguments.cluster:
        left_out = [case for case, _ in wanted if on_cluster.is_left_out(case)]
        wanted = [each for each in wanted if each[0] not in left_out]
        print(f"left out: {len(left_out)} cases, of an environment or of nothing")
        cluster = on_cluster.begin(weir)
    failures = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            results = pool.map(lambda each: guarded(cluster, *each, weir, updating), wanted)
            for (case, _), texts in zip(wanted, results):
                if texts:
                    failures += 1
                    print(f"FAILED {case.title}", *texts, "", sep="\n", flush=True)
    finally:
        if cluster is not None:
            on_cluster.end(cluster, failures != 0)
    if updating:
        for path in {case.path for case, _ in wanted}:
            write_cases(path, files[path])
    print(f"{len(wanted) - failures} passed, {failures} failed")
    return 0 if wanted and failures == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
