"""Every kind of window and every step that follows event time, over one NEXMark stream: in order,
with disorder inside the delay and beyond it, in 1, 2 and 4 splits that move at different speeds, at
parallelism 1 and 2, with small and large batches, Weir gives what DuckDB computes on its own, and
counts as late what DuckDB finds late. The queries q5, q7, q8, q11 and q12 are those of
docs/examples/nexmark; the windows of q12 are of processing time, so that only their sum is certain.

The oracle judges lateness by itself, from the order of each split: A of a row is the highest event
time of the earlier rows of its split, less the delay. A row is late for a window that ends at or
before A, and late for sessions, OVER, suppress and interval joins when its own time is before A.

WEIR_LONG_TESTS=1 takes more rows, more batch sizes and ten runs of each."""

import json
import os
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pytest

from conftest import ROOT, weir_in

LONG = os.environ.get("WEIR_LONG_TESTS", "") not in ("", "0")
ROWS = 60_000 if LONG else 12_000
EVENT_RATE = 100  # Events in a second of event time: a tumble of ten seconds has 920 bids.
DELAY_S = 4  # As the sources of docs/examples/nexmark say.
ORDERS = {"ordered": 0, "inside": 3.9, "beyond": 45}  # How many seconds a row may come late.
RUNS = [(p, b) for p in (1, 2) for b in (1, 7, 4096)] + [(2, 4096)] * 4 if LONG \
    else [(1, 4096), (2, 7)]  # Parallelism, records of a batch.


@dataclass
class Case:
    """A query: as Weir takes it, as DuckDB does, and how DuckDB counts its late rows."""

    weir: str  # An INSERT INTO result.
    oracle: str
    late: str
    splits: tuple = (1, 2, 4)  # One where rows of a key must come from one split.
    fold: Callable = list  # Of Weir's rows: what of them the oracle can know.


def bids_by_bidder(rows):
    """Over all windows."""
    sums = Counter()
    for bidder, bids, *_ in rows:
        sums[bidder] += bids
    return sums.items()


RESULT = "WITH (connector = 'file', format = 'json', path = '${RESULT}')"


def example(name):
    """A query of docs/examples/nexmark, with its result in files."""
    text = (ROOT / f"docs/examples/nexmark/{name}.sql").read_text()
    assert "WITH (connector = 'blackhole')" in text
    return text.replace("WITH (connector = 'blackhole')", RESULT)


def query(columns, select, views=""):
    return f"{views}CREATE TABLE result ({columns}) {RESULT};\nINSERT INTO result {select}"


def late_of(table, end):
    """Counts the rows of a table whose last window ends at or before A."""
    return f"(SELECT count(*) FROM {table} WHERE {end} <= a)"


LATE_BY_TIME = "(SELECT count(*) FROM {} WHERE t < a)"
TEN = "time_bucket(INTERVAL 10 SECONDS, t)"
TEN_END = f"{TEN} + INTERVAL 10 SECONDS"

# Views of the oracle: timely rows are on time by their own time.
VIEWS = """
CREATE VIEW person AS SELECT split, n, t, a, person.id, person.name FROM events
  WHERE event_type = 0;
CREATE VIEW auction AS SELECT split, n, t, a, auction.id, auction.seller FROM events
  WHERE event_type = 1;
CREATE VIEW bid AS SELECT split, n, t, a, bid.auction, bid.bidder, bid.price, bid.extra FROM events
  WHERE event_type = 2;
CREATE MACRO on_time(moment, a) AS a IS NULL OR moment > a;
CREATE VIEW timely_auction AS SELECT * FROM auction WHERE a IS NULL OR t >= a;
CREATE VIEW timely_bid AS SELECT * FROM bid WHERE a IS NULL OR t >= a;
CREATE VIEW ten AS SELECT auction, time_bucket(INTERVAL 10 SECONDS, t) AS s, count(*) AS bids
  FROM bid WHERE on_time(time_bucket(INTERVAL 10 SECONDS, t) + INTERVAL 10 SECONDS, a)
  GROUP BY ALL;
"""

JOINED = query('id bigint, opened timestamp, bidder bigint, price bigint, at timestamp', """
SELECT a.id, a."dateTime" AS opened, b.bidder, b.price, b."dateTime" AS at
FROM auction a JOIN bid b ON b.auction = a.id
  AND b."dateTime" BETWEEN a."dateTime" AND a."dateTime" + INTERVAL '8 seconds';""")
JOINED_BY_ORACLE = """SELECT a.id, a.t, b.bidder, b.price, b.t FROM timely_auction a JOIN
  timely_bid b ON b.auction = a.id AND b.t BETWEEN a.t AND a.t + INTERVAL 8 SECONDS"""
LATE_OF_JOIN = f"{LATE_BY_TIME.format('auction')} + {LATE_BY_TIME.format('bid')}"

MOST_BIDS = """
WITH hops AS (
  SELECT auction, a, time_bucket(INTERVAL 2 SECONDS, t) - to_seconds(2 * k) + INTERVAL 10 SECONDS
         AS e FROM bid, range(5) steps(k)),
counts AS (SELECT auction, e, count(*) AS n FROM hops WHERE on_time(e, a) GROUP BY ALL)
SELECT auction, e, n FROM counts QUALIFY n = max(n) OVER (PARTITION BY e)"""
LATE_OF_HOP = late_of("bid", "time_bucket(INTERVAL 2 SECONDS, t) + INTERVAL 10 SECONDS")

CASES = {
    "q5": Case(example("q5"), MOST_BIDS, LATE_OF_HOP),
    # As the reference words it, with a join.
    "q5_joined": Case(
        query(
            'auction bigint, e timestamp, num bigint',
            """SELECT c.auction, c.e, c.num FROM counts c
               JOIN (SELECT max(num) AS most, s, e FROM counts GROUP BY s, e) m
               ON c.s = m.s AND c.e = m.e AND c.num >= m.most;""",
            """CREATE VIEW counts AS
               SELECT auction, count(*) AS num, window_start AS s, window_end AS e
               FROM hop(bid, "dateTime", INTERVAL '2 seconds', INTERVAL '10 seconds')
               GROUP BY auction, window_start, window_end;"""),
        MOST_BIDS, LATE_OF_HOP),
    "q7": Case(
        example("q7"),
        f"""WITH bids AS (SELECT *, {TEN} AS s FROM bid WHERE on_time({TEN_END}, a))
            SELECT auction, bidder, price, t, extra FROM bids
            JOIN (SELECT s, max(price) AS price FROM bids GROUP BY s) USING (s, price)""",
        late_of("bid", TEN_END)),
    # As the reference words it: with bounds that are closed at both ends.
    "q7_joined": Case(
        query(
            'auction bigint, bidder bigint, price bigint, "dateTime" timestamp',
            """SELECT b.auction, b.bidder, b.price, b."dateTime" FROM bid b
               JOIN (SELECT max(price) AS most, window_end AS e
                     FROM tumble(bid, "dateTime", INTERVAL '10 seconds') GROUP BY window_end) m
               ON b.price = m.most
               WHERE b."dateTime" BETWEEN m.e - INTERVAL '10 seconds' AND m.e;"""),
        f"""SELECT auction, bidder, price, t FROM timely_bid b
            JOIN (SELECT {TEN_END} AS e, max(price) AS most FROM bid WHERE on_time({TEN_END}, a)
                  GROUP BY e) ON price = most AND t BETWEEN e - INTERVAL 10 SECONDS AND e""",
        f"{late_of('bid', TEN_END)} + {LATE_BY_TIME.format('bid')}"),
    "q8": Case(
        example("q8"),
        f"""SELECT DISTINCT p.id, p.name, p.s
            FROM (SELECT id, name, {TEN} AS s FROM person WHERE on_time({TEN_END}, a)) p
            JOIN (SELECT seller, {TEN} AS s FROM auction WHERE on_time({TEN_END}, a)) o
            ON p.id = o.seller AND p.s = o.s""",
        f"{late_of('person', TEN_END)} + {late_of('auction', TEN_END)}"),
    "q11": Case(
        example("q11"),
        """WITH starts AS (
             SELECT bidder, t, t - lag(t) OVER (PARTITION BY bidder ORDER BY t)
                    <= INTERVAL 10 SECONDS AS goes_on FROM timely_bid),
           sessions AS (
             SELECT bidder, t, count(*) FILTER (WHERE goes_on IS NOT TRUE)
                    OVER (PARTITION BY bidder ORDER BY t) AS nr FROM starts)
           SELECT bidder, count(*), min(t), max(t) + INTERVAL 10 SECONDS FROM sessions
           GROUP BY bidder, nr""",
        LATE_BY_TIME.format("bid")),
    "q12": Case(example("q12"), "SELECT bidder, count(*) FROM bid GROUP BY bidder", "0",
                fold=bids_by_bidder),
    "cumulate": Case(
        query(
            'window_start timestamp, window_end timestamp, bids bigint, spent numeric(38,0)',
            """SELECT window_start, window_end, count(*) AS bids, sum(price) AS spent
               FROM cumulate(bid, "dateTime", INTERVAL '5 seconds', INTERVAL '20 seconds')
               GROUP BY window_start, window_end;"""),
        """WITH windows AS (
             SELECT *, time_bucket(INTERVAL 20 SECONDS, t) AS s,
                    time_bucket(INTERVAL 20 SECONDS, t) + to_seconds(5 * k) AS e
             FROM bid, range(1, 5) steps(k))
           SELECT s, e, count(*), sum(price) FROM windows
           WHERE t < e AND on_time(e, a) GROUP BY s, e""",
        late_of("bid", "time_bucket(INTERVAL 20 SECONDS, t) + INTERVAL 20 SECONDS")),
    "distinct": Case(
        query(
            'window_start timestamp, window_end timestamp, bidders bigint',
            """SELECT window_start, window_end, count(DISTINCT bidder) AS bidders
               FROM hop(bid, "dateTime", INTERVAL '5 seconds', INTERVAL '20 seconds')
               GROUP BY window_start, window_end;"""),
        """WITH windows AS (
             SELECT *, time_bucket(INTERVAL 5 SECONDS, t) - to_seconds(5 * k) AS s
             FROM bid, range(4) steps(k))
           SELECT s, s + INTERVAL 20 SECONDS AS e, count(DISTINCT bidder) FROM windows
           WHERE on_time(s + INTERVAL 20 SECONDS, a) GROUP BY s, e""",
        late_of("bid", "time_bucket(INTERVAL 5 SECONDS, t) + INTERVAL 20 SECONDS")),
    "ranked": Case(
        query(
            'auction bigint, bidder bigint, price bigint, at timestamp, e timestamp',
            """SELECT auction, bidder, price, at, e FROM (
                 SELECT auction, bidder, price, "dateTime" AS at, window_end AS e,
                   rank() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS place
                 FROM hop(bid, "dateTime", INTERVAL '5 seconds', INTERVAL '20 seconds')) ranked
               WHERE place <= 2;"""),
        """WITH windows AS (
             SELECT *, time_bucket(INTERVAL 5 SECONDS, t) - to_seconds(5 * k)
               + INTERVAL 20 SECONDS AS e FROM bid, range(4) steps(k))
           SELECT auction, bidder, price, t, e FROM windows WHERE on_time(e, a)
           QUALIFY rank() OVER (PARTITION BY e ORDER BY price DESC) <= 2""",
        late_of("bid", "time_bucket(INTERVAL 5 SECONDS, t) + INTERVAL 20 SECONDS")),
    "second_level": Case(
        query(
            'auction bigint, window_end timestamp, most bigint, windows bigint',
            """SELECT auction, window_end, max(bids) AS most, count(*) AS windows
               FROM tumble(ten, counted_at, INTERVAL '30 seconds')
               GROUP BY auction, window_start, window_end;""",
            """CREATE VIEW ten AS SELECT auction, count(*) AS bids, window_time AS counted_at
               FROM tumble(bid, "dateTime", INTERVAL '10 seconds')
               GROUP BY auction, window_start, window_end, window_time;"""),
        """SELECT auction, time_bucket(INTERVAL 30 SECONDS, s) + INTERVAL 30 SECONDS AS e,
             max(bids), count(*) FROM ten GROUP BY auction, e""",
        late_of("bid", TEN_END)),
    "over_range": Case(
        query(
            'bidder bigint, "dateTime" timestamp, price bigint, n bigint, '
            'spent numeric(38,0), most bigint',
            """SELECT bidder, "dateTime", price, count(*) OVER w AS n, sum(price) OVER w AS spent,
                 max(price) OVER w AS most FROM bid
               WINDOW w AS (PARTITION BY bidder ORDER BY "dateTime"
                 RANGE BETWEEN INTERVAL '15 seconds' PRECEDING AND CURRENT ROW);"""),
        """SELECT bidder, t, price, count(*) OVER w, sum(price) OVER w, max(price) OVER w
           FROM timely_bid WINDOW w AS (PARTITION BY bidder ORDER BY t
             RANGE BETWEEN INTERVAL 15 SECONDS PRECEDING AND CURRENT ROW)""",
        LATE_BY_TIME.format("bid")),
    "over_rows": Case(
        query(
            'bidder bigint, "dateTime" timestamp, price bigint, n bigint, '
            'spent numeric(38,0), least bigint',
            """SELECT bidder, "dateTime", price, count(*) OVER w AS n, sum(price) OVER w AS spent,
                 min(price) OVER w AS least FROM bid
               WINDOW w AS (PARTITION BY bidder ORDER BY "dateTime"
                 ROWS BETWEEN 3 PRECEDING AND CURRENT ROW);"""),
        """SELECT bidder, t, price, count(*) OVER w, sum(price) OVER w, min(price) OVER w
           FROM timely_bid WINDOW w AS (PARTITION BY bidder ORDER BY t, split, n
             ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)""",
        LATE_BY_TIME.format("bid")),
    "lag": Case(
        query(
            'bidder bigint, "dateTime" timestamp, price bigint, before bigint, '
            'auction bigint, nr bigint, place bigint',
            """SELECT bidder, "dateTime", price, lag(price) OVER w AS before,
                 lag(auction, 2, 0) OVER w AS auction, row_number() OVER w AS nr,
                 rank() OVER w AS place
               FROM bid WINDOW w AS (PARTITION BY bidder ORDER BY "dateTime");"""),
        """SELECT bidder, t, price, lag(price) OVER w, lag(auction, 2, 0) OVER w,
             row_number() OVER w, rank() OVER (PARTITION BY bidder ORDER BY t)
           FROM timely_bid WINDOW w AS (PARTITION BY bidder ORDER BY t, split, n)""",
        LATE_BY_TIME.format("bid")),
    "lag_by_log": Case(
        query(
            'bidder bigint, "dateTime" timestamp, price bigint, before bigint',
            """SELECT bidder, "dateTime", price, lag(price) OVER w AS before FROM bid
               WINDOW w AS (PARTITION BY bidder ORDER BY log_order());"""),
        """SELECT bidder, t, price, lag(price) OVER (PARTITION BY bidder ORDER BY n) FROM bid""",
        "0", splits=(1,)),
    "range_by_log": Case(
        query(
            'bidder bigint, "dateTime" timestamp, price bigint, n bigint, '
            'spent numeric(38,0)',
            """SELECT bidder, "dateTime", price, count(*) OVER w AS n, sum(price) OVER w AS spent
               FROM bid WINDOW w AS (PARTITION BY bidder ORDER BY log_order()
                 RANGE BETWEEN INTERVAL '15 seconds' PRECEDING AND CURRENT ROW);"""),
        """SELECT b.bidder, b.t, b.price, count(*), sum(o.price)
           FROM timely_bid b JOIN timely_bid o ON o.bidder = b.bidder AND o.n <= b.n
             AND o.t BETWEEN b.t - INTERVAL 15 SECONDS AND b.t
           GROUP BY b.n, b.bidder, b.t, b.price""",
        LATE_BY_TIME.format("bid"), splits=(1,)),
    "suppress": Case(
        query(
            'bidder bigint, "dateTime" timestamp, auction bigint, price bigint',
            """SELECT bidder, "dateTime", auction, price
               FROM suppress(bid, "dateTime", INTERVAL '5 seconds', bidder);"""),
        "SELECT bidder, t, auction, price FROM timely_bid ORDER BY t, split, n",
        LATE_BY_TIME.format("bid")),
    "interval_join": Case(JOINED, JOINED_BY_ORACLE, LATE_OF_JOIN),
    "left_interval_join": Case(JOINED.replace("JOIN", "LEFT JOIN"),
                               JOINED_BY_ORACLE.replace("JOIN", "LEFT JOIN"), LATE_OF_JOIN),
}


def suppressed(rows):
    """Of rows (key, time, ...) in order those that are an interval behind the last of their key."""
    last = {}
    for key, time, *more in rows:
        if key not in last or time - last[key] >= timedelta(seconds=5):
            last[key] = time
            yield (key, time, *more)


def as_json(value):
    """As a value stands in Weir's JSON."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return value


def in_order(rows):
    return sorted(rows, key=lambda row: [(value is None, value) for value in row])


class Stream:
    """The events as files, one a split, and DuckDB's view of them."""

    def __init__(self, files):
        self.files = files
        self.expected = {}
        self.db = duckdb.connect()
        bodies = {"person": "id bigint, name text, dateTime timestamp",
                  "auction": "id bigint, seller bigint, dateTime timestamp",
                  "bid": "auction bigint, bidder bigint, price bigint, extra text, "
                         "dateTime timestamp"}
        columns = "event_type: 'int', " + ", ".join(
            f"{name}: 'struct({fields})'" for name, fields in bodies.items())
        time = "coalesce(person.dateTime, auction.dateTime, bid.dateTime)"
        read = " UNION ALL ".join(
            f"""SELECT {split} AS split, row_number() OVER () AS n, event_type, {time} AS t,
                person, auction, bid FROM read_json('{path}', format = 'newline_delimited',
                columns = {{{columns}}})""" for split, path in enumerate(files))
        self.db.execute(f"""CREATE TABLE events AS
            SELECT *, max(t) OVER (PARTITION BY split ORDER BY n
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                - INTERVAL {DELAY_S} SECONDS AS a FROM ({read})""")
        assert self.db.execute("SELECT count(*) FROM events").fetchone()[0] == ROWS
        self.db.execute(VIEWS)

    def answer(self, name):
        """The rows and the number of late rows that a case must have."""
        if name not in self.expected:
            rows = self.db.execute(CASES[name].oracle).fetchall()
            if name == "suppress":
                rows = suppressed(rows)
            late = self.db.execute("SELECT " + CASES[name].late).fetchone()[0]
            self.expected[name] = (in_order(tuple(map(as_json, row)) for row in rows), late)
        return self.expected[name]


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """Event times in seconds and JSON lines, in order of time."""
    folder = tmp_path_factory.mktemp("events")
    source = (ROOT / "docs/examples/nexmark/source_generator.sql").read_text()
    weir_in(folder).run(source + """
      CREATE TABLE kept (event_type int, person person_row, auction auction_row, bid bid_row)
      WITH (connector = 'file', format = 'json', path = 'rows');
      INSERT INTO kept SELECT event_type, person, auction, bid FROM events;""",
                        "--parallelism", "1", ROWS=ROWS, SPLITS=1, EVENT_RATE=EVENT_RATE)
    timed = []
    for path in (folder / "rows").glob("part-*.json"):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            body = row["person"] or row["auction"] or row["bid"]
            timed.append((datetime.fromisoformat(body["dateTime"]).timestamp(), line))
    assert len(timed) == ROWS
    return timed


@pytest.fixture(scope="module")
def streams(events, tmp_path_factory):
    """Makes, once, the stream of an order and a number of splits."""
    made = {}

    def stream(order, splits):
        if (order, splits) not in made:
            folder = tmp_path_factory.mktemp(f"{order}-{splits}")
            made[order, splits] = Stream(write_splits(folder, events, order, splits))
        return made[order, splits]

    return stream


def write_splits(folder, events, order, splits):
    """Rows come up to so many seconds late; beyond the delay only every fifth row does. Splits
    with high numbers have most rows at first and few later; the second one starts late."""
    dice = random.Random(f"{order} {splits}")
    arrivals = []
    for time, line in events:
        held = ORDERS[order] if order != "beyond" or dice.random() < 0.2 else 3.9
        arrivals.append((time + dice.uniform(0, held) if order != "ordered" else time, line))
    arrivals.sort(key=lambda arrival: arrival[0])
    lines = [[] for _ in range(splits)]
    for place, (_, line) in enumerate(arrivals):
        weights = [k + 1 if place < 0.6 * ROWS else 1 / (k + 1) for k in range(splits)]
        if splits > 1 and place < 0.3 * ROWS:
            weights[1] = 0
        lines[dice.choices(range(splits), weights)[0]].append(line)
    files = [folder / f"part-{split}.json" for split in range(splits)]
    for path, rows in zip(files, lines):
        path.write_text("".join(f"{row}\n" for row in rows))
    return files


def check(weir, name, source, stream, parallelism, batch_rows, **variables):
    folder = ROOT / "docs/examples/nexmark"
    sql = "\n".join([(folder / f"source_{source}.sql").read_text(),
                     (folder / "views.sql").read_text(), CASES[name].weir])
    result = weir.folder / f"result-{uuid.uuid4().hex}"
    run = weir.run(sql, "--parallelism", str(parallelism), "--batch-rows", str(batch_rows),
                   RESULT=result, **variables)
    got = [json.loads(line) for path in result.glob("part-*.json")
           for line in path.read_text().splitlines()]
    rows, late = stream.answer(name)
    assert in_order(CASES[name].fold(tuple(row.values()) for row in got)) == rows
    assert sum(step["late"] for step in run.summary["steps"]) == late
    assert rows, "the test wants results"
    return late


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name, splits",
                         [(name, splits) for name, case in CASES.items() for splits in case.splits])
def test_answer_is_the_oracles_from_files(weir, streams, name, order, splits):
    stream = streams(order, splits)
    for parallelism, batch_rows in RUNS:
        late = check(weir, name, "file", stream, parallelism, batch_rows,
                     PATH=f"{stream.files[0].parent}/part-*.json")
        if CASES[name].late != "0":
            assert (late > 0) == (order == "beyond"), "the test wants late rows here, and only here"


@pytest.fixture(scope="module")
def topic(streams, broker):
    name = broker.topic(2)
    broker.load(name, streams("beyond", 2).files)
    return name


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if 2 in case.splits])
def test_answer_is_the_oracles_from_a_broker(weir, streams, broker, topic, name):
    for parallelism in (1, 2):
        check(weir, name, "kafka", streams("beyond", 2), parallelism, 4096,
              BROKERS=broker.address, TOPIC=topic)
