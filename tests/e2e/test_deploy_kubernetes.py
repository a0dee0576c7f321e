"""deploy/kubernetes: what is applied fits Kubernetes' own schemas, and its parts fit each other.

`rendered` does what the manifests here need of Kustomize: resources, patches by merging, and what
it generates. Where WEIR_KUSTOMIZE names the real program, as in tests/nightly, the same tests look
at what that makes.
"""

import os
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from conftest import ROOT

MANIFESTS = ROOT / "deploy/kubernetes"
FOLDERS = ["base", "overlays/local", "overlays/standby"]
# The oldest release that has all that is used, and the newest that there are schemas for.
VERSIONS = ["1.27", "1.37"]
KEYS = {"apiVersion", "kind", "namespace", "resources", "labels", "configMapGenerator",
        "secretGenerator", "images", "replicas", "patches"}
# Made by hand, as docs/deploy.md says.
MADE_BY_HAND = {("Secret", "weir-token")}


def merged(base, patch):
    """Mappings by key, lists of named things by name; anything else is replaced."""
    if isinstance(base, dict) and isinstance(patch, dict):
        return {**base, **{key: merged(base[key], value) if key in base else value
                           for key, value in patch.items()}}
    if isinstance(base, list) and base and isinstance(base[0], dict) and "name" in base[0]:
        patches = {item["name"]: item for item in patch}
        kept = [merged(item, patches.pop(item["name"], {})) for item in base]
        return kept + list(patches.values())
    return patch


def identity(resource):
    return resource["kind"], resource["metadata"]["name"]


def may_be_missing(path):
    """A file that holds a secret: git is told to leave it out."""
    return f"/{path.relative_to(ROOT)}" in (ROOT / ".gitignore").read_text().split("\n")


def generated(folder, kustomization):
    for kind, key in (("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")):
        for generator in kustomization.get(key, []):
            for name in generator.get("files", []):
                assert (folder / name).exists() or may_be_missing(folder / name), name
            data = dict(literal.split("=", 1) for literal in generator.get("literals", []))
            yield {"apiVersion": "v1", "kind": kind, "metadata": {"name": generator["name"]},
                   "data" if kind == "ConfigMap" else "stringData": data}


def rendered(name):
    """The resources of a folder by (kind, name), with those of the folders it builds on."""
    folder = MANIFESTS / name
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(kustomization) <= KEYS
    found = {}
    for path in kustomization["resources"]:
        if (folder / path).is_dir():
            found |= rendered((folder / path).resolve().relative_to(MANIFESTS))
        else:
            for resource in yaml.safe_load_all((folder / path).read_text()):
                assert identity(resource) not in found
                found[identity(resource)] = resource
    for resource in generated(folder, kustomization):
        found[identity(resource)] = merged(found.get(identity(resource), {}), resource)
    for patch in kustomization.get("patches", []):
        resource = yaml.safe_load((folder / patch["path"]).read_text())
        assert identity(resource) in found, f"{patch['path']} changes what is not there"
        found[identity(resource)] = merged(found[identity(resource)], resource)
    for count in kustomization.get("replicas", []):
        [workload] = [r for r in workloads(found) if r["metadata"]["name"] == count["name"]]
        workload["spec"]["replicas"] = count["count"]
    return found


def workloads(resources):
    return [r for r in resources.values() if r["kind"] in ("Deployment", "StatefulSet")]


def pods(resources):
    return [workload["spec"]["template"]["spec"] for workload in workloads(resources)]


def made_by_kustomize(program, name, folder):
    """The same from the real program, in a copy that has the token."""
    copied = folder / "kubernetes"
    shutil.copytree(MANIFESTS, copied)
    (copied / "overlays/local/token").write_text("0123456789abcdef\n")
    made = subprocess.run([program, "build", copied / name], check=True, capture_output=True,
                          text=True, timeout=60).stdout
    return {identity(resource): resource for resource in yaml.safe_load_all(made)}


@pytest.fixture(scope="module", params=FOLDERS)
def resources(request, tmp_path_factory):
    program = os.environ.get("WEIR_KUSTOMIZE")
    if not program:
        return rendered(request.param)
    made = made_by_kustomize(program, request.param, tmp_path_factory.mktemp("kustomize"))
    assert len(made) == len(rendered(request.param))
    return made


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_fits_the_schema_of_its_kind(resources, version):
    for resource in resources.values():
        kubernetes_validate.validate(resource, version, strict=True)


def test_what_a_pod_refers_to_is_there(resources):
    known = set(resources) | MADE_BY_HAND
    for pod in pods(resources):
        assert ("ServiceAccount", pod["serviceAccountName"]) in known
        volumes = {}
        for volume in pod["volumes"]:
            volumes[volume["name"]] = volume
            if "secret" in volume:
                assert ("Secret", volume["secret"]["secretName"]) in known
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert ("PersistentVolumeClaim", claim) in known
        for container in pod["containers"]:
            for source in container["envFrom"]:
                assert ("ConfigMap", source["configMapRef"]["name"]) in known
            assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)


def test_selectors_and_ports_lead_to_a_workload(resources):
    templates = [workload["spec"]["template"] for workload in workloads(resources)]
    # Kustomize adds this one everywhere.
    labels = [{"app.kubernetes.io/name": "weir", **template["metadata"]["labels"]}
              for template in templates]
    for resource in resources.values():
        selector = {"Service": lambda spec: spec["selector"],
                    "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
                    "NetworkPolicy": lambda spec: spec["podSelector"]["matchLabels"],
                    }.get(resource["kind"])
        if not selector:
            continue
        wanted = selector(resource["spec"])
        [template] = [template for template, having in zip(templates, labels)
                      if wanted.items() <= having.items()]
        ports = {port["name"] for container in template["spec"]["containers"]
                 for port in container["ports"]}
        if resource["kind"] == "Service":
            assert {port["targetPort"] for port in resource["spec"]["ports"]} <= ports
        for rule in resource["spec"].get("ingress", []):
            assert {port["port"] for port in rule["ports"]} <= ports


def test_pods_may_do_no_more_than_they_must(resources):
    for pod in pods(resources):
        assert pod["automountServiceAccountToken"] is False
        # Else a service becomes WEIR_... in every environment, as a flag would be.
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]}}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                assert container[probe]["httpGet"]["port"] == "http"


def bytes_of(quantity):
    return int(quantity[:-2]) * {"Mi": 2**20, "Gi": 2**30}[quantity[-2:]]


def test_memory_of_a_worker_is_what_it_asks_for_below_its_limit(resources):
    [worker] = resources["StatefulSet", "weir-worker"]["spec"]["template"]["spec"]["containers"]
    [memory] = [each for each in worker["env"] if each["name"] == "WEIR_MEMORY"]
    assert memory["valueFrom"]["resourceFieldRef"]["resource"] == "requests.memory"
    asked = bytes_of(worker["resources"]["requests"]["memory"])
    assert asked < bytes_of(worker["resources"]["limits"]["memory"])


@pytest.mark.parametrize("name", FOLDERS)
def test_no_secret_is_in_the_repository(name):
    for (kind, _), resource in rendered(name).items():
        if kind == "Secret":
            assert not resource["stringData"]
