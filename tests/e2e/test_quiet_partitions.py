"""Partitions that fall silent: without `idle_timeout` they hold the windows of all, and are named;
with it time goes on, and what comes too late is late by the same rule as ever, and counted apart.
With `when_quiet = 'advance'` the clock fires the last window."""

import json
import signal
import threading

from conftest import TIME_LIMIT_S

PER_MINUTE = """CREATE TABLE events (n int NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'kafka', brokers = '{address}', topic = '{topic}', format = 'json',
  event_time = 'at', max_future = 'none'{more});
SELECT window_end, count(*) AS n FROM tumble(events, at, INTERVAL '{size}')
GROUP BY window_start, window_end;"""


def row(time, n=0):
    return f'{{"n":{n},"at":"2024-05-01T{time}Z"}}'


def start(weir, broker, topic, more="", size="1 minute", arguments=()):
    return weir.start(
        PER_MINUTE.format(address=broker.address, topic=topic, more=more, size=size), *arguments)


def window(process):
    """Waits for one fired window: its end's time of day, and its count."""
    fired = json.loads(process.stdout.readline())
    return fired["window_end"][11:19], fired["n"]


def summary_after_interrupt(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 130, err
    assert out == ""
    return json.loads(err.splitlines()[-1])


def total(summary, counter):
    return sum(step[counter] for step in summary["steps"])


def test_a_silent_partition_holds_the_windows_and_is_named(weir, broker):
    topic = broker.topic(2)
    broker.produce(topic, [row("12:00:10"), row("12:05:00")])
    job = start(weir, broker, topic)
    held = ""
    while "watermark.held" not in held:
        held = job.stderr.readline()
        assert held, "the job ended"
    assert "table=events split=1 reason=no_record_yet" in held
    assert "silent_s=5" in held or "silent_s=6" in held
    broker.produce(topic, [row("12:06:00")], partition=1)
    assert window(job) == ("12:01:00", 1)
    summary = summary_after_interrupt(job)
    assert total(summary, "late") == total(summary, "lifted") == 0


def test_an_idle_partition_holds_nothing_and_its_late_rows_are_counted(weir, broker):
    for parallelism in ("1", "2"):
        topic = broker.topic(2)
        broker.produce(topic, [row("12:00:10"), row("12:05:00")])
        job = start(weir, broker, topic, ", idle_timeout = '1 second'",
                    arguments=("--parallelism", parallelism))
        # One partition goes on: else all would be idle, and time would hold.
        stop = threading.Event()

        def go_on():
            while not stop.wait(0.3):
                broker.produce(topic, [row("12:05:01")])

        producer = threading.Thread(target=go_on)
        producer.start()
        try:
            assert window(job) == ("12:01:00", 1)
            # Behind the watermark by its time; on time for a window that is still open.
            broker.produce(topic, [row("12:00:20"), row("12:05:30")], partition=1)
            broker.produce(topic, [row("12:07:00")], partition=1)
        finally:
            stop.set()
            producer.join()
        broker.produce(topic, [row("12:07:00")])
        end, count = window(job)
        assert end == "12:06:00"
        assert count >= 2
        summary = summary_after_interrupt(job)
        assert total(summary, "late") == 1
        assert total(summary, "lifted") == 1
        assert summary["unbalanced"] == []


def test_with_all_partitions_idle_time_holds(weir, broker):
    topic = broker.topic(2)
    broker.produce(topic, [row("12:00:10"), row("12:00:55")])
    broker.produce(topic, [row("12:00:10")], partition=1)
    job = start(weir, broker, topic, ", idle_timeout = '1 second'")
    held = ""
    while "watermark.held" not in held:
        held = job.stderr.readline()
        assert held, "the job ended"
    assert "reason=all_idle" in held
    assert "silent_s=10" in held or "silent_s=11" in held
    summary = summary_after_interrupt(job)
    assert summary["event_time_held_by"]["reason"] == "all_idle"


def test_with_advance_the_clock_fires_the_last_window(weir, broker):
    for parallelism in ("1", "2"):
        topic = broker.topic(2)
        broker.produce(topic, [row("12:00:06"), row("12:00:07")])
        broker.produce(topic, [row("12:00:06")], partition=1)
        job = start(weir, broker, topic, ", idle_timeout = '1 second', when_quiet = 'advance'",
                    size="5 seconds", arguments=("--parallelism", parallelism))
        assert window(job) == ("12:00:10", 3)
        # Time has gone on without it.
        broker.produce(topic, [row("12:00:08")])
        broker.produce(topic, [row("13:00:00")])
        broker.produce(topic, [row("13:00:00")], partition=1)
        assert window(job) == ("13:00:05", 2)
        assert total(summary_after_interrupt(job), "late") == 1
