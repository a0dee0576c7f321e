"""deploy/compose.yaml and what it mounts: schemas, references, and queries that mean something.

No container engine runs here, so nothing is started: files are held against the schema of the
Compose specification, against each other, and against the binary.
"""

import json
import re
import subprocess
import sys

import promql_parser
import pytest
import yaml

from conftest import ROOT

DEPLOY = ROOT / "deploy"
DASHBOARDS = sorted(DEPLOY.glob("grafana/dashboards/*.json"))


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def load(path):
    return yaml.safe_load((DEPLOY / path).read_text())


def test_the_compose_file_fits_the_schema_of_the_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
               DEPLOY / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_whatever_a_service_refers_to_is_there(compose):
    for name, service in compose["services"].items():
        for other, condition in service.get("depends_on", {}).items():
            needed = compose["services"][other]
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in needed, f"{name} waits for {other}, which has none"
            if condition["condition"] == "service_completed_successfully":
                assert needed["restart"] != "unless-stopped", f"{other} never ends"
        for secret in service.get("secrets", []):
            assert secret in compose["secrets"]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name} mounts {source}"
            else:
                assert source in compose["volumes"], f"{name} mounts {source}"
    used = [volume.split(":")[0] for service in compose["services"].values()
            for volume in service.get("volumes", [])]
    assert set(compose["volumes"]) <= set(used)


def test_only_this_machine_reaches_the_ports(compose):
    for service in compose["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_weir_runs_with_no_more_than_it_needs(compose):
    ours = [s for s in compose["services"].values() if s["image"].startswith("weir")]
    assert len(ours) == 5
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["build"]["dockerfile"] == "deploy/Dockerfile"


def test_no_secret_is_in_the_repository(compose):
    ignored = (ROOT / ".gitignore").read_text().split("\n")
    for secret in compose["secrets"].values():
        assert f"/deploy/{secret['file'].removeprefix('./').split('/')[0]}/" in ignored
    assert not (DEPLOY / "Dockerfile.dockerignore").read_text().count("!deploy/secrets")


def test_the_scripts_that_are_run_and_submitted_are_accepted(weir, compose):
    for name in ("generator", "submit"):
        command = compose["services"][name]["command"]
        script = ROOT / "docs/examples/fraud" / command[1].removeprefix("/jobs/")
        variables = [re.sub(r"\$\{\w+:-(\w+)\}", r"\1", command[at + 1])
                     for at, word in enumerate(command) if word == "--var"]
        arguments = [argument for variable in variables for argument in ("--var", variable)]
        done = subprocess.run([weir.binary, "explain", script, *arguments], capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


def test_prometheus_asks_every_process_on_its_port(compose):
    [job] = load("prometheus/prometheus.yaml")["scrape_configs"]
    asked = {target for group in job["static_configs"] for target in group["targets"]}
    serving = set()
    for name, service in compose["services"].items():
        command = service.get("command", [])
        if "--http" in command:
            port = command[command.index("--http") + 1].split(":")[-1]
            serving.add(f"{name}:{port}")
    assert asked == serving
    assert job["honor_labels"] is True  # `job` is a job of Weir
    secret = job["authorization"]["credentials_file"].removeprefix("/run/secrets/")
    assert secret in compose["services"]["prometheus"]["secrets"]


def dashboard_queries():
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"]


def alert_queries():
    for group in load("prometheus/alerts.yaml")["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]


QUERIES = [*dashboard_queries(), *alert_queries()]


def parsed(query):
    """The query, with Grafana's variables filled in."""
    return promql_parser.parse(query.replace("$__rate_interval", "1m").replace("$job", ".*"))


def metrics_of(query):
    """Names of metrics, and no labels or functions."""
    return set(re.findall(r"\b(weir_\w+|up)\b(?=[{\[\s)]|$)", re.sub(r'"[^"]*"', "", query)))


@pytest.mark.parametrize("name, query", QUERIES)
def test_a_query_parses_and_asks_for_something(name, query):
    assert parsed(query), name
    assert metrics_of(query)


def test_every_metric_that_is_asked_for_is_documented():
    page = ROOT / "docs/metrics.md"
    asked = set().union(*(metrics_of(query) for _, query in QUERIES)) - {"up"}
    assert len(asked) > 10
    if page.exists():
        assert asked <= set(re.findall(r"\bweir_\w+", page.read_text()))


@pytest.mark.parametrize("path", DASHBOARDS, ids=[path.name for path in DASHBOARDS])
def test_a_dashboard_uses_the_provisioned_source_and_no_place_twice(path):
    [source] = load("grafana/provisioning/datasources/prometheus.yaml")["datasources"]
    dashboard = json.loads(path.read_text())
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert panel["datasource"]["uid"] == source["uid"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, f"{panel['title']} overlaps another panel"
        taken |= cells


def test_grafana_finds_the_dashboards_where_they_are_mounted(compose):
    [provider] = load("grafana/provisioning/dashboards/weir.yaml")["providers"]
    grafana = compose["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.removeprefix(provider["options"]["path"] + "/") in [p.name for p in DASHBOARDS]
