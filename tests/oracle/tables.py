#!/usr/bin/env python3
"""Queries whose results change give in Weir, once the input has ended, what PostgreSQL 15 gives.

Two tables of random rows are written as CSV. Each query is run over them with result_mode =
'final', with envelope = 'op', whose changes are then folded, and, where its key is known, into a
table with a PRIMARY KEY, of which the last record of each key counts; all at parallelism 1 and 2
and in small and large batches. PostgreSQL answers the same text over the same rows. Rows are
compared as multisets of texts; numbers by their value.

    tables.py --weir PATH [--seed N] [--rows N] [--only TEXT] [--verbose]

The last line is "N passed, N failed"; the exit code is 1 if any failed.
"""

import argparse
import collections
import concurrent.futures
import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from decimal import Decimal, InvalidOperation

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from postgres import Cluster  # noqa: E402

NULL = "\\N"
COLUMNS = "id int, k text, g int, v int, n numeric(12,2), at timestamptz NOT NULL"
RUNS = [(1, 1), (1, 7), (2, 64), (2, 4096)]  # Parallelism and records in a batch.

# Over tables a and b; before some of them their key. Orders are total, since PostgreSQL says
# nothing about ties.
QUERIES = """
[k] SELECT k, count(*) AS n, sum(v) AS s, min(v) AS lo, max(v) AS hi FROM a GROUP BY k;
SELECT count(*) AS n, sum(n) AS s FROM a;
SELECT count(*) AS n, sum(n) AS s FROM a WHERE v > 1000000;
SELECT k, count(DISTINCT v) AS n, string_agg(DISTINCT g::text, ',') AS t FROM a GROUP BY k;
[k, g] SELECT k, g, avg(n)::numeric(20,6) AS m FROM a GROUP BY k, g HAVING count(*) > 2;
SELECT k, count(*) FILTER (WHERE v > 0) AS p, bool_or(v > 90) AS big FROM a WHERE g > 0 GROUP BY k;
SELECT DISTINCT k, g FROM a;
SELECT DISTINCT g % 3 AS r FROM a WHERE g IS NOT NULL;
[groups] SELECT s.n AS groups, count(*) AS times FROM (SELECT k, count(*) AS n FROM a GROUP BY k)
  s GROUP BY s.n;
SELECT max(s.n) AS most, min(s.n) AS least, sum(s.n) AS rows FROM (SELECT k, g, count(*) AS n FROM
  a GROUP BY k, g) s;
[g] SELECT g, sum(m) AS s, count(DISTINCT m) AS d FROM (SELECT k, g, max(v) AS m FROM a GROUP BY
  k, g) s GROUP BY g;
SELECT a.id, b.id AS other FROM a JOIN b ON a.k = b.k AND a.g = b.g;
SELECT a.id, b.id AS other FROM a JOIN b ON a.k = b.k WHERE a.v > b.v AND b.g = 1;
SELECT a.id, b.id AS other FROM a LEFT JOIN b ON a.k = b.k AND a.g = b.g AND a.v < b.v;
SELECT a.id, b.id AS other FROM a RIGHT JOIN b ON a.k = b.k AND a.g = b.g;
SELECT a.id, b.id AS other FROM a FULL JOIN b ON a.k = b.k AND a.g = b.g;
SELECT a.k, count(*) AS n, sum(b.v) AS s FROM a JOIN b ON a.g = b.g GROUP BY a.k;
[k] SELECT a.k, count(b.id) AS n, max(b.v) AS hi FROM a LEFT JOIN b ON a.k = b.k AND a.g = b.g
  GROUP BY a.k;
SELECT x.k, x.n, y.s FROM (SELECT k, count(*) AS n FROM a GROUP BY k) x JOIN (SELECT k, sum(v) AS
  s FROM b GROUP BY k) y ON x.k = y.k;
SELECT x.k, x.n, y.s FROM (SELECT k, count(*) AS n FROM a GROUP BY k) x FULL JOIN (SELECT k,
  sum(v) AS s FROM b WHERE g = 2 GROUP BY k) y ON x.k = y.k;
SELECT a.id, b.id AS other, c.id AS third FROM a JOIN b ON a.k = b.k AND a.g = b.g JOIN a c ON b.v
  = c.v;
[k, n] SELECT k, id, n FROM (SELECT k, id, row_number() OVER (PARTITION BY k ORDER BY v DESC, id)
  AS n FROM a) s WHERE n <= 3;
SELECT k, id FROM (SELECT k, id, row_number() OVER (PARTITION BY k ORDER BY v, id DESC) AS n FROM
  a) s WHERE n = 1;
SELECT k, id FROM (SELECT k, id, row_number() OVER (PARTITION BY k ORDER BY at DESC, id DESC) AS n
  FROM a) s WHERE n < 3;
SELECT k, t, n FROM (SELECT k, t, row_number() OVER (ORDER BY t DESC, k) AS n FROM (SELECT
  coalesce(k, '-') AS k, count(*) AS t FROM a GROUP BY k) c) s WHERE n <= 4;
[k] SELECT DISTINCT ON (k) k, id, v FROM a ORDER BY k, v DESC NULLS LAST, id;
SELECT DISTINCT ON (k, g) k, g, id FROM a ORDER BY k, g, n, id;
SELECT k, count(*) AS n FROM (SELECT k FROM a UNION ALL SELECT k FROM b) u GROUP BY k;
SELECT g, max(n) AS m FROM (SELECT g, k, count(*) AS n FROM a GROUP BY g, k UNION ALL SELECT g, k,
  count(*) AS n FROM b GROUP BY g, k) u GROUP BY g
"""


def read_query(text):
    """The names of its key, and the query."""
    text = " ".join(text.split())
    if not text.startswith("["):
        return [], text
    names, query = text[1:].split("] ", 1)
    return names.split(", "), query


def random_rows(source, count):
    """Rows of texts, None for NULL."""
    def maybe(value):
        return None if source.random() < 0.1 else str(value)
    rows = []
    for number in range(count):
        key = min(source.randint(0, 9), source.randint(0, 9))
        at = f"2024-01-01 00:{number * 50 // count:02}:{source.randint(0, 59):02}"
        rows.append([str(number), maybe(f"k{key}"), maybe(source.randint(0, 4)),
                     maybe(source.randint(-20, 100)), maybe(f"{source.randint(-500, 500)}.25"),
                     at])
    return rows


def as_csv(rows):
    """RFC 4180; NULL is nothing."""
    return "".join(",".join("" if value is None else value for value in row) + "\n"
                   for row in rows)


def plain(value):
    """A value as text that is the same from both sides."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    try:
        return str(Decimal(str(value)).normalize() + 0)
    except InvalidOperation:
        return str(value)


def postgres_results(tables, queries):
    """For each query how often it gives each row."""
    script = ["SET timezone = 'UTC';"]
    for name, rows in tables.items():
        script.append(f"CREATE TABLE {name} ({COLUMNS});\n"
                      f"COPY {name} FROM STDIN WITH (FORMAT csv);\n{as_csv(rows)}\\.\n")
    for number, (_, query) in enumerate(queries):
        script.append(f"COPY (SELECT {number} AS q, t.* FROM ({query}) t) "
                      f"TO STDOUT WITH (FORMAT csv, NULL '{NULL}');")
    with Cluster() as cluster:
        output = cluster.psql("\n".join(script), stop_at_error=False)
    results = [collections.Counter() for _ in queries]
    for number, *values in csv.reader(io.StringIO(output)):
        row = tuple(None if value == NULL else plain(value) for value in values)
        results[int(number)][row] += 1
    return results


def folded(lines):
    """How often each row is there after all changes; a row that is taken back was there before."""
    rows = collections.Counter()
    for line in lines:
        row = json.loads(line)
        change = row.pop("_op", "+I")
        key = tuple(plain(value) for value in row.values())
        rows[key] += -1 if change in ("-U", "-D") else 1
    return collections.Counter({row: count for row, count in rows.items() if count})


def current(lines, key):
    """How often each row is there when the last record of each key counts."""
    rows = {}
    for line in lines:
        row = json.loads(line)
        place = tuple(plain(row[name]) for name in key)
        if row.pop("_deleted", False):
            rows.pop(place)
        else:
            rows[place] = tuple(plain(value) for value in row.values())
    return collections.Counter(rows.values())


def weir_results(weir, folder, query, run):
    """What the job gives in the end, and what it said if it failed."""
    key, query = query
    mode, (parallelism, batch) = run
    sources = "".join(f"CREATE TABLE {name} ({COLUMNS}) WITH (connector = 'file', "
                      f"path = '{folder}/{name}.csv', format = 'csv', header = 'false', "
                      f"event_time = 'at', watermark_delay = '2 minutes');\n"
                      for name in ("a", "b"))
    script = f"SET parallelism = {parallelism};\n"
    if mode == "final":
        script += f"SET result_mode = 'final';\n{sources}{query};"
    else:
        columns = result_columns(weir, sources, query)
        columns += f", PRIMARY KEY ({', '.join(key)})" if mode == "upsert" else ""
        script += (f"{sources}CREATE TABLE o ({columns}) WITH (connector = 'print', "
                   f"envelope = '{mode}');\nINSERT INTO o {query};")
    done = subprocess.run([weir, "run", "--batch-rows", str(batch), "-c", script],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=120)
    if done.returncode != 0:
        return None, f"exit code {done.returncode}: {done.stderr.strip()}"
    lines = done.stdout.splitlines()
    return current(lines, key) if mode == "upsert" else folded(lines), None


def result_columns(weir, sources, query):
    """The columns of a sink for the query: those of the step that a bare SELECT prints."""
    script = f"SET result_mode = 'final';\n{sources}{query};"
    done = subprocess.run([weir, "explain", "--format", "json", "-c", script],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=60)
    graph = json.loads(done.stdout)
    sink = next(each for each in graph["vertices"] if each["kind"] == "sink")
    return ", ".join(f'"{each["name"]}" {each["type"]}' for each in sink["columns"])


def judge(ours, failure, theirs):
    """What is wrong, in one line; None if nothing is."""
    if failure is not None:
        return failure
    missing = theirs - ours
    extra = ours - theirs
    if not missing and not extra:
        return None
    return (f"{sum(missing.values())} rows missing, such as {list(missing)[:2]}; "
            f"{sum(extra.values())} too many, such as {list(extra)[:2]}")


def main():
    """Runs all queries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weir", required=True, help="the weir binary")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--only", default="", help="run only queries that contain this")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    queries = [read_query(query) for query in QUERIES.split(";") if options.only in query]
    source = random.Random(options.seed)
    tables = {"a": random_rows(source, options.rows), "b": random_rows(source, options.rows // 3)}
    theirs = postgres_results(tables, queries)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-oracle-") as folder:
        for name, rows in tables.items():
            with open(os.path.join(folder, f"{name}.csv"), "w", encoding="utf-8",
                      newline="") as file:
                file.write(as_csv(rows))
        runs = [(query, expected, (mode, width)) for query, expected in zip(queries, theirs)
                for mode in ("final", "op", "upsert") if mode != "upsert" or query[0]
                for width in RUNS]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            results = pool.map(
                lambda run: weir_results(options.weir, folder, run[0], run[2]), runs)
            for (query, expected, run), (ours, failure) in zip(runs, results):
                wrong = judge(ours, failure, expected)
                if wrong:
                    failed += 1
                    print(f"FAILED {query[1]} ({run}): {wrong}  (seed {options.seed})")
                elif options.verbose:
                    print(f"passed {query[1]} ({run})")
    print(f"{len(runs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
