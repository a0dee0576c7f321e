"""The command line: what it prints, where, and with which exit code."""

import json
import os
import pty
import select
import subprocess

import pytest

JOB = """CREATE TABLE rows (n int NOT NULL) WITH (connector = 'file', path = 'in.json');
SELECT n * 2 AS doubled FROM rows WHERE n > ${LEAST:-0};"""


@pytest.fixture
def job(weir):
    (weir.folder / "in.json").write_text('{"n":1}\n{"n":2}\n{"n":3}\n')
    (weir.folder / "job.sql").write_text(JOB)
    return weir


def weir_command(weir, *arguments):
    return subprocess.run([weir.binary, *arguments], cwd=weir.folder, text=True,
                          capture_output=True, timeout=60, check=False)


def test_results_go_to_standard_output_and_the_summary_to_standard_error(job):
    done = weir_command(job, "run", "job.sql", "--var", "LEAST=1")
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == ['{"doubled":4}', '{"doubled":6}']
    assert "table rows (read): 3 rows in" in done.stderr
    assert "every row is accounted for" in done.stderr


def test_quiet_says_nothing(job):
    assert weir_command(job, "run", "-q", "job.sql").stderr == ""


def test_every_form_of_explain_names_the_steps(job):
    for form in ("text", "json", "yaml", "dot"):
        done = weir_command(job, "explain", "job.sql", "--format", form)
        assert done.returncode == 0, done.stderr
        assert "stdout" in done.stdout
        assert "rows" in done.stdout


def test_the_yaml_of_explain_runs(job):
    graph = weir_command(job, "explain", "job.sql", "--format", "yaml").stdout
    (job.folder / "graph.yaml").write_text(graph)
    done = weir_command(job, "run", "-q", "graph.yaml")
    assert sorted(done.stdout.splitlines()) == ['{"doubled":2}', '{"doubled":4}', '{"doubled":6}']


@pytest.mark.parametrize("arguments, said", [
    (["run"], "name a job file"),
    (["run", "missing.sql"], "missing.sql"),
    (["run", "job.sql", "--set", "paralelism=2"], "parallelism"),
    (["run", "job.sql", "--parallelism", "0"], "parallelism"),
    (["runn"], 'did you mean "run"?'),
    (["run", "--memroy", "1GiB", "job.sql"], 'did you mean "--memory"?'),
    (["run", "job.sql", "--fork"], "--from SAVEPOINT"),
    (["help", "rn"], 'did you mean "run"?'),
    ([], "usage: weir COMMAND"),
    (["run", "-c", "SELEC 1"], "SELEC"),
])
def test_what_cannot_be_used_is_refused_with_2(job, arguments, said):
    done = weir_command(job, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_job_that_fails_ends_with_1_and_shows_the_record(job):
    (job.folder / "in.json").write_text('{"n":1}\n{"n":"x"}\n')
    done = weir_command(job, "run", "job.sql")
    assert done.returncode == 1
    assert '{"n":"x"}' in done.stderr
    assert "in.json" in done.stderr


GENERATED = """CREATE TABLE tx (id text NOT NULL, at timestamptz NOT NULL) WITH (
  connector = 'generator', dataset = 'card_transactions', rate = '1000', event_time = 'at');
CREATE TABLE nowhere (id text) WITH (connector = 'blackhole');
INSERT INTO nowhere SELECT id FROM tx;"""


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, folder, **environment):
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, os.environ | environment)

    def read_until(self, wanted):
        while wanted not in self.shown:
            self.shown += self.read()

    def read(self):
        assert select.select([self.terminal], [], [], 60)[0], self.shown
        return os.read(self.terminal, 65536)

    def interrupt(self):
        os.write(self.terminal, b"\x03")
        try:
            while part := self.read():
                self.shown += part
        except OSError:  # The other side has closed it.
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_terminal_shows_rate_lag_and_checkpoints_while_the_job_runs(weir):
    (weir.folder / "job.sql").write_text(GENERATED)
    terminal = Terminal([weir.binary, "run", "job.sql", "--state", "state"], weir.folder)
    terminal.read_until(b" checkpoint")
    assert terminal.interrupt() == 130
    assert b"rows in (" in terminal.shown
    assert b"  lag " in terminal.shown
    assert b"job job stopped after" in terminal.shown


def test_no_color_makes_a_terminal_a_pipe(weir):
    (weir.folder / "job.sql").write_text(GENERATED)
    command = [weir.binary, "run", "job.sql", "--http", "localhost:0"]
    terminal = Terminal(command, weir.folder, NO_COLOR="1")
    terminal.read_until(b"http.ready")
    assert terminal.interrupt() == 130
    assert b"\x1b" not in terminal.shown
    assert b"job job stopped after" in terminal.shown


def test_a_job_that_is_finished_says_so_and_ends_with_0(job):
    run = ["run", "job.sql", "--state", "state"]
    assert weir_command(job, *run).returncode == 0
    again = weir_command(job, *run)
    assert (again.returncode, again.stdout) == (0, "")
    assert "job job has read all its input and is finished" in again.stderr
    for_programs = weir_command(job, *run, "--json")
    assert json.loads(for_programs.stderr) == {"job": "job", "state": "finished",
                                               "was_finished": True}


@pytest.mark.parametrize("arguments", [
    ["explain", "job.sql"], ["config"], ["config", "--json"], ["help"], ["run", "--help"]])
def test_a_result_that_cannot_be_written_is_told(job, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([job.binary, *arguments], cwd=job.folder, text=True, stdout=full,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 1
    assert "cannot write to standard output: No space left on device" in done.stderr


def test_help_and_version_are_for_standard_output(weir):
    assert "run" in weir_command(weir, "help").stdout
    of_run = weir_command(weir, "help", "run").stdout
    assert "--parallelism N" in of_run
    assert of_run == weir_command(weir, "run", "--help").stdout
    assert weir_command(weir, "--version").stdout.startswith("weir ")


def test_without_a_coordinator_a_client_ends_with_exit_code_three(job):
    done = weir_command(job, "submit", "job.sql", "--coordinator", "127.0.0.1:1")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "cannot reach the coordinator at 127.0.0.1:1: start it" in done.stderr


def test_a_client_refuses_what_it_can_refuse_itself(job):
    (job.folder / "open.sql").write_text("SELECT '${NOBODY_SETS_THIS}' AS a;")
    for arguments in (["submit", "open.sql"], ["submit", "gone.sql"], ["submit"], ["show"],
                      ["rescale", "job", "0"], ["list", "--token-file", "gone"]):
        assert weir_command(job, *arguments).returncode == 2, arguments
