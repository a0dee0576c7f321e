"""deploy/systemd, and the flags that all ways of running a cluster use."""

import re
import shutil
import subprocess

import pytest

from conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
EXPOSURE_MAX = 20  # tenths; systemd calls this "OK", and a service without limits has 96


@pytest.fixture(scope="module", params=UNITS, ids=[unit.name for unit in UNITS])
def unit(request, tmp_path_factory):
    """The unit, with a program that exists here; one of a template is called 1."""
    made = tmp_path_factory.mktemp("units") / request.param.name.replace("@.", "@1.")
    made.write_text(request.param.read_text().replace("/usr/local/bin/weir", shutil.which("true")))
    return made


def analyze(*arguments):
    assert shutil.which("systemd-analyze"), "not installed: run deploy/setup test"
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                          timeout=60, check=False)


def test_systemd_understands_every_line_of_a_unit(unit):
    done = analyze("verify", "--man=no", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_unit_may_do_no_more_than_it_must(unit):
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", unit)
    assert done.returncode == 0, done.stdout


def test_the_files_with_flags_hold_nothing_else():
    for path in DEPLOY.glob("systemd/*.env"):
        for line in path.read_text().splitlines():
            assert line.startswith("#") or re.fullmatch(r"WEIR_[A-Z_]+=\S+", line), line


def variables_of(*patterns):
    """Names WEIR_... in the files of deploy."""
    found = set()
    for pattern in patterns:
        for path in DEPLOY.glob(pattern):
            said = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
            found |= set(re.findall(r"\bWEIR_[A-Z_]+", said))
    return found


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def flags_of(binary, *commands):
    helped = "".join(output_of(binary, command, "--help") for command in commands)
    return set(re.findall(r"--([a-z-]+)", helped))


def test_every_variable_is_a_flag_of_the_binary(weir):
    flags = flags_of(weir.binary, "coordinator", "worker")
    used = variables_of("compose.yaml", "systemd/*", "kubernetes/**/*.yaml")
    assert {"WEIR_MEMORY", "WEIR_STORE", "WEIR_TOKEN_FILE"} <= used
    given = {name.removeprefix("WEIR_").lower().replace("_", "-") for name in used}
    assert given <= flags
