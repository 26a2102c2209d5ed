"""The wheel is whole: installed where no checkout is, order-health runs, and brings what it needs with it."""

from __future__ import annotations

import ast
import os
import re
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from contextlib import closing
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from exporter import mapping, probes
from tests.commands.test_demo import page, until
from tests.shop.test_presets import schema

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SUITE = ROOT / "tests/rules/negative_stock.test.yml"


def ran(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, **more)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("dist")
    told = ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place), cwd=ROOT)
    assert told.returncode == 0, f"{told.stderr}\n`pip install hatchling` brings what builds it"
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def home(wheel, tmp_path_factory):
    """A fresh environment with nothing of ours but the wheel; the dependencies are those that the tests run with."""
    home = tmp_path_factory.mktemp("installed")
    ran(sys.executable, "-m", "venv", "--without-pip", str(home))
    install = ("install", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel))
    told = ran(sys.executable, "-m", "pip", "--python", str(home / "bin/python"), *install)
    assert told.returncode == 0, told.stderr
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


@pytest.fixture
def order_health(home, tmp_path):
    """Runs the installed command in an empty folder, as somebody without a checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def command(*words):
        return ran(str(home / "bin/order-health"), *words, cwd=tmp_path, env=env)

    return command


def test_the_installed_command_is_the_wheels_own(home, order_health):
    assert order_health("--version").stdout.startswith("order-health ")
    where = ran(str(home / "bin/python"), "-I", "-c", "import exporter; print(exporter.__file__)")
    assert Path(where.stdout).is_relative_to(home)


def test_the_wheel_has_rules_runbooks_presets_and_pages(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"exporter/_share/rules/{probe}.yml" for probe in probes.known() if probe != "sql"}
    wanted |= {f"exporter/_share/runbooks/{probe}{ending}" for probe in probes.known() for ending in (".md", ".en.md")}
    wanted |= {f"exporter/presets/{name}.yaml" for name in mapping.presets()}
    wanted |= {
        str(file.relative_to(ROOT))
        for file in (ROOT / "exporter").rglob("*")
        if file.suffix in {".html", ".css", ".js"}
    }
    assert wanted - names == set()
    assert not {name for name in names if "__pycache__" in name or name.startswith("tests")}


def test_people_who_install_the_wheel_find_rules_dashboards_and_the_example(home):
    share = home / "share/order-health"
    assert {file.name for file in (share / "rules").iterdir()} == {file.name for file in (ROOT / "rules").iterdir()}
    assert [*(share / "grafana/dashboards").rglob("*.json")]
    assert (share / "config.example.yaml").is_file()
    assert (share / "order-health.service").is_file()


def test_the_demo_runs_from_the_wheel_and_serves_runbooks(home, tmp_path):
    words = [str(home / "bin/order-health"), "demo", "--web.listen-address", "127.0.0.1:0", "--for", "60s"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        try:
            origin = re.search(r"http://127\.0\.0\.1:\d+", demo.stdout.readline())[0]
            until(lambda: "order_health_pending_paid_orders" in page(origin, "metrics"))
            assert "<h1" in page(origin, "runbooks/pending_paid")
            until(lambda: "89" in page(origin, "rooms"))
        finally:
            demo.send_signal(signal.SIGINT)
    assert demo.returncode == 0


def test_init_and_check_know_the_presets(order_health, tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        shop.executescript(schema("mall"))
    told = order_health("init", f"sqlite:///{tmp_path}/shop.db")
    assert told.returncode == 0, told.stderr
    assert "The preset mall fits" in told.stdout
    assert "ok       " in order_health("check", "--config.file", "config.yaml").stdout


def test_the_rules_that_came_along_pass_their_tests(home, order_health, tmp_path):
    rules = home / "share/order-health/rules/negative_stock.yml"
    suite = SUITE.read_text(encoding="utf-8").replace("../../rules/negative_stock.yml", str(rules))
    (tmp_path / "suite.yml").write_text(suite, encoding="utf-8")
    told = order_health("rules", "test", "suite.yml")
    assert (told.returncode, "SUCCESS" in told.stdout) == (0, True), told.stderr


def test_the_metadata_is_what_an_index_shows(wheel):
    with zipfile.ZipFile(wheel) as opened:
        [name] = [each for each in opened.namelist() if each.endswith(".dist-info/METADATA")]
        metadata = message_from_bytes(opened.read(name))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["Requires-Python"] == PROJECT["requires-python"]


def test_everything_that_is_imported_is_asked_for():
    """An import that only a developer's machine happens to satisfy would fail at the first customer."""
    asked = [
        *PROJECT["dependencies"],
        *(each for extra in ("postgres", "rocketmq", "kafka") for each in PROJECT["optional-dependencies"][extra]),
    ]
    known = {re.match(r"[\w.-]+", each)[0].lower().replace("_", "-") for each in asked}
    known |= {"pydantic-core", "markupsafe"}  # what pydantic and Jinja are made of
    given, lacking = packages_distributions(), {}
    for file in (ROOT / "exporter").rglob("*.py"):
        for module in _imported(ast.parse(file.read_text(encoding="utf-8"))):
            names = {name.lower().replace("_", "-") for name in given.get(module, [module])}
            if module not in sys.stdlib_module_names | {"exporter", "_typeshed"} and not names & known:
                lacking[module] = str(file.relative_to(ROOT))
    assert lacking == {}


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]
