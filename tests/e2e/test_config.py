"""Configuration: what a file says, which of flag, environment and file holds, what weir config
shows."""

import json
import os
import subprocess

import pytest

JOB = """CREATE TABLE rows (n int NOT NULL) WITH (connector = 'file', path = 'in.json');
SELECT n * 2 AS doubled FROM rows WHERE n > ${LEAST};"""


@pytest.fixture
def job(weir):
    (weir.folder / "in.json").write_text('{"n":1}\n{"n":2}\n{"n":3}\n')
    (weir.folder / "job.sql").write_text(JOB)
    return weir


def configure(weir, text):
    (weir.folder / "weir.yaml").write_text(text)


def weir_command(weir, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}
    return subprocess.run([weir.binary, *arguments], cwd=weir.folder, text=True, timeout=60,
                          env=clean | environment, capture_output=True, check=False)


def doubled(done):
    assert done.returncode == 0, done.stderr
    return sorted(json.loads(line)["doubled"] for line in done.stdout.splitlines())


def held(weir, *arguments, **environment):
    done = weir_command(weir, "config", "--json", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return {each["name"]: each for each in json.loads(done.stdout) if each["scope"] != "script"}


def test_a_file_fills_in_what_the_command_line_leaves_out(job):
    configure(job, "var: {LEAST: 1}\nrun:\n  quiet: true\n")
    done = weir_command(job, "run", "job.sql", "--config", "weir.yaml")
    assert doubled(done) == [4, 6]
    assert done.stderr == ""


def test_a_variable_comes_from_the_flag_then_the_environment_then_the_file(job):
    configure(job, "var: {LEAST: 0}\n")
    run = ["run", "-q", "job.sql", "--config", "weir.yaml"]
    assert doubled(weir_command(job, *run)) == [2, 4, 6]
    assert doubled(weir_command(job, *run, LEAST="1")) == [4, 6]
    assert doubled(weir_command(job, *run, "--var", "LEAST=2", LEAST="1")) == [6]


def test_the_environment_can_name_the_file(job):
    configure(job, "var: {LEAST: 2}\n")
    assert doubled(weir_command(job, "run", "-q", "job.sql", WEIR_CONFIG="weir.yaml")) == [6]


def test_a_setting_of_the_file_stands_over_the_script_and_below_the_flag(job):
    (job.folder / "job.sql").write_text("SET parallelism = 1;\n" + JOB)
    configure(job, "var: {LEAST: 0}\nset: {parallelism: 3}\n")
    explain = ["explain", "job.sql", "--json", "--config", "weir.yaml"]
    assert json.loads(weir_command(job, *explain).stdout)["options"]["parallelism"] == 3
    flagged = weir_command(job, *explain, "--set", "parallelism=4")
    assert json.loads(flagged.stdout)["options"]["parallelism"] == 4


def test_a_client_finds_its_coordinator_in_the_file(job):
    configure(job, "coordinator: 127.0.0.1:1\n")
    done = weir_command(job, "list", "--config", "weir.yaml")
    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stderr
    done = weir_command(job, "list", "--config", "weir.yaml", WEIR_COORDINATOR="127.0.0.1:2")
    assert "127.0.0.1:2" in done.stderr


@pytest.mark.parametrize("yaml, said", [
    ("memroy: 1GiB", 'weir.yaml:1: key "memroy" is no option of any command; did you mean'),
    ("run:\n  slots: 2", 'weir.yaml:2: key "slots" is no option of weir run, but of worker'),
    ("parallelism: many", "weir.yaml:1: parallelism: 'many' is not a whole number"),
    ("set: {paralelism: 2}", 'weir.yaml:1: setting "paralelism" does not exist; did you mean'),
    ("json: [", "weir.yaml:1:1: not YAML"),
    ("json: true\njson: true", 'weir.yaml:2: key "json" stands twice'),
])
def test_a_file_that_says_something_wrong_is_refused_by_its_line(job, yaml, said):
    configure(job, yaml)
    done = weir_command(job, "run", "job.sql", "--config", "weir.yaml")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_refused(job):
    done = weir_command(job, "run", "job.sql", "--config", "gone.yaml")
    assert done.returncode == 2
    assert "cannot read configuration file gone.yaml: No such file" in done.stderr


def test_config_shows_what_holds_and_where_it_comes_from(job):
    configure(job, "memory: 1GiB\nslots: 2\nworker:\n  slots: 3\n")
    options = held(job, "--config", "weir.yaml", "worker", "--listen", "localhost:0",
                   WEIR_MEMORY="2GiB")
    shown = {name: (options[name]["value"], options[name]["origin"], options[name].get("place"))
             for name in ("listen", "memory", "slots", "http")}
    assert shown == {"listen": ("localhost:0", "flag", "--listen"),
                     "memory": ("2GiB", "environment", "WEIR_MEMORY"),
                     "slots": ("3", "file", "weir.yaml:4"),
                     "http": ("localhost:7011", "default", None)}


def test_config_lists_each_key_with_value_default_unit_and_sentence(weir):
    options = json.loads(weir_command(weir, "config", "--json").stdout)
    assert {"memory", "tls-ca", "checkpoint_interval", "brokers"} <= {
        option["name"] for option in options}
    for option in options:
        assert option["meaning"] and option["unit"], option
        assert {"value", "default", "origin"} <= option.keys()
    text = weir_command(weir, "config").stdout
    assert "slots N\n    one for each core (default)\n    instances of jobs" in text


def test_config_says_which_setting_comes_from_the_file(weir):
    configure(weir, "set: {checkpoint_interval: 2 seconds}\n")
    done = weir_command(weir, "config", "--config", "weir.yaml")
    assert "checkpoint_interval interval\n    2 seconds (weir.yaml:1); default 1 second" in (
        done.stdout)


def test_config_hides_the_values_of_variables(weir):
    configure(weir, "var: {PASSWORD: geheim}\n")
    done = weir_command(weir, "config", "--config", "weir.yaml", "run", "--var", "TOKEN=secret")
    assert "PASSWORD=(hidden) TOKEN=(hidden)" in done.stdout
    assert "geheim" not in done.stdout
    assert "secret" not in done.stdout


def test_config_refuses_a_command_line_that_the_command_would_refuse(weir):
    done = weir_command(weir, "config", "worker", "--slot", "4")
    assert done.returncode == 2
    assert 'did you mean "--slots"?' in done.stderr
