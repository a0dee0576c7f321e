"""A job whose tables do not end together: what has ended stays so for the lives that follow."""

import pytest
from cluster import wait_for

JOB = """SET checkpoint_interval = '20 milliseconds';
CREATE TABLE pay (card text, at timestamptz NOT NULL)
  WITH (connector = 'file', path = 'pay', stop = '${STOP}', event_time = 'at');
CREATE TABLE calls (card text, at timestamptz NOT NULL)
  WITH (connector = 'file', path = 'calls.json', event_time = 'at');
CREATE TABLE both_of (card text, paid bigint, called bigint)
  WITH (connector = 'file', path = 'out', format = 'json');
INSERT INTO both_of
SELECT p.card, p.n, c.n
FROM (SELECT card, count(*) AS n, window_start, window_end FROM tumble(pay, at, INTERVAL '1 hour')
      GROUP BY card, window_start, window_end) p
JOIN (SELECT card, count(*) AS n, window_start, window_end FROM tumble(calls, at, INTERVAL '1 hour')
      GROUP BY card, window_start, window_end) c
ON p.card = c.card AND p.window_start = c.window_start AND p.window_end = c.window_end;"""


@pytest.mark.parametrize("parallelism", ["1", "2", "3"])
def test_windows_close_when_the_last_table_ends(weir, parallelism):
    folder = weir.folder
    (folder / "pay").mkdir()
    (folder / "pay" / "1.json").write_text('{"card":"a","at":"2024-01-01T00:10:00Z"}\n'
                                           '{"card":"b","at":"2024-01-01T00:20:00Z"}\n')
    (folder / "calls.json").write_text('{"card":"a","at":"2024-01-01T00:30:00Z"}\n'
                                       '{"card":"a","at":"2024-01-01T00:40:00Z"}\n')
    arguments = ("--state", str(folder / "state"), "--parallelism")
    epochs = set()

    def some_checkpoints():
        epochs.update(path.parent.name for path in folder.glob("state/**/committed"))
        return len(epochs) > 5
    with weir.start(JOB, *arguments, "2", STOP="never") as job:
        wait_for("calls to have ended at a checkpoint", some_checkpoints)
        job.kill()
    weir.run(JOB, *arguments, parallelism, STOP="end")
    lines = [line for part in folder.glob("out/part-*") for line in part.read_text().splitlines()]
    assert lines == ['{"card":"a","paid":1,"called":2}']
