"""The container image: its last step makes the root file system, and the binary runs in it."""

import re
import subprocess

from conftest import ROOT


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=120, check=False)


def test_the_binary_runs_in_the_root_of_the_image(weir, tmp_path):
    made = run(ROOT / "deploy/image/runtime", weir.binary, tmp_path / "image")
    assert made.returncode == 0, made.stderr
    checked = run(ROOT / "tests/e2e/image_check", tmp_path / "image")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_missing_library_is_found_when_the_image_is_made(weir, tmp_path):
    """The loader of this machine finds none of the libraries of a binary that names others."""
    broken = tmp_path / "weir"
    data = open(weir.binary, "rb").read()
    broken.write_bytes(data.replace(b"libstdc++.so.6\0", b"libstdc++.so.9\0"))
    broken.chmod(0o755)
    made = run(ROOT / "deploy/image/runtime", broken, tmp_path / "image")
    assert made.returncode == 1
    assert "libstdc++.so.9 => not found" in made.stderr


def instructions():
    """(instruction, arguments) of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "deploy/Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).split("\n")
    return [tuple(line.split(" ", 1)) for line in lines if line]


def test_the_image_runs_as_a_numbered_user_without_a_shell():
    final = instructions()
    final = final[[index for index, line in enumerate(final) if line[0] == "FROM"][-1]:]
    said = dict(final)
    assert said["FROM"] == "scratch"
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", said["USER"])
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert said["ENTRYPOINT"] == '["/usr/local/bin/weir"]'
    assert said["CMD"].startswith("[")
    assert "RUN" not in said and "ADD" not in said


def test_the_image_has_the_version_of_the_binary(weir):
    version = run(weir.binary, "--version").stdout.split()[-1]
    assert ("ARG", f"VERSION={version}") in instructions()
    base = (ROOT / "deploy/kubernetes/base/kustomization.yaml").read_text()
    assert f"newTag: {version}\n" in base


def test_the_image_is_built_by_scripts_that_are_tested():
    """Whatever a step runs is a script of deploy/ that the build is given."""
    given = (ROOT / "deploy/Dockerfile.dockerignore").read_text().split("\n")
    for name, arguments in instructions():
        if name == "RUN":
            script = arguments.split(" ")[0]
            assert (ROOT / script).is_file()
            assert any(script.startswith(line[1:]) for line in given if line.startswith("!"))
