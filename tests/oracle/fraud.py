#!/usr/bin/env python3
"""The fraud examples give the alerts that DuckDB finds, however the transactions are laid out.

Transactions of the generator are put in order of time, dealt out to files (one or more splits, one
of them far ahead of the others), and put out of order in each: not at all, inside of the delay, or
beyond it too. The rules of docs/examples/fraud/demo.sql then run over the files at parallelism 1
and 2, in batches of several sizes. DuckDB answers the same rules with windows of its own; what is
late is found by the definition, from the order of each file alone, and left out before.

    fraud.py --weir PATH [--seed N] [--rows N] [--verbose]

The last line is "N passed, N failed"; the exit code is 1 if any failed.
"""

import argparse
import collections
import concurrent.futures
import csv
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import duckdb

DEMO = pathlib.Path(__file__).parents[2] / "docs/examples/fraud/demo.sql"
DELAY = datetime.timedelta(seconds=5)
QUIET = datetime.timedelta(minutes=5)
LAYOUTS = [(splits, disorder) for splits in (1, 2, 4) for disorder in ("none", "inside", "beyond")]
RUNS = [(parallelism, batch) for parallelism in (1, 2) for batch in (1, 7, 4096)]
SOURCE = """CREATE TABLE transactions (
  id text NOT NULL, card text NOT NULL, account bigint NOT NULL, lat double precision NOT NULL,
  lon double precision NOT NULL, amount numeric(12,2) NOT NULL CHECK (amount > 0),
  kind text NOT NULL, at timestamptz NOT NULL,
  position text NOT NULL GENERATED ALWAYS AS (id) STORED
) WITH (connector = 'file', path = '${{FOLDER}}', event_time = 'at', watermark_delay = '5 seconds');
"""
COLUMNS = ("rule", "key", "starts", "ends", "found", "records")

# What is on time for the steps that need order, numbered as their ties are broken, and for minutes.
RULES = """
CREATE VIEW ordered AS SELECT * FROM rows WHERE NOT late;

CREATE VIEW burst AS
  SELECT 'spending_burst' AS rule, card AS key, min(ts) AS starts, max(ts) AS ends,
         concat('spent ', sum(amount), ' in ', count(*), ' transactions, over 5000') AS found,
         list(id ORDER BY ts, id) AS ids, list(ts ORDER BY ts, id) AS ats
  FROM rows WHERE kind IN ('purchase', 'withdrawal') AND NOT late_for_minute
  GROUP BY card, date_trunc('minute', ts) HAVING sum(amount) > 5000;

CREATE VIEW fast AS
  SELECT * FROM (
    SELECT card, ts, place, id,
           count(*) OVER ten_seconds AS in_10_s, count(*) OVER ten_minutes AS in_10_min,
           min(ts) OVER ten_seconds AS first_10_s, min(ts) OVER ten_minutes AS first_10_min,
           concat_ws(' ', lag(id, 3) OVER before, lag(id, 2) OVER before, lag(id, 1) OVER before,
                     id) AS records
    FROM ordered
    WINDOW before AS (PARTITION BY card ORDER BY place),
           ten_seconds AS (PARTITION BY card ORDER BY ts
                           RANGE BETWEEN INTERVAL 10 SECONDS PRECEDING AND CURRENT ROW),
           ten_minutes AS (PARTITION BY card ORDER BY ts
                           RANGE BETWEEN INTERVAL 10 MINUTES PRECEDING AND CURRENT ROW)) s
  WHERE in_10_s > 7 OR in_10_min > 20 ORDER BY place;

CREATE VIEW small AS
  SELECT 'small_then_large' AS rule, account::text AS key, b AS starts, ts AS ends,
         concat(s, ' and then ', amount, ', under 1 and over 500') AS found,
         concat(p, ' ', id) AS records
  FROM (SELECT account, amount, ts, id, lag(amount) OVER w AS s, lag(ts) OVER w AS b,
               lag(id) OVER w AS p
        FROM ordered WINDOW w AS (PARTITION BY account ORDER BY place)) t
  WHERE s < 1 AND amount > 500 AND ts - b < INTERVAL 1 MINUTE;

CREATE VIEW travel AS
  SELECT 'impossible_travel' AS rule, card AS key, b AS starts, ts AS ends, km, seconds,
         concat(p, ' ', id) AS records
  FROM (SELECT *, 2 * 6371.0088 * asin(sqrt(least(1, pow(sin(radians(lat - la) / 2), 2) +
                 cos(radians(la)) * cos(radians(lat)) * pow(sin(radians(lon - lo) / 2), 2)))) AS km,
               epoch_us(ts - b) / 1e6 AS seconds
        FROM (SELECT card, ts, id, lat, lon, lag(ts) OVER w AS b, lag(id) OVER w AS p,
                     lag(lat) OVER w AS la, lag(lon) OVER w AS lo
              FROM ordered WINDOW w AS (PARTITION BY card ORDER BY place)) t) u
  WHERE km > 100 AND km * 3600 > 900 * seconds;

CREATE VIEW deposits AS
  SELECT 'structuring' AS rule, account::text AS key, f AS starts, ts AS ends,
         concat(n, ' deposits of together ', t, ', each from 8000 to 10000') AS found,
         concat_ws(' ', p2, p1, id) AS records
  FROM (SELECT account, ts, id, count(*) OVER week AS n, sum(amount) OVER week AS t,
               min(ts) OVER week AS f, lag(id, 2) OVER before AS p2, lag(id, 1) OVER before AS p1
        FROM ordered WHERE kind = 'deposit' AND amount BETWEEN 8000 AND 10000
        WINDOW before AS (PARTITION BY account ORDER BY place),
               week AS (PARTITION BY account ORDER BY ts
                        RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW)) s
  WHERE n >= 3;
"""


def generated(weir, count, seed):
    """Transactions of the generator, in order of time."""
    script = ("CREATE TABLE g (id text, card text, account bigint, lat double precision, "
              "lon double precision, amount numeric(12,2), kind text, at timestamptz) WITH "
              f"(connector = 'generator', dataset = 'card_transactions', rows = '{count}', "
              f"event_rate = '25', seed = '{seed}', event_time = 'at');\nSELECT * FROM g;")
    done = subprocess.run([weir, "run", "-c", script], stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL, text=True, timeout=300)
    rows = [json.loads(line, parse_float=str) for line in done.stdout.splitlines()]
    for row in rows:
        row["time"] = datetime.datetime.fromisoformat(row["at"].replace("Z", "+00:00"))
    return sorted(rows, key=lambda row: (row["time"], row["id"]))


def laid_out(rows, splits, disorder, source):
    """The rows of each split in the order of its file."""
    files = [[] for _ in range(splits)]
    for row in rows:
        # The first split has most of them; each account stays where it is for long.
        files[0 if source.random() < 0.6 else source.randrange(splits)].append(row)
    for file in files:
        if disorder == "none":
            continue
        moved = []
        for row in file:
            late_by = source.uniform(0, 4.9)
            if disorder == "beyond" and source.random() < 0.02:
                late_by = source.uniform(6, 90)
            moved.append((row["time"] + datetime.timedelta(seconds=late_by), row))
        moved.sort(key=lambda pair: pair[0])
        file[:] = [row for _, row in moved]
    return files


def judged(files):
    """Every row with its place among those of its time, and whether it is late, and for what."""
    rows = []
    for split, file in enumerate(files):
        highest = None
        for position, row in enumerate(file):
            arrival = highest - DELAY if highest else None
            minute = row["time"].replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
            rows.append((row["time"], split, position, row,
                         arrival is not None and row["time"] < arrival,
                         arrival is not None and minute <= arrival))
            highest = max(highest or row["time"], row["time"])
    rows.sort(key=lambda each: each[:3])
    return rows


def text_of(time):
    """A time as JSON has it here."""
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    if time.microsecond % 1000:
        return f"{text}.{time.microsecond:06}Z"
    return f"{text}.{time.microsecond // 1000:03}Z" if time.microsecond else f"{text}Z"


def half_up(value):
    """As round() of double precision: half to even."""
    return str(round(value))


def expected_alerts(files):
    """How often DuckDB finds each alert."""
    database = duckdb.connect()
    database.execute("CREATE TABLE rows (place bigint, id text, card text, account bigint, "
                     "lat double, lon double, amount decimal(12,2), kind text, ts timestamp, "
                     "late boolean, late_for_minute boolean)")
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as table:
        csv.writer(table).writerows(
            (place, row["id"], row["card"], row["account"], row["lat"], row["lon"], row["amount"],
             row["kind"], time.replace(tzinfo=None).isoformat(" "), late, late_for_minute)
            for place, (time, _, _, row, late, late_for_minute) in enumerate(judged(files)))
        table.flush()
        database.execute(f"COPY rows FROM '{table.name}' (HEADER false)")
    database.execute(RULES)
    alerts = collections.Counter()
    for rule, key, starts, ends, found, ids, ats in database.execute(
            "SELECT * FROM burst").fetchall():
        alerts[rule, key, text_of(starts), text_of(ends), found, first_eight(ids, ats)] += 1
    for table in ("small", "deposits"):
        for rule, key, starts, ends, found, records in database.execute(
                f"SELECT * FROM {table}").fetchall():
            alerts[rule, key, text_of(starts), text_of(ends), found, records] += 1
    for rule, key, starts, ends, km, seconds, records in database.execute(
            "SELECT * FROM travel").fetchall():
        found = f"{half_up(km)} km in {seconds_text(seconds)} seconds, over 100 km and 900 km/h"
        alerts[rule, key, text_of(starts), text_of(ends), found, records] += 1
    quiet_until = {}
    for card, at, _, _, in_10_s, in_10_min, first_10_s, first_10_min, records in database.execute(
            "SELECT * FROM fast").fetchall():
        if card in quiet_until and at < quiet_until[card]:
            continue
        quiet_until[card] = at + QUIET
        starts = first_10_s if in_10_s > 7 else first_10_min
        alerts["velocity", card, text_of(starts), text_of(at),
               f"{in_10_s} in 10 seconds, {in_10_min} in 10 minutes, over 7 or 20", records] += 1
    return alerts


def first_eight(ids, ats):
    """The records of a minute: in order of time, of one time in order of their names."""
    return " ".join(each for _, each in sorted(zip(ats, ids))[:8])


def seconds_text(seconds):
    """As round() of numeric: half away from zero."""
    return str(int(seconds + 0.5))


def found_alerts(weir, script, folder, run):
    """How often the job gives each alert, and what it said if it failed."""
    parallelism, batch = run
    done = subprocess.run([weir, "run", "--parallelism", str(parallelism), "--batch-rows",
                           str(batch), "--var", f"FOLDER={folder}", "-c", script],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=600)
    if done.returncode != 0:
        return None, f"exit code {done.returncode}: {done.stderr.strip()}"
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return collections.Counter(tuple(row[name] for name in COLUMNS) for row in rows), None


def example():
    """The rules of the demo over the files."""
    text = DEMO.read_text(encoding="utf-8")
    script, count = re.subn(r"CREATE TABLE transactions \(.*?\);\n", lambda _: SOURCE.replace(
        "{{", "{").replace("}}", "}"), text, count=1, flags=re.DOTALL)
    assert count == 1
    return script


def main():
    """Runs all layouts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weir", required=True, help="the weir binary")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--rows", type=int, default=30000)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    source = random.Random(options.seed)
    rows = generated(options.weir, options.rows, options.seed)
    script = example()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-oracle-") as root:
        for splits, disorder in LAYOUTS:
            files = laid_out(rows, splits, disorder, source)
            folder = os.path.join(root, f"{splits}-{disorder}")
            os.mkdir(folder)
            for number, file in enumerate(files):
                with open(os.path.join(folder, f"s{number}.json"), "w", encoding="utf-8") as out:
                    out.writelines(json.dumps({key: value for key, value in row.items()
                                               if key != "time"}) + "\n" for row in file)
            theirs = expected_alerts(files)
            with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
                for run, (ours, failure) in zip(RUNS, pool.map(
                        lambda run, at=folder: found_alerts(options.weir, script, at, run), RUNS)):
                    wrong = failure
                    if ours is not None and ours != theirs:
                        wrong = (f"{sum((theirs - ours).values())} alerts missing, such as "
                                 f"{list(theirs - ours)[:1]}; {sum((ours - theirs).values())} "
                                 f"too many, such as {list(ours - theirs)[:1]}")
                    failed += 1 if wrong else 0
                    passed += 0 if wrong else 1
                    if wrong:
                        print(f"FAILED {splits} splits, disorder {disorder}, {run}: {wrong}  "
                              f"(seed {options.seed})")
                    elif options.verbose:
                        print(f"passed {splits} splits, disorder {disorder}, {run}: "
                              f"{sum(theirs.values())} alerts of "
                              f"{len({alert[0] for alert in theirs})} rules")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
