"""What is shipped to run order-health with: the image, the compose file, the demo shop, Prometheus' files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from exporter.commands import once, opened
from exporter.config import load
from tests.servers import needed
from tests.servers.mariadb import MariaDB
from tools.dockerfile import Stage, assignments, copied, read

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.fixture
def stages() -> list[Stage]:
    return read(ROOT / "Dockerfile")


def test_the_image_runs_as_nobody_in_particular(stages):
    assert stages[-1].last("USER") == "10001:10001"


def test_the_image_starts_the_sidecar_and_asks_after_its_health(stages):
    assert stages[-1].argv("ENTRYPOINT") == ["order-health"]
    assert stages[-1].argv("CMD")[0] == "run"
    assert "/-/healthy" in stages[-1].argv("HEALTHCHECK")[-1]


def test_whatever_is_installed_into_the_image_is_hashed_or_our_own(stages):
    installs = [
        part
        for stage in stages
        for step in stage.steps
        for part in step.rest.split("&&")
        if step.word == "RUN" and "pip install" in part
    ]
    assert len(installs) == 3
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)


def test_the_build_context_has_every_file_that_the_image_copies(stages):
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for stage in stages:
        for step in stage.steps:
            if step.word == "COPY" and (found := copied(step.rest))[0] is None:
                for source in found[1]:
                    assert (ROOT / source).exists()
                    assert f"!{source}" in kept


def test_only_the_final_stage_keeps_state_and_only_in_its_volume(stages):
    final = stages[-1]
    env = {name: value for step in final.steps if step.word == "ENV" for name, value in assignments(step.rest).items()}
    assert final.last("VOLUME") == final.last("WORKDIR") == env["TMPDIR"] == "/var/lib/order-health"


def test_an_unknown_instruction_is_a_fault_with_its_line(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN true \\\n  && true\nADD x /\n")
    with pytest.raises(ValueError, match="Dockerfile:4: ADD"):
        read(tmp_path / "Dockerfile")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_and_hashes_everything_and_names_no_place(lock):
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|find-links|index-url|@ file", text)
    for block in re.split(r"\n(?=\S)", text.strip()):
        if not block.startswith("#"):
            assert re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", block)
            assert "--hash=sha256:" in block


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_of_the_compose_file_has_a_fixed_version(name):
    assert re.search(r":v?\d+\.\d+\.\d+$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_port_is_open_on_this_machine_only(name):
    assert all(re.match(r"127\.0\.0\.1:\d+:\d+$", port) for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_a_secret_is_asked_for_and_has_no_default(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        if variable.endswith(("PASSWORD", "TOKEN", "SECRET", "KEY")):
            assert re.match(r"\$\{\w+:\?", value) or variable == "MARIADB_RANDOM_ROOT_PASSWORD"
            assert value[2:].split(":")[0] in (ROOT / "deploy/env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", set(SERVICES) - {"order-health"})
def test_every_service_tells_whether_it_is_healthy(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_is_mounted_is_there(name):
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_prometheus_finds_our_rules_here_and_in_the_compose_file():
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text(encoding="utf-8"))
    assert prometheus["rule_files"] == ["../rules/*.yml"]
    assert "./rules:/etc/rules:ro" in SERVICES["prometheus"]["volumes"]


@pytest.mark.server
def test_the_demo_shop_holds_the_reference_incident_and_lets_the_sidecar_read_only(tmp_path, monkeypatch):
    server = MariaDB("--default-time-zone=+08:00")
    monkeypatch.setenv("SHOP_DB_PASSWORD", "it's secret")
    try:
        server.start().execute("CREATE DATABASE shop")
        client = f"{needed('mariadb', 'mariadb-client')} --no-defaults -uroot -h127.0.0.1 -P{server.port} --skip-ssl"
        for mount in sorted(SERVICES["shop"]["volumes"], key=lambda mount: mount.split(":")[1]):
            source = ROOT / mount.split(":")[0]
            if source.suffix == ".sql":
                subprocess.run([*client.split(), "shop"], input=source.read_bytes(), check=True)
        sourced = f"docker_process_sql() {{ {client} mysql; }}\n. {ROOT / 'deploy/demo/30-account.sh'}"
        subprocess.run(["bash", "-euc", sourced], check=True)

        written = (ROOT / "deploy/order-health.yaml").read_text(encoding="utf-8")
        file = tmp_path / "config.yaml"
        file.write_text(written.replace("@shop/", f"@127.0.0.1:{server.port}/"))
        config = load(str(file))
        shop = opened(config)["demo"]
        paid, stock = (next(once(config, shop, probe))[0] for probe in ("pending_paid", "negative_stock"))
        shop.close()
        assert not paid.error
        assert not stock.error
        assert _total(paid, "order_health_pending_orders") == 142
        assert _total(paid, "order_health_pending_paid_orders") == 89
        assert _total(stock, "order_health_negative_stock_skus") == 1
        grants = {row[0].split(" ON ")[0] for row in server.execute("SHOW GRANTS FOR order_health")[1:]}
        assert grants == {"GRANT SELECT"}
    finally:
        server.remove()


def _total(reading, name):
    return sum(sample.value for sample in reading.samples if sample.metric.name == name)
