#!/usr/bin/env python3
"""Checks what no compiler does: layers, sizes, names, calls, mirrored tests, scripts, pages.

Usage: tidy.py [--root DIR] [CHECK...]

Prints each finding as `path:line: message`, a line for each check that failed, and at the end
`N passed, N failed`, where a check counts one. The rules that are data are in tidy_table.py;
tidy_test.py shows for every check that it can fail.
"""

import argparse
import ast
import concurrent.futures
import functools
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys

import tidy_cpp
import tidy_table as table

CODE = (".cc", ".h")
NOT_OURS = {".git", "build", "__pycache__", ".pytest_cache", ".cache", ".idea", ".vscode"}
FROM_ELSEWHERE = {"LICENSE"}


class Tree:
    """The files of the repository, read once. Paths are relative, with slashes."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.paths = self._list()
        self.folders = {
            str(parent) for path in self.paths for parent in pathlib.PurePosixPath(path).parents
        }

    def _list(self):
        """What git would add, or every file where git does not answer for this folder."""
        command = [
            "git",
            "-C",
            str(self.root),
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        if (self.root / ".git").exists() and shutil.which("git"):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return sorted(
                    path
                    for path in set(done.stdout.split("\0"))
                    if path and (self.root / path).is_file()
                )
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in NOT_OURS]
            found += [str(pathlib.Path(folder, name).relative_to(self.root)) for name in files]
        return sorted(found)

    @functools.cache
    def text(self, path):
        """The text, or None where the file holds something else."""
        try:
            data = (self.root / path).read_bytes()
            return None if b"\0" in data else data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def lines(self, path):
        return (self.text(path) or "").split("\n")

    @functools.cache
    def code(self, path):
        return tidy_cpp.code_of(self.text(path) or "")

    def cpp(self, *rooms):
        """C++ files, of these rooms or of all."""
        return [
            path
            for path in self.paths
            if path.endswith(CODE) and (not rooms or path.split("/")[0] in rooms)
        ]

    def scripts(self):
        """Shell scripts, and what they source, by the first line."""
        first = r"#!.*\b(ba)?sh\b|# shellcheck shell="
        return [path for path in self.paths if re.match(first, self.lines(path)[0])]

    def programs(self):
        return [path for path in self.paths if self.lines(path)[0].startswith("#!")]

    def texts(self):
        return [
            path
            for path in self.paths
            if path not in FROM_ELSEWHERE
            and self.text(path) is not None
            and not path.startswith("tests/golden/data/")
        ]


CHECKS = []


def check(function):
    """A check takes the tree and yields (path, line, message)."""
    CHECKS.append(function)
    return function


def layer_of(path):
    """The layer a file or folder belongs to: the longest entry of the table that it lies in."""
    fitting = [layer for layer in table.LAYERS if path == layer or path.startswith(layer + "/")]
    return max(fitting, key=len, default=None)


@check
def top_level(tree):
    for name in sorted({path.split("/")[0] for path in tree.paths}):
        if name not in table.TOP_LEVEL and not name.startswith("."):
            yield name, 1, "not one of the rooms: see TOP_LEVEL in tests/tidy_table.py"


@check
def layers(tree):
    """Which folder includes which."""
    for path in tree.cpp(*table.ROOMS_OF_CODE, "proto"):
        layer = layer_of(path)
        if layer is None:
            yield path, 1, "in no layer: give its folder a line in tests/tidy_table.py"
            continue
        for line, kind, included in tidy_cpp.includes_of(tree.text(path)):
            other = layer_of(included)
            if kind == '"' and other and other != layer and other not in table.LAYERS[layer][0]:
                yield path, line, f'{layer} may not include {other} ("{included}")'


@check
def include_paths(tree):
    """Quotes are for files of the repository, by their path from its root; <> for all others."""
    present = set(tree.paths)
    for path in tree.cpp():
        first = None
        for line, kind, included in tidy_cpp.includes_of(tree.text(path)):
            first = first or included
            if kind == '"' and included not in present:
                yield path, line, f"no file {included}: include from the root of the repository"
            if kind == "<" and included in present:
                yield path, line, f"{included} is ours: include it in quotes"
            if included.startswith("tests/") and not path.startswith("tests/"):
                yield path, line, "only tests include tests"
        own = path[:-3] + ".h"
        if path.endswith(".cc") and own in present and first != own:
            yield path, 1, f"the first include must be {own}, so that the header stands alone"


def library_of(header):
    return next(
        (library for pattern, library in table.LIBRARY_HEADERS if re.fullmatch(pattern, header)),
        None,
    )


@check
def libraries(tree):
    """Which folder may use which library, and which standard headers."""
    for path in tree.cpp():
        layer = layer_of(path)
        for line, kind, header in tidy_cpp.includes_of(tree.text(path)):
            if kind == '"':
                continue
            library = library_of(header)
            if library:
                if layer and library not in table.LAYERS[layer][1]:
                    yield path, line, f"{layer} may not use {library} (<{header}>)"
            elif "." in header or "/" in header:
                if not re.fullmatch(table.HARMLESS_SYSTEM_HEADERS, header) and not path.startswith(
                    table.OUTSIDE_WORLD
                ):
                    yield (
                        path,
                        line,
                        f"<{header}> is of the system or unknown: see tests/tidy_table.py",
                    )
            for headers, allowed, reason in table.RESTRICTED_HEADERS:
                if header in headers and not path.startswith(allowed):
                    yield path, line, f"<{header}>: {reason}"


@check
def links(tree):
    """CMakeLists.txt links as the table allows, and names every folder that has sources."""
    build = "CMakeLists.txt"
    text = (
        re.sub(r"#[^\n]*", lambda found: tidy_cpp.blank(found.group(0)), tree.text(build) or "")
        if build in tree.paths
        else ""
    )
    folders = {path.rsplit("/", 1)[0] for path in tree.cpp(*table.ROOMS_OF_CODE)}
    named = {}
    for found in re.finditer(r"\bweir_folder\(\s*([\w/]+)\s*(?:LINKS([^)]*))?\)", text):
        named[found.group(1)] = (
            tidy_cpp.line_at(text, found.start()),
            (found.group(2) or "").split(),
        )
    by_target = {"weir_" + folder.replace("/", "_"): folder for folder in named}
    for folder in sorted(folders - set(named) - {"runtime"}):
        yield build, 1, f"no weir_folder for {folder}"
    for folder, (line, linked) in named.items():
        layer = layer_of(folder)
        if layer is None:
            yield build, line, f"{folder} is in no layer of tests/tidy_table.py"
            continue
        for target in linked:
            other = by_target.get(target)
            library = table.LINKED_LIBRARIES.get(target)
            if other is None and library is None:
                yield (
                    build,
                    line,
                    f"{folder} links {target}, which tests/tidy_table.py does not know",
                )
            if other and layer_of(other) not in (layer, *table.LAYERS[layer][0]):
                yield build, line, f"{folder} may not link {other}"
            if library and library not in table.LAYERS[layer][1]:
                yield build, line, f"{folder} may not link {library}"


@check
def file_sizes(tree):
    for path in tree.texts():
        length = len(tree.lines(path)) - 1
        is_code = path.endswith((*CODE, ".py", ".cmake")) or path in tree.programs()
        if is_code and length > table.FILE_LINES_MAX:
            yield (
                path,
                1,
                f"{length} lines, at most {table.FILE_LINES_MAX}: which two things are in it?",
            )


@check
def function_sizes(tree):
    for path in tree.cpp():
        for first, last, words in tidy_cpp.functions_of(tree.code(path)):
            if last - first + 1 > table.FUNCTION_LINES_MAX:
                yield (
                    path,
                    first,
                    f"{words}: {last - first + 1} lines, at most {table.FUNCTION_LINES_MAX}",
                )
    for path in tree.paths:
        if path.endswith(".py") and tree.text(path):
            for node in ast.walk(ast.parse(tree.text(path))):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    length = node.end_lineno - node.lineno + 1
                    if length > table.FUNCTION_LINES_MAX:
                        yield (
                            path,
                            node.lineno,
                            f"{node.name}: {length} lines, at most {table.FUNCTION_LINES_MAX}",
                        )


@check
def columns(tree):
    programs = set(tree.programs())
    for path in tree.texts():
        if not path.endswith((*CODE, ".py", ".txt", ".cmake")) and path not in programs:
            continue
        for number, line in enumerate(tree.lines(path), 1):
            # A string cannot always be broken well, but a line of code can.
            if len(line) > table.COLUMNS_MAX and not re.search(r"https?://\S{40}", line):
                yield path, number, f"{len(line)} columns, at most {table.COLUMNS_MAX}"


def words_of(name):
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


@check
def names(tree):
    for path in tree.paths:
        if table.BANNED_NAMES & set(words_of(path)):
            yield path, 1, "a name that gathers what nobody placed; what does it do?"
    for path in tree.cpp():
        for line, name in tidy_cpp.declared_names(tree.code(path)):
            if table.BANNED_NAMES & set(words_of(name)):
                yield (
                    path,
                    line,
                    f"{name}: a name that gathers what nobody placed; what does it do?",
                )
        if path.rsplit("/", 1)[-1] != path.rsplit("/", 1)[-1].lower():
            yield path, 1, "files are called in snake_case"


@check
def calls(tree):
    for path in tree.cpp():
        code = tree.code(path)
        for pattern, allowed, advice in table.BANNED_CALLS:
            if allowed and path.startswith(allowed):
                continue
            for found in re.finditer(pattern, code):
                yield (
                    path,
                    tidy_cpp.line_at(code, found.start()),
                    f"{found.group(0).strip('( ')}: {advice}",
                )


@check
def mirrored_tests(tree):
    """a/b.cc has tests/a/b_test.cc, and the other way round."""
    present = set(tree.paths)
    for path in tree.cpp(*table.ROOMS_OF_CODE):
        test = f"tests/{path[:-3]}_test.cc"
        if path.endswith(".cc") and test not in present and path not in table.WITHOUT_TEST:
            yield path, 1, f"has no test: {test} is missing"
    for path in present:
        source = path[len("tests/") : -len("_test.cc")]
        if (
            path.startswith(tuple(f"tests/{room}/" for room in table.ROOMS_OF_CODE))
            and path.endswith("_test.cc")
            and not {f"{source}.cc", f"{source}.h"} & present
        ):
            yield path, 1, f"mirrors no source: there is neither {source}.cc nor {source}.h"
    for path in table.WITHOUT_TEST:
        if path in present and f"tests/{path[:-3]}_test.cc" in present:
            yield path, 1, "has a test now: take it out of WITHOUT_TEST in tests/tidy_table.py"


@check
def test_names(tree):
    for path in tree.cpp("tests"):
        for number, line in enumerate(tree.lines(path), 1):
            found = re.search(r'\bTEST_CASE\(\s*"([^"]*)"', line)
            if found and not re.fullmatch(r"[A-Z][A-Za-z0-9]+", found.group(1)):
                yield path, number, f'"{found.group(1)}": a test is named as a fact, LikeThisOne'
            if found and re.search(r"\[(!mayfail|\.[^\]]*|!hide)\]", line):
                yield path, number, "a test that is hidden or may fail proves nothing"


@check
def headers(tree):
    for path in tree.cpp():
        if path.endswith(".h"):
            text = tree.text(path)
            if not re.search(r"^#pragma once$", text, re.MULTILINE):
                yield path, 1, "no #pragma once"
            if not text.startswith(("//", "/*")):
                yield path, 1, "opens without saying what it is, who owns it and what must hold"


@check
def white_space(tree):
    for path in tree.texts():
        text = tree.text(path)
        if text and not text.endswith("\n"):
            yield path, len(tree.lines(path)), "no newline at the end"
        if text.endswith("\n\n"):
            yield path, len(tree.lines(path)) - 1, "empty lines at the end"
        if path.startswith("tests/golden/"):
            continue  # there, what is printed is kept as it is printed
        for number, line in enumerate(tree.lines(path), 1):
            if "\t" in line:
                yield path, number, "a tab"
            if line != line.rstrip():
                yield path, number, "white space at the end of the line"


@check
def foreign_words(tree):
    for path in tree.texts():
        for number, line in enumerate(tree.lines(path), 1):
            for pattern, what in table.FOREIGN_WORDS:
                found = re.search(pattern, line)
                if found:
                    yield path, number, f"{found.group(0)}: {what}"


def prose_of(text):
    """(line, text) of a page without its code blocks."""
    fence = None
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and (fence is None or mark.group(1).startswith(fence)):
            fence = None if fence else mark.group(1)
        elif fence is None:
            yield number, line


def anchors_of(text):
    """The anchors of a page's headings, as the usual viewers make them."""
    made = {}
    for _, line in prose_of(text):
        found = re.match(r"#+\s+(.*?)\s*#*$", line)
        if found:
            anchor = re.sub(r"[^\w\- ]", "", found.group(1).lower()).replace(" ", "-")
            made[anchor] = made.get(anchor, -1) + 1
            yield f"{anchor}-{made[anchor]}" if made[anchor] else anchor


@check
def pages(tree):
    """A page has one title, and its links lead somewhere."""
    for path in [path for path in tree.texts() if path.endswith(".md")]:
        titles = [number for number, line in prose_of(tree.text(path)) if re.match(r"#\s", line)]
        if titles != [1]:
            yield path, 1, f"a page opens with its one title; titles are on lines {titles}"
        for number, line in prose_of(tree.text(path)):
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                if not re.match(r"[a-z]+:", target):
                    yield from dead_link(tree, path, number, target)


def dead_link(tree, path, number, target):
    place, _, anchor = target.partition("#")
    page = os.path.normpath(os.path.join(os.path.dirname(path), place)) if place else path
    if page not in tree.paths and page not in tree.folders:
        yield path, number, f"a link to {target}, which does not exist"
    elif anchor and page.endswith(".md") and anchor not in anchors_of(tree.text(page)):
        yield path, number, f"a link to {target}: {page} has no such heading"


@check
def metrics(tree):
    """docs/metrics.md lists every metric of the program, and no other."""
    page = "docs/metrics.md"
    listed = {
        name: number
        for number, line in enumerate(tree.lines(page) if page in tree.paths else [], 1)
        for name in re.findall(r"^\| `(weir_\w+)` \|", line)
    }
    made = set()
    for path in tree.cpp("runtime"):
        for number, line in enumerate(tree.lines(path), 1):
            for name in re.findall(r'"(weir_[a-z_]+)"', line):
                made.add(name)
                if name not in listed:
                    yield path, number, f"{name} is not in {page}"
    for name in sorted(listed.keys() - made):
        yield page, listed[name], f"{name}: there is no such metric"


def findings_of_tool(tree, command, paths, pattern):
    """Runs a tool over the files, on all cores; `pattern` finds path, line and message."""
    if not paths:
        return
    if not shutil.which(command[0]):
        yield command[0], 0, "not installed: run deploy/setup test"
        return
    share = max(1, len(paths) // (os.cpu_count() or 1) + 1)
    runs = [paths[start : start + share] for start in range(0, len(paths), share)]

    def run(some):
        return subprocess.run(
            [*command, *some], cwd=tree.root, capture_output=True, text=True, check=False
        )

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in pool.map(run, runs):
            found = re.findall(pattern, done.stdout + done.stderr, re.MULTILINE)
            for path, line, message in found:
                yield path, int(line), message
            if done.returncode != 0 and not found:
                yield (
                    command[0],
                    0,
                    (done.stdout + done.stderr).strip()[:500] or f"exit code {done.returncode}",
                )


@check
def scripts(tree):
    """Shell scripts: shellcheck finds nothing, they stop at errors, and can be run."""
    yield from findings_of_tool(
        tree,
        ["shellcheck", "--format=gcc", "--external-sources"],
        tree.scripts(),
        r"^([^:\n]+):(\d+):\d+: (.*)$",
    )
    for path in tree.scripts():
        if not re.search(r"^set -[a-z]*uo pipefail$", tree.text(path), re.MULTILINE):
            yield path, 1, "no `set -euo pipefail`"
    for path in tree.programs():
        if not os.access(tree.root / path, os.X_OK):
            yield path, 1, "starts with #! and may not be executed"


@check
def mutations(tree):
    """What tests/mutations takes out of the source stands there, once each."""
    for path in tree.paths:
        if not re.fullmatch(r"tests/mutations/\w*rules\.py", path):
            continue
        lists = runpy.run_path(tree.root / path)
        rules = [rule for name in lists if name.endswith("RULES") for rule in lists[name]]
        for name, *changes in rules:
            for file, old, _ in changes:
                count = tree.text(file).count(old) if file in tree.paths else 0
                if count != 1:
                    yield path, 1, f"{name}: {file} has this {count} times, not once: {old}"


@check
def layout(tree):
    """C++ stands as clang-format writes it; one finding for each file."""
    seen = set()
    command = ["clang-format", "--dry-run", "-Werror", "--style=file"]
    for path, line, _ in findings_of_tool(
        tree, command, tree.cpp(), r"^([^:\n]+):(\d+):\d+: error: (.*)$"
    ):
        if path not in seen:
            seen.add(path)
            yield path, line, "not as clang-format writes it: clang-format -i " + path


def run_checks(root, wanted):
    """Runs the named checks, or all; returns how many passed and how many failed."""
    tree = Tree(root)
    passed = failed = 0
    for each in CHECKS:
        if wanted and each.__name__ not in wanted:
            continue
        found = sorted(set(each(tree)))
        for path, line, message in found:
            print(f"{path}:{line}: {message}")
        if found:
            failed += 1
            print(f"failed: {each.__name__}: {len(found)} findings")
        else:
            passed += 1
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument(
        "checks", nargs="*", metavar="CHECK", help=", ".join(each.__name__ for each in CHECKS)
    )
    given = parser.parse_args()
    unknown = set(given.checks) - {each.__name__ for each in CHECKS}
    if unknown:
        parser.error(f"no check called {', '.join(sorted(unknown))}")
    passed, failed = run_checks(given.root, given.checks)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
