"""What a user meets when the broker is not as it should be: a clear error or a job that goes on,
never a silent hang and never a row lost or read twice."""

import signal
import socket

import pytest

from conftest import TIME_LIMIT_S

EVENTS = """CREATE TABLE events (n int NOT NULL) WITH (connector = 'kafka', brokers = '{address}',
  topic = '{topic}', format = 'json'{more});
SELECT n FROM events;"""


def lines(numbers):
    return [f'{{"n":{n}}}' for n in numbers]


def read_rows(process, count):
    """Waits for so many rows of a running job."""
    return [process.stdout.readline().strip() for _ in range(count)]


def interrupt(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 130, err
    return out.splitlines()


def test_an_endless_job_stops_in_good_order(weir, broker):
    topic = broker.topic()
    broker.produce(topic, lines(range(10)))
    job = weir.start(EVENTS.format(address=broker.address, topic=topic, more=""))
    assert read_rows(job, 10) == lines(range(10))
    assert interrupt(job) == []


def test_rows_that_come_later_are_read_as_they_come(weir, broker):
    topic = broker.topic()
    job = weir.start(EVENTS.format(address=broker.address, topic=topic, more=""))
    for n in range(3):
        broker.produce(topic, lines([n]))
        assert read_rows(job, 1) == lines([n])
    assert interrupt(job) == []


def test_a_broker_that_is_killed_and_comes_back_loses_and_doubles_nothing(weir, own_broker):
    broker = own_broker()
    topic = broker.topic(1)
    broker.produce(topic, lines(range(1000)))
    job = weir.start(EVENTS.format(address=broker.address, topic=topic, more=""))
    assert read_rows(job, 1000) == lines(range(1000))
    broker.kill()
    own_broker()
    broker.produce(topic, lines(range(1000, 2000)))
    assert read_rows(job, 1000) == lines(range(1000, 2000))
    assert interrupt(job) == []


def test_a_topic_without_messages_ends_at_once(weir, broker):
    topic = broker.topic(3)
    run = weir.run(EVENTS.format(address=broker.address, topic=topic, more=", stop = 'latest'"))
    assert run.rows == []


def test_a_missing_topic_is_named_with_its_brokers(weir, broker):
    run = weir.run(EVENTS.format(address=broker.address, topic="no-such-topic", more=""), expect=2)
    assert "no-such-topic" in run.errors
    assert broker.address in run.errors
    assert "table events" in run.errors


def test_an_interrupt_ends_a_job_that_still_waits_for_a_broker(weir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        more = ", connect_timeout = '1 day'"
        job = weir.start(EVENTS.format(address=address, topic="t", more=more),
                         "--state", "state", "--savepoint", "saved")
        for line in job.stderr:
            if "kafka.connecting" in line:
                break
        job.send_signal(signal.SIGINT)
        out, err = job.communicate(timeout=20)
        assert job.returncode == 130, err
        assert out == ""
        assert "savepoint.missing" in err
        assert not list(weir.folder.glob("state/.weir-work-*"))


def test_a_broker_that_does_not_answer_is_named_within_the_time_given(weir):
    with socket.socket() as taken:  # A port that nobody listens on while this holds it.
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        sql = EVENTS.format(address=address, topic="t", more=", connect_timeout = '2 seconds'")
        run = weir.run(sql, expect=1)
    assert address in run.errors


@pytest.mark.parametrize("more", ["", ", delivery = 'at_least_once'"])
def test_alerts_written_to_a_topic_arrive_with_their_keys(weir, broker, more):
    source, sink = broker.topic(2), broker.topic(2)
    for partition in range(2):
        broker.produce(source, [f'{{"n":{n}}}' for n in range(100)], partition)
    weir.run(f"""
        CREATE TABLE events (n int NOT NULL) WITH (connector = 'kafka',
          brokers = '{broker.address}', topic = '{source}', stop = 'latest', format = 'json');
        CREATE TABLE alerts (k text, n int) WITH (connector = 'kafka', brokers = '{broker.address}',
          topic = '{sink}', key = 'k', format = 'json'{more});
        INSERT INTO alerts SELECT 'k' || n, n FROM events WHERE n % 10 = 0;""")
    got = sorted(broker.consume(sink, "%k %s\n"))
    assert got == sorted(2 * [f'k{n} {{"k":"k{n}","n":{n}}}' for n in range(0, 100, 10)])


def test_a_tombstone_is_a_bad_record_that_says_so(weir, broker):
    topic = broker.topic()
    broker.produce(topic, lines([1]))
    broker.kcat("-P", "-t", topic, "-Z", "-K", ":", stdin="key:\n")
    broker.produce(topic, lines([2]))
    refused = weir.run(EVENTS.format(address=broker.address, topic=topic, more=", stop = 'latest'"),
                       expect=1)
    assert "a tombstone: the record has no payload (null)" in refused.errors
    skipped = weir.run(EVENTS.format(address=broker.address, topic=topic,
                                     more=", stop = 'latest', on_error = 'skip'"))
    assert sorted(r["n"] for r in skipped.rows) == [1, 2]
    assert skipped.step("events")["bad_by_reason"] == {"tombstone": 1}
