#!/usr/bin/env python3
"""score.py ALERTS TRUTH: how many alerts are right, and how many episodes were found.

ALERTS is what demo.sql printed, TRUTH what truth.sql printed. An alert and an episode belong
together if they are of one rule and one card or account, and overlap in time."""
import collections
import datetime
import json
import pathlib
import sys

BY_ACCOUNT = ("small_then_large", "structuring")


def span(row):
    return [datetime.datetime.fromisoformat(row[name].replace("Z", "+00:00"))
            for name in ("starts", "ends")]


def spans_by_key(rows, key_of):
    spans = collections.defaultdict(list)
    for row in rows:
        spans[row["rule"], key_of(row)].append(span(row))
    return spans


def meet(one, others):
    return any(one[0] <= other[1] and other[0] <= one[1] for other in others)


def matched(spans, others, rule):
    """How many of a rule there are, and how many of them meet one of the others."""
    own = [(key, one) for key, each in spans.items() if key[0] == rule for one in each]
    return len(own), sum(meet(one, others.get(key, [])) for key, one in own)


def percent(part, whole):
    return f"{100 * part / whole:.1f}%" if whole else "-"


def read(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    alerts = spans_by_key(read(sys.argv[1]), lambda row: row["key"])
    truth = spans_by_key(read(sys.argv[2]), lambda row:
                         str(row["account"]) if row["rule"] in BY_ACCOUNT else row["card"])
    print(f"{'rule':<18} {'alerts':>6} {'right':>6} {'precision':>9} "
          f"{'episodes':>8} {'found':>6} {'recall':>7}")
    for rule in sorted({key[0] for key in [*alerts, *truth]}):
        fired, right = matched(alerts, truth, rule)
        hidden, found = matched(truth, alerts, rule)
        print(f"{rule:<18} {fired:>6} {right:>6} {percent(right, fired):>9} "
              f"{hidden:>8} {found:>6} {percent(found, hidden):>7}")


if __name__ == "__main__":
    main()
