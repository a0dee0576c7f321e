#!/usr/bin/env python3
"""Every aggregate gives in Weir, over windows, what GROUP BY gives in PostgreSQL 15.

Random rows, NULLs among them, are written as CSV, each with a key and a time in one of a few
minutes. For each case Weir runs a bounded job over tumble() at parallelism 1 and 2, and PostgreSQL
groups by key and minute. Results are compared as their modes say (compare.py).

    aggregates.py --weir PATH [--seed N] [--rows N] [--only TEXT] [--verbose]

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
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from compare import MODES as COMPARE_MODES  # noqa: E402
from postgres import Cluster  # noqa: E402
from rows import decimal, draw_from, integer, interval, moment, words  # noqa: E402

NULL = "\\N"
KEYS = 12
MINUTES = 4


def same_shorter(ours, theirs):
    """Equal to the last digit of the one that has fewer: PostgreSQL's roots have few or many."""
    unit = max(Decimal(1).scaleb(Decimal(each).as_tuple().exponent) for each in (ours, theirs))
    return abs(Decimal(ours) - Decimal(theirs)) <= unit / 2 + abs(Decimal(theirs)).scaleb(-15)


MODES = COMPARE_MODES | {"shorter": same_shorter}


def small_double(source):
    """A double whose squares add up without losing their digits."""
    return repr(source.uniform(-1000, 1000))


COLUMNS = [
    ("i", "int", integer(-2147483648, 2147483647)),
    ("few", "int", integer(-3, 3)),
    ("l", "bigint", integer(-10**17, 10**17)),
    ("n", "numeric(12,2)", decimal(12, 2)),
    ("e", "bigint", integer(-10**14, 10**14)),  # Its variance fits 38 digits, unlike that of l.
    ("w", "numeric(38,10)", decimal(36, 10)),
    ("m", "numeric(20,8)", decimal(15, 8)),
    ("d", "double precision", small_double),
    ("b", "boolean", draw_from("true", "true", "false")),
    ("t", "text", words),
    ("v", "interval", interval),
    ("z", "timestamptz", lambda source: moment(source) + "+00"),
]


class Case:
    """An aggregate: how it is written here and, if otherwise, in PostgreSQL; how they compare."""

    def __init__(self, text, mode="text", theirs=None):
        self.text = text
        self.mode = mode
        self.theirs = theirs or text


def rounded_percentile(fraction, column):
    """What approx_percentile stands for: percentile_disc with eight significant binary digits."""
    return f"eight_bits(percentile_disc({fraction}) WITHIN GROUP (ORDER BY {column})::float8)"


def make_cases():
    """All of them."""
    cases = [Case("count(*)"), Case("count(t)"), Case("count(DISTINCT few)"),
             Case("bool_and(b)"), Case("bool_or(b)"), Case("every(b)"),
             Case("bool_and(few > -3) FILTER (WHERE b)"), Case("bool_or(DISTINCT b)")]
    for column in "i few l n w m d t v z".split():
        mode = "text" if column in "tz" else "double" if column == "d" else "number"
        if column == "t":
            cases += [Case("min(t)", mode, 'min(t COLLATE "C")'),
                      Case("max(t)", mode, 'max(t COLLATE "C")')]
        elif column != "v":
            cases += [Case(f"min({column})", mode), Case(f"max({column})", mode)]
    for column in "i few l n w m".split():
        cases += [Case(f"sum({column})", "number"), Case(f"avg({column})", "rounded")]
    cases += [Case("sum(d)", "double"), Case("avg(d)", "double"),
              Case("sum(DISTINCT few)", "number"), Case("avg(DISTINCT few)", "rounded")]
    for name in ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"):
        cases += [Case(f"{name}({column})", "shorter") for column in "i few e n m".split()]
        cases.append(Case(f"{name}(d)", "double"))
    cases += [Case("stddev(DISTINCT few)", "shorter"),
              Case("var_pop(n) FILTER (WHERE few > 0)", "shorter")]
    by_value = 'string_agg(t, {0} ORDER BY t COLLATE "C")'
    cases += [
        Case("string_agg(t, ',')", theirs=by_value.format("','")),
        Case("string_agg(t, '')", theirs=by_value.format("''")),
        Case("string_agg(DISTINCT t, ', ')",
             theirs='string_agg(DISTINCT t COLLATE "C", \', \')'),
        Case("string_agg(t, ';' ORDER BY id)"),
        Case("string_agg(t, ';' ORDER BY id DESC) FILTER (WHERE few > 0)"),
    ]
    for column in "i few l n w m d b z v".split():
        for order in ("", " DESC", " NULLS FIRST", " DESC NULLS LAST"):
            cases.append(Case(f"string_agg(id::text, ' ' ORDER BY {column}{order}, id)"))
    cases.append(Case("string_agg(id::text, ' ' ORDER BY t DESC, id)",
                      theirs="string_agg(id::text, ' ' ORDER BY t COLLATE \"C\" DESC, id)"))
    for column, kind, _ in COLUMNS:
        mode = "text" if kind in ("text", "boolean", "interval", "timestamptz") else \
            "double" if column == "d" else "number"
        for order in ("id", "few DESC, id", "b NULLS FIRST, id DESC"):
            ordered = f"{column} ORDER BY {order}"
            cases.append(Case(f"first_value({ordered})", mode, f"(array_agg({ordered}))[1]"))
            cases.append(Case(f"last_value({ordered}) FILTER (WHERE few > 0)", mode,
                              f"(array_agg({ordered}) FILTER (WHERE few > 0))"
                              f"[count(*) FILTER (WHERE few > 0)]"))
    cases += [Case(f"approx_count_distinct({column})", theirs=f"count(DISTINCT {column})")
              for column in ("few", "b")]
    for fraction in (0, 0.1, 0.5, 0.95, 1):
        cases += [Case(f"approx_percentile({fraction}, {column})", "double",
                       rounded_percentile(fraction, column)) for column in "i few l n d".split()]
    return cases


def random_rows(seed, count):
    """Rows of texts, None for NULL: number, key, time, then the columns."""
    source = random.Random(seed)
    rows = []
    for number in range(count):
        # Some keys have few rows, so that groups of one and of NULLs alone are there.
        key = min(source.randint(0, KEYS), source.randint(0, KEYS))
        at = (f"2024-01-01 00:0{number * MINUTES // count}:"
              f"{source.randint(0, 59):02}.{source.randint(0, 999999):06}")
        values = [None if source.random() < 0.15 else draw(source) for _, _, draw in COLUMNS]
        rows.append([str(number), str(key), at] + values)
    return rows


def as_csv(rows):
    """RFC 4180; NULL is an unquoted nothing, so every other value is quoted."""
    def cell(value):
        return "" if value is None else '"' + value.replace('"', '""') + '"'
    return "".join(",".join(cell(value) for value in row) + "\n" for row in rows)


def columns_text():
    """The columns as CREATE TABLE has them."""
    return ", ".join(["id int", "k int", "at timestamptz NOT NULL"] +
                     [f"{name} {kind}" for name, kind, _ in COLUMNS])


# The double nearest to the number that has eight significant binary digits.
EIGHT_BITS = """CREATE FUNCTION eight_bits(x float8) RETURNS float8 LANGUAGE sql AS $$
  SELECT CASE WHEN x = 0 OR x IS NULL THEN x ELSE (
    SELECT sign(x) * floor(abs(x) / 2.0::float8 ^ e + 0.5) * 2.0::float8 ^ e
    FROM (SELECT floor(log(2::numeric, abs(x)::numeric))::float8 - 7 AS e) s) END $$;"""


def postgres_results(rows, cases):
    """For each case its results by (minute, key)."""
    script = ["SET timezone = 'UTC';", f"CREATE TABLE r ({columns_text()});", EIGHT_BITS,
              f"COPY r FROM STDIN WITH (FORMAT csv);\n{as_csv(rows)}\\.\n"]
    for number, case in enumerate(cases):
        script.append(f"COPY (SELECT {number}, date_trunc('minute', at), k, ({case.theirs})::text "
                      f"FROM r GROUP BY 2, 3) TO STDOUT WITH (FORMAT csv, NULL '{NULL}');")
    with Cluster() as cluster:
        output = cluster.psql("\n".join(script), stop_at_error=False)
    results = [{} for _ in cases]
    csv.field_size_limit(1 << 30)
    for number, minute, key, value in csv.reader(io.StringIO(output)):
        results[int(number)][minute[:16], int(key)] = None if value == NULL else value
    return results


def weir_results(weir, path, case, parallelism):
    """The results by (minute, key), and what the job said if it failed."""
    script = (f"SET parallelism = {parallelism};\n"
              f"CREATE TABLE r ({columns_text()}) WITH (connector = 'file', path = '{path}', "
              f"format = 'csv', header = 'false', event_time = 'at', "
              f"watermark_delay = '2 minutes');\n"
              f"SELECT window_start AS at, k, ({case.text})::text AS v "
              f"FROM tumble(r, at, INTERVAL '1 minute') GROUP BY window_start, window_end, k;")
    done = subprocess.run([weir, "run", "-c", script], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    if done.returncode != 0:
        return {}, f"exit code {done.returncode}: {done.stderr.strip()}"
    results = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        results[row["at"][:16].replace("T", " "), row["k"]] = row["v"]
    return results, None


def judge(case, ours, failure, theirs):
    """What is wrong, in one line; None if nothing is."""
    if failure is not None:
        return failure
    if not theirs:
        return "PostgreSQL gave nothing: the case itself is wrong"
    if set(ours) != set(theirs):
        return f"other groups: {sorted(set(ours) ^ set(theirs))[:3]}"
    same = MODES[case.mode]
    found = [f"{group}: {ours[group]!r}, in PostgreSQL {expected!r}"
             for group, expected in sorted(theirs.items())
             if (ours[group] is None) != (expected is None) or
             (expected is not None and not same(ours[group], expected))]
    return f"{len(found)} groups differ, such as {found[0]}" if found else None


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weir", required=True, help="the weir binary")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--only", default="", help="run only aggregates that contain this")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    cases = [case for case in make_cases() if options.only in case.text]
    rows = random_rows(options.seed, options.rows)
    theirs = postgres_results(rows, cases)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-oracle-") as folder:
        path = os.path.join(folder, "rows.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(as_csv(rows))
        runs = [(case, expected, parallelism) for case, expected in zip(cases, theirs)
                for parallelism in (1, 2)]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            results = pool.map(lambda run: weir_results(options.weir, path, run[0], run[2]), runs)
            for (case, expected, parallelism), (ours, failure) in zip(runs, results):
                wrong = judge(case, ours, failure, expected)
                if wrong:
                    failed += 1
                    print(f"FAILED {case.text} at parallelism {parallelism}: {wrong}  "
                          f"(seed {options.seed})")
                elif options.verbose:
                    print(f"passed {case.text} at parallelism {parallelism}")
    print(f"{len(runs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
