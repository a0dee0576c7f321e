"""A file that is read in ranges of 64 MiB, side by side: each of its rows is there once, also after
kills at any moment and with any parallelism."""

import random

import pytest
from conftest import weir_in
from test_crashes import FileJob, Lives, kill_at_random_moments, output_of

ROWS = 1_100
ROW_BYTES = 128 << 10  # In all 138 MiB: three ranges.

JOB = """
SET checkpoint_interval = '{interval} milliseconds';
CREATE TABLE big (n bigint, filler text)
  WITH (connector = 'file', path = '{folder}/big.json', format = 'json', split = 'range');
CREATE TABLE numbers (n bigint, size int)
  WITH (connector = 'file', path = '{out}/numbers', format = 'json');
INSERT INTO numbers SELECT n, length(filler) FROM big;
"""


@pytest.fixture(scope="module", name="world")
def world_of(tmp_path_factory):
    """A folder with a large file, and what is to be made of it."""
    folder = tmp_path_factory.mktemp("ranges")
    filler = "x" * ROW_BYTES
    with open(folder / "big.json", "w", encoding="ascii") as file:
        for n in range(ROWS):
            file.write(f'{{"n":{n},"filler":"{filler}"}}\n')
    yield folder, {"numbers": sorted(f'{{"n":{n},"size":{ROW_BYTES}}}' for n in range(ROWS))}
    (folder / "big.json").unlink()


class RangeJob(FileJob):
    script = JOB


@pytest.mark.parametrize("parallelism", (1, 3))
def test_each_row_of_a_large_file_is_read_once(world, tmp_path, parallelism):
    folder, expected = world
    run = weir_in(tmp_path).run(JOB.format(folder=folder, out=tmp_path / "out", interval=1000),
                                f"--parallelism={parallelism}")
    assert output_of(tmp_path / "out") == expected
    assert run.summary["steps"][0]["rows_out"] == ROWS


def test_each_row_of_a_large_file_is_read_once_over_kills(world, tmp_path):
    kill_at_random_moments(Lives(RangeJob(world, tmp_path), tmp_path, random.Random(7)))
