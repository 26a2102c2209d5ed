"""The systemd unit and the Kubernetes manifests: what they start is there, and what they may do is little."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from exporter.config import load
from tests.servers import needed
from tests.test_deploy import ROOT
from tools.dockerfile import read

UNIT = ROOT / "deploy/order-health.service"
FOLDER = ROOT / "deploy/kubernetes"
MANIFESTS = {
    file.name: yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*.yaml"))
    if file.name != "config.yaml"
}
POD = MANIFESTS["deployment.yaml"]["spec"]["template"]
[CONTAINER] = POD["spec"]["containers"]
IMAGE = read(ROOT / "Dockerfile")[-1]


def analyzed(word, unit, *words):
    analyze = needed("systemd-analyze", "systemd")
    return subprocess.run([analyze, word, *words, unit], capture_output=True, text=True, check=False)


def test_systemd_takes_the_unit_as_it_is_written(tmp_path):
    """Where it will be installed, there is nothing to start yet."""
    unit = tmp_path / UNIT.name
    unit.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    told = analyzed("verify", unit, "--man=no")
    assert (told.returncode, told.stderr) == (0, "")


def test_the_unit_is_exposed_to_little():
    told = analyzed("security", UNIT, "--offline=true", "--threshold=12")
    assert told.returncode == 0, told.stdout
    assert re.search(r"Overall exposure level for order-health.service: 1\.[0-2] OK", told.stdout)


def test_the_unit_starts_what_the_documents_install():
    start = re.search(r"^ExecStart=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    deploy = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert "python3 -m venv /opt/order-health" in deploy
    assert start[0] == "/opt/order-health/bin/order-health"
    assert start[1:] == ["run", "--config.file", "/etc/order-health/config.yaml"]


def test_the_kustomization_names_files_that_are_there_and_leaves_the_secret_out():
    named = MANIFESTS["kustomization.yaml"]
    files = [*named["resources"], *(file for each in named["configMapGenerator"] for file in each["files"])]
    assert all((FOLDER / file).is_file() for file in files)
    assert "secret.example.yaml" not in files
    assert {file.name for file in FOLDER.iterdir()} - set(files) == {
        "kustomization.yaml",
        "secret.example.yaml",
        "monitor.yaml",
    }


def test_the_pod_has_no_right_that_it_does_not_need():
    pod, container = POD["spec"]["securityContext"], CONTAINER["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert f"{pod['runAsUser']}:{pod['runAsGroup']}" == IMAGE.last("USER")
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["spec"]["automountServiceAccountToken"] is False
    assert MANIFESTS["account.yaml"]["automountServiceAccountToken"] is False


def test_the_pod_keeps_its_state_where_the_image_does_and_reads_the_file_that_the_image_runs():
    mounts = {each["name"]: each for each in CONTAINER["volumeMounts"]}
    assert mounts["state"]["mountPath"] == IMAGE.last("VOLUME")
    assert mounts["config"]["readOnly"]
    assert f"{mounts['config']['mountPath']}/config.yaml" in IMAGE.argv("CMD")
    assert (
        POD["spec"]["volumes"][1]["persistentVolumeClaim"]["claimName"] == MANIFESTS["state.yaml"]["metadata"]["name"]
    )


def test_every_port_and_path_is_the_sidecars_own():
    [port] = CONTAINER["ports"]
    assert str(port["containerPort"]) == IMAGE.last("EXPOSE")
    site = (ROOT / "exporter/web/site.py").read_text(encoding="utf-8")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        asked = CONTAINER[probe]["httpGet"]
        assert asked["port"] == port["name"]
        assert f'"{asked["path"]}"' in site
    [service], [endpoint] = MANIFESTS["service.yaml"]["spec"]["ports"], MANIFESTS["monitor.yaml"]["spec"]["endpoints"]
    assert (service["name"], service["port"], service["targetPort"]) == (
        port["name"],
        port["containerPort"],
        port["name"],
    )
    assert (endpoint["port"], endpoint["path"]) == (port["name"], "/metrics")
    assert MANIFESTS["network.yaml"]["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": port["name"]}]


def test_everything_selects_the_pod():
    labels = POD["metadata"]["labels"]
    assert MANIFESTS["deployment.yaml"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["service.yaml"]["spec"]["selector"] == labels
    assert MANIFESTS["network.yaml"]["spec"]["podSelector"]["matchLabels"] == labels
    assert (
        MANIFESTS["monitor.yaml"]["spec"]["selector"]["matchLabels"] == MANIFESTS["service.yaml"]["metadata"]["labels"]
    )


def test_one_pod_at_a_time_has_the_state():
    spec = MANIFESTS["deployment.yaml"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_every_secret_of_the_configuration_comes_from_the_secret():
    written = (FOLDER / "config.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"!env (\w+)", written))
    given = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in CONTAINER["env"]}
    secret = MANIFESTS["secret.example.yaml"]
    assert asked == set(given) == set(secret["stringData"])
    assert all(given[name] == {"name": secret["metadata"]["name"], "key": name} for name in asked)
    assert set(secret["stringData"].values()) == {""}
    config = load(FOLDER / "config.yaml", dict.fromkeys(asked, "x" * 16))
    assert str(Path(config.state_url().database).parent) == IMAGE.last("VOLUME")


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_says_what_it_is(name):
    assert MANIFESTS[name]["apiVersion"]
    assert MANIFESTS[name]["kind"]
