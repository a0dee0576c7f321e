#!/usr/bin/env python3
"""Shows for every check of tidy.py that it passes a good tree and fails a bad one.

Each case writes a small tree, spoils one thing in it, and names the finding that must appear.
Prints `N passed, N failed` at the end.
"""

import contextlib
import pathlib
import sys
import tempfile
import traceback

import tidy
import tidy_cpp

# A tree in which every check passes.
GOOD = {
    "README.md": "# Weir\n\nSee [the map](docs/map.md#two-words).\n",
    "LICENSE": "text from elsewhere \n",
    "docs/map.md": "# Map\n\n## Two words\n\n```\n# not a title, [not a link](nowhere.md)\n```\n",
    "CMakeLists.txt": (
        "weir_folder(engine/base LINKS fmt::fmt)\n"
        "weir_folder(engine/data LINKS weir_engine_base)\n"
        "weir_folder(runtime/cli LINKS weir_engine_data spdlog::spdlog)\n"
    ),
    "engine/base/tally.h": (
        "// Counts.\n#pragma once\n\n"
        "namespace weir {\n\nint tally(int n);\n\n}  // namespace weir\n"
    ),
    "engine/base/tally.cc": (
        '#include "engine/base/tally.h"\n\n#include <fmt/format.h>\n\n#include <string>\n\n'
        "namespace weir {\n\nint tally(int n) { return n; }  // never std::thread\n\n"
        "}  // namespace weir\n"
    ),
    "tests/engine/base/tally_test.cc": (
        '#include "engine/base/tally.h"\n\n#include <catch2/catch.hpp>\n\n'
        'TEST_CASE("CountsToN") { CHECK(weir::tally(1) == 1); }\n'
    ),
    "tests/mutations/rules.py": (
        'RULES = [("it counts", ("engine/base/tally.cc", "n; }", "0; }"))]\n'
    ),
    "deploy/go": "#!/usr/bin/env bash\nset -euo pipefail\necho go\n",
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 100\n",
}
COUNTED = "engine/base/tally.cc"
NAMES = COUNTED.replace(".cc", ".h")


def long_function(lines):
    return "int f() {\n" + "  g();\n" * (lines - 2) + "}\n"


def joined(*parts):
    """Text that this file must not hold in one piece."""
    return "".join(parts)


# Check: (path to write, its text or None to remove it, what a finding must say).
# `+` before the text adds it to what is there.
BAD = {
    "top_level": [("scripts/x", "x\n", "not one of the rooms")],
    "layers": [
        (COUNTED, '+#include "engine/data/type.h"\n', "engine/base may not include engine/data"),
        ("state/a.cc", '#include "runtime/cli/run.h"\n', "state may not include runtime/cli"),
        ("operators/a.cc", '#include "operators/connectors/sink.h"\n', "may not include"),
        ("runtime/task/a.cc", '#include "engine/sql/parse.h"\n', "may not include engine/sql"),
        ("engine/other/a.cc", "int a;\n", "in no layer"),
    ],
    "include_paths": [
        (COUNTED, '+#include "tally.h"\n', "no file tally.h"),
        (COUNTED, "+#include <engine/base/tally.h>\n", "is ours"),
        (
            COUNTED,
            '#include <string>\n#include "engine/base/tally.h"\n',
            "the first include must be",
        ),
        (COUNTED, '+#include "tests/engine/base/x.h"\n', "only tests include tests"),
    ],
    "libraries": [
        (COUNTED, "+#include <librdkafka/rdkafka.h>\n", "engine/base may not use librdkafka"),
        ("operators/connectors/kafka/a.cc", "#include <simdjson.h>\n", "may not use simdjson"),
        (COUNTED, "+#include <unistd.h>\n", "of the system or unknown"),
        (COUNTED, "+#include <thread>\n", "threads and locks live in runtime/"),
        ("operators/a.cc", "#include <fstream>\n", "no files here"),
    ],
    "links": [
        ("CMakeLists.txt", "weir_folder(engine/data)\n", "no weir_folder for engine/base"),
        (
            "CMakeLists.txt",
            "+weir_folder(state LINKS weir_runtime_cli)\n",
            "may not link runtime/cli",
        ),
        ("CMakeLists.txt", "+weir_folder(state LINKS spdlog::spdlog)\n", "may not link spdlog"),
        ("CMakeLists.txt", "+weir_folder(state LINKS mystery)\n", "does not know"),
    ],
    "file_sizes": [(COUNTED, "+" + "int x;\n" * 800, "lines, at most 800")],
    "function_sizes": [
        (COUNTED, "+" + long_function(71), "int f: 71 lines"),
        (COUNTED, "+namespace a {\nclass B {\n" + long_function(80) + "};\n}\n", "int f: 80 lines"),
        (COUNTED, "+template <class T>\n" + long_function(70), "71 lines"),
        (COUNTED, "+int g(int x) {\n" + "  if (x) {\n  }\n" * 40 + "}\n", "int g: 82 lines"),
        (COUNTED, "+#define BRACE {\n" + long_function(71), "71 lines"),
        (COUNTED, '+const char* s = R"({)"; // {\n' + long_function(71), "71 lines"),
        ("tests/x.py", "def f():\n" + "    f()\n" * 70, "f: 71 lines"),
    ],
    "columns": [(COUNTED, "+// " + "x" * 98 + "\n", "101 columns")],
    "mutations": [
        (COUNTED, "+// return n; }\n", "it counts: engine/base/tally.cc has this 2 times"),
        (COUNTED, None, "0 times, not once: n; }"),
    ],
    "names": [
        ("engine/base/text_utils.h", "// U.\n#pragma once\n", "gathers what nobody placed"),
        ("engine/common/a.h", "// A.\n#pragma once\n", "gathers what nobody placed"),
        (COUNTED, "+class TaskManager {};\n", "TaskManager"),
        ("engine/base/Tally2.h", "// T.\n#pragma once\n", "snake_case"),
    ],
    "calls": [
        (COUNTED, "+void f() { std::this_thread::sleep_for(x); }\n", "nothing sleeps"),
        ("tests/a.cc", "void f() { usleep(1); }\n", "nothing sleeps"),
        (COUNTED, '+int r = system("ls");\n', "no shell"),
        (COUNTED, "+int r = std::rand();\n", "seed"),
        (COUNTED, "+std::random_device d;\n", "randomness lives in runtime/"),
        (COUNTED, "+std::mutex m;\n", "threads and locks"),
        (COUNTED, "+auto t = std::chrono::steady_clock::now();\n", "clocks live in runtime/"),
        (COUNTED, "+void f() { throw 1; }\n", "return a Status"),
        (COUNTED, '+void f() { std::printf("x"); }\n', "output lives in runtime/cli"),
        (COUNTED, "+void f() { std::cout << 1; }\n", "output lives in runtime/cli"),
        ("operators/a.cc", "void f() { spdlog::info(1); }\n", "logging lives in runtime/"),
        (COUNTED, "+using namespace std;\n", "name what you use"),
    ],
    "mirrored_tests": [
        ("tests/engine/base/tally_test.cc", None, "has no test"),
        ("tests/engine/base/gone_test.cc", "int a;\n", "mirrors no source"),
    ],
    "test_names": [
        ("tests/a_test.cc", 'TEST_CASE("does things") {}\n', "named as a fact"),
        ("tests/a_test.cc", 'TEST_CASE("Works", "[!mayfail]") {}\n', "proves nothing"),
    ],
    "headers": [
        (NAMES, "// Counts.\nint tally(int n);\n", "no #pragma once"),
        (NAMES, "#pragma once\nint tally(int n);\n", "without saying what it is"),
    ],
    "white_space": [
        (COUNTED, "+int x; \n", "white space at the end"),
        ("docs/map.md", "# Map\n\n## Two words\n\tx\n", "a tab"),
        (COUNTED, "+int x;", "no newline at the end"),
        (COUNTED, "+int x;\n\n", "empty lines at the end"),
    ],
    "foreign_words": [
        (
            "docs/map.md",
            joined("# Map\n\n## Two words\n\nIn /wo", "rk/main.\n"),
            "a path of one machine",
        ),
        (COUNTED, joined("+// http", "s://regi", "stry.example.org/x\n"), "a host of a registry"),
        (COUNTED, joined("+<<<<", "<<< ours\n"), "a conflict"),
    ],
    "pages": [
        ("docs/map.md", "# Map\n\n## Two words\n\n# Again\n", "one title"),
        ("README.md", "# Weir\n\n[x](docs/gone.md)\n", "does not exist"),
        ("README.md", "# Weir\n\n[x](docs/map.md#three-words)\n", "no such heading"),
    ],
    "metrics": [
        ("runtime/cli/rows.cc", 'auto rows = counter("weir_rows_total");\n', "is not in docs"),
        ("docs/metrics.md", "# Metrics\n\n| `weir_gone_total` | counter |\n", "no such metric"),
    ],
    "scripts": [
        ("deploy/go", "#!/usr/bin/env bash\nset -euo pipefail\necho $1\n", "SC2086"),
        ("deploy/go", "#!/usr/bin/env bash\necho go\n", "pipefail"),
        ("tests/idle", "#!/usr/bin/env python3\n", "may not be executed"),
    ],
    "layout": [(COUNTED, "+int  x;\n", "not as clang-format writes it")],
}


def write_tree(folder, spoiled=()):
    files = dict(GOOD)
    for path, text, _ in spoiled:
        if text is None:
            del files[path]
        else:
            files[path] = files.get(path, "") + text[1:] if text.startswith("+") else text
    for path, text in files.items():
        target = pathlib.Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if path.startswith("deploy/"):
            target.chmod(0o755)


def findings(check, spoiled=()):
    with tempfile.TemporaryDirectory() as folder:
        write_tree(folder, spoiled)
        return list(check(tidy.Tree(folder)))


def passes_a_good_tree(check):
    found = findings(check)
    assert not found, found


def fails_a_bad_tree(check, path, text, message):
    found = findings(check, [(path, text, message)])
    assert any(message in each[2] for each in found), f'expected "{message}" among {found}'


def every_check_has_a_bad_tree():
    assert {check.__name__ for check in tidy.CHECKS} == set(BAD)


def missing_tool_is_a_failure():
    with tempfile.TemporaryDirectory() as folder:
        write_tree(folder)
        tree = tidy.Tree(folder)
        found = list(tidy.findings_of_tool(tree, ["no-such-tool"], ["deploy/go"], "(x)"))
    assert "deploy/setup" in found[0][2], found


def comments_and_strings_are_no_code():
    code = tidy_cpp.code_of('a("throw", \'x\', 1\'000); // throw\n/* throw\n */ R"x(throw)")x" b')
    assert "throw" not in code and "1'000" in code and code.endswith(" b"), code
    assert code.count("\n") == 2, code


def totals_count_checks():
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        write_tree(folder)
        assert tidy.run_checks(folder, set()) == (len(tidy.CHECKS), 0)
        write_tree(folder, [(COUNTED, "+int x; \n", "")])
        assert tidy.run_checks(folder, {"white_space", "names"}) == (1, 1)


def cases():
    yield every_check_has_a_bad_tree, ()
    yield missing_tool_is_a_failure, ()
    yield comments_and_strings_are_no_code, ()
    yield totals_count_checks, ()
    for check in tidy.CHECKS:
        yield passes_a_good_tree, (check,)
        for path, text, message in BAD.get(check.__name__, ()):
            yield fails_a_bad_tree, (check, path, text, message)


def main():
    passed = failed = 0
    for case, arguments in cases():
        try:
            case(*arguments)
            passed += 1
        except Exception:  # a case that breaks has failed like one that disagrees
            failed += 1
            named = [getattr(each, "__name__", each) for each in arguments]
            print(f"failed: {case.__name__} {named}")
            traceback.print_exc(limit=-1, file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
