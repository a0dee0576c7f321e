#!/usr/bin/env python3
"""Every form of expression gives in Weir what it gives in PostgreSQL 15: values, NULLs and errors.

A table of random rows (NULLs, extremes and a few special values among them) is written as CSV and
read by both. For each expression Weir runs a bounded job that prints it as text, with bad rows
skipped; PostgreSQL evaluates it row by row and notes the errors. A row that fails in one must fail
in the other. Known differences stand in cases.py with their reasons; one that no longer differs
fails the run, so that the list stays true.

    expressions.py --weir PATH [--seed N] [--rows N] [--only TEXT] [--verbose]

The last line is "N passed, N failed"; the exit code is 1 if any failed.
"""

import argparse
import concurrent.futures
import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cases import CASES  # noqa: E402
from compare import differences  # noqa: E402
from postgres import Cluster  # noqa: E402
from rows import COLUMNS  # noqa: E402

ERROR = "!"  # In front of the reason where a row is in error.
NULL = "\\N"


def random_rows(seed, count):
    """Rows of texts, None for NULL: the first column is the number of the row."""
    source = random.Random(seed)
    rows = []
    for number in range(count):
        row = [str(number)]
        for _, _, draw in COLUMNS:
            row.append(None if source.random() < 0.08 else draw(source))
        rows.append(row)
    return rows


def as_csv(rows):
    """RFC 4180; NULL is an unquoted nothing, so every other value is quoted."""
    def cell(value):
        return "" if value is None else '"' + value.replace('"', '""') + '"'
    return "".join(",".join(cell(value) for value in row) + "\n" for row in rows)


def postgres_results(rows, cases):
    """For each case its results by row."""
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    script = [f"CREATE TABLE r (id int, {columns});",
              f"COPY r FROM STDIN WITH (FORMAT csv);\n{as_csv(rows)}\\.\n"]
    for number, case in enumerate(cases):
        body = (f"BEGIN RETURN (SELECT ({case.text})::text FROM (SELECT (v_row).*) s); "
                f"EXCEPTION WHEN OTHERS THEN RETURN '{ERROR}' || SQLERRM; END")
        script.append(f"CREATE FUNCTION f{number}(v_row r) RETURNS text LANGUAGE plpgsql "
                      f"AS $weir$ {body} $weir$;")
        script.append(f"COPY (SELECT {number}, id, f{number}(r) FROM r) TO STDOUT "
                      f"WITH (FORMAT csv, NULL '{NULL}');")
    with Cluster() as cluster:
        output = cluster.psql("\n".join(script), stop_at_error=False)
    results = [{} for _ in cases]
    csv.field_size_limit(1 << 30)
    for number, row, value in csv.reader(io.StringIO(output)):
        results[int(number)][int(row)] = None if value == NULL else value
    return results


def weir_results(weir, path, case, count):
    """The results by row, and the refusal if the job was refused."""
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    script = (f"CREATE TABLE r (id int, {columns}) WITH (connector = 'file', path = '{path}', "
              f"format = 'csv', header = 'false', on_error = 'skip');\n"
              f"SELECT id, ({case.text})::text AS v FROM r;")
    done = subprocess.run([weir, "run", "-c", script], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    if done.returncode != 0:
        return {}, f"exit code {done.returncode}: {done.stderr.strip()}"
    results = {row: ERROR for row in range(count)}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        results[row["id"]] = row["v"]
    return results, None


def judge(case, ours, refusal, theirs):
    """What is wrong, in one line; None if nothing is."""
    if case.refused:
        if refusal is None:
            return "was not refused"
        return None if case.refused in refusal else f"refused for another reason: {refusal}"
    if refusal is not None:
        return f"refused: {refusal}"
    if not theirs:
        return "PostgreSQL gave nothing: the case itself is wrong"
    if all((value or "").startswith(ERROR) for value in theirs.values()) and not case.known:
        return f"an error for every row in PostgreSQL: {next(iter(theirs.values()))}"
    found = differences(case, ours, theirs)
    if case.known:
        return None if found else f"no longer differs ({case.known}): take it off the list"
    return f"{len(found)} rows differ, such as {found[0]}" if found else None


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weir", required=True, help="the weir binary")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--rows", type=int, default=250)
    parser.add_argument("--only", default="", help="run only expressions that contain this")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.text]
    rows = random_rows(options.seed, options.rows)
    theirs = postgres_results(rows, cases)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-oracle-") as folder:
        path = os.path.join(folder, "rows.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(as_csv(rows))
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            runs = pool.map(lambda case: weir_results(options.weir, path, case, len(rows)), cases)
            for case, (ours, refusal), expected in zip(cases, runs, theirs):
                wrong = judge(case, ours, refusal, expected)
                if wrong:
                    failed += 1
                    print(f"FAILED {case.text}: {wrong}  (seed {options.seed})")
                elif options.verbose:
                    print(f"passed {case.text}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
