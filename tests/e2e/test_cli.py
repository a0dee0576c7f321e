"""The command line: what it prints, where, and with which exit code."""

import json
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


def test_config_lists_every_option_with_its_meaning(weir):
    options = json.loads(weir_command(weir, "config", "--json").stdout)
    assert {"parallelism", "event_time", "brokers"} <= {option["name"] for option in options}
    assert all(option["meaning"] for option in options)
    assert "watermark_delay" in weir_command(weir, "config").stdout


@pytest.mark.parametrize("arguments, said", [
    (["run"], "name a job file"),
    (["run", "missing.sql"], "missing.sql"),
    (["run", "job.sql", "--set", "paralelism=2"], "parallelism"),
    (["run", "job.sql", "--parallelism", "0"], "parallelism"),
    (["runn"], "weir help"),
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


def test_help_and_version_are_for_standard_output(weir):
    assert "run" in weir_command(weir, "help").stdout
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
