"""Between a real Prometheus, real Alertmanagers and a strict room: nothing lost, nothing twice, as docs/setups.md has it."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from exporter.config import load
from exporter.demo.robots import rooms
from exporter.web.server import Server
from tests.probes.plain import on_sqlite
from tests.servers import alertmanager, free_port, prometheus
from tests.servers.alertmanager import amtool
from tests.shops import SECRETS, eventually

pytestmark = pytest.mark.server

ROOT = Path(__file__).parent.parent
TOKEN = "c4nary-alertmanager"
CONFIG = """\
shops:
  main:
    database: {database}
    tables: plain
    probes: {{negative_stock: {{every: 500ms}}}}
channels:
  ops: {{kind: dingtalk, token: {TOKEN}, secret: {SECRET}, endpoint: "{origin}/robot/send"}}
  {more}
alerts: {{every: 1s, {alerts}}}
web: {{listen: "127.0.0.1:{port}", external_url: http://oh.example.com}}
language: en
"""
HEARS = f"from: alertmanager, alertmanager: {{token: {TOKEN}, same_within: 20s}}, routes: [{{to: [ops]}}]"


def snippets(name: str) -> list[str]:
    """The blocks of docs/setups that are this file, in both languages."""
    pages = [(ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("setups.md", "setups.zh-CN.md")]
    return [
        block for page in pages for block in re.findall(rf"```yaml\n# {re.escape(name)}\n(.*?)```", page, re.DOTALL)
    ]


class Sidecar:
    """`order-health run` as a process over a plain shop, and its room, which may be closed."""

    def __init__(self, folder: Path, alerts: str = HEARS, more: str = "") -> None:
        self.folder, self.port, self.street = folder, free_port(), None
        self.room_port = free_port()
        self.room = rooms(lambda: datetime.now(UTC), dingtalk_token=SECRETS["TOKEN"], dingtalk_secret=SECRETS["SECRET"])
        self.shop = on_sqlite(folder)
        origin = f"http://127.0.0.1:{self.room_port}"
        text = CONFIG.format(
            **(SECRETS | {"alerts": alerts, "more": more}), database=self.shop.url, origin=origin, port=self.port
        )
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        self.log = (folder / "log").open("a+", encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "exporter", "run", "--config.file", str(self.folder / "config.yaml")]
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)
        eventually(lambda: self._serves() or self.process.poll() is not None, 30)

    def _serves(self) -> bool:
        import socket

        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def open_room(self) -> None:
        self.street = Server(self.room.app(), f"127.0.0.1:{self.room_port}")
        self.street.start()

    def titles(self) -> list[str]:
        bodies = [message.body for message in list(self.room.dingtalk.messages)]
        return [body.get("actionCard", body.get("markdown", {})).get("title", "") for body in bodies]

    def text(self) -> str:
        return json.dumps([each.body for each in list(self.room.dingtalk.messages)], ensure_ascii=False)

    def state(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "order-health.db", isolation_level=None, timeout=0.1)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        if self.street:
            self.street.stop()
        self.shop.close()
        self.log.close()


@contextmanager
def sidecar(folder: Path, *, open_room: bool = True, **more):
    folder.mkdir(exist_ok=True)
    opened = Sidecar(folder, **more)
    try:
        if open_room:
            opened.open_room()
        opened.start()
        yield opened
    finally:
        opened.close()


def posting_to(opened: Sidecar, **route) -> str:
    """The alertmanager.yml of the page, with this sidecar in it and shorter intervals."""
    config = yaml.safe_load(snippets("alertmanager.yml")[0])
    config["route"] |= {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h", **route}
    [hook] = config["receivers"][0]["webhook_configs"]
    hook["url"] = f"http://127.0.0.1:{opened.port}/alertmanager"
    hook["http_config"] = {"authorization": {"credentials": TOKEN}}
    return yaml.safe_dump(config)


def alert(name: str) -> dict[str, object]:
    """Fires since a minute ago."""
    now = datetime.now(UTC)
    return {
        "labels": {"alertname": name, "severity": "warning", "shop": "main"},
        "annotations": {"summary": f"{name} is broken", "summary_en": f"{name} is broken"},
        "startsAt": (now - timedelta(minutes=1)).isoformat(),
        "endsAt": (now + timedelta(minutes=5)).isoformat(),
    }


def over(firing: dict[str, object]) -> dict[str, object]:
    return {**firing, "endsAt": datetime.now(UTC).isoformat()}


def anew(ended: dict[str, object]) -> dict[str, object]:
    now = datetime.now(UTC)
    return {**ended, "startsAt": now.isoformat(), "endsAt": (now + timedelta(minutes=5)).isoformat()}


@pytest.mark.parametrize("name", ["alertmanager.yml", "prometheus.yml", "config.yaml"])
def test_the_examples_of_the_page_are_taken_as_they_stand(tmp_path, name, monkeypatch):
    english, chinese = snippets(name)
    assert english == chinese
    file = tmp_path / name
    file.write_text(english, encoding="utf-8")
    if name == "alertmanager.yml":
        checked = amtool("check-config", str(file))
        assert checked.returncode == 0, checked.stdout + checked.stderr
    elif name == "prometheus.yml":
        checked = prometheus.promtool("check", "config", str(file))
        assert checked.returncode == 0, checked.stdout + checked.stderr
    else:
        for variable in ("DINGTALK_TOKEN", "DINGTALK_SECRET", "ALERTMANAGER_TOKEN"):
            monkeypatch.setenv(variable, "c4nary-c4nary")
        shop = "shops: {main: {database: 'sqlite:///s.db', tables: plain, probes: {negative_stock: {}}}}\n"
        file.write_text(shop + english, encoding="utf-8")
        assert load(file).alerts.source == "alertmanager"


def test_from_our_rules_in_prometheus_through_alertmanager_to_a_card_with_our_evidence(tmp_path):
    with sidecar(tmp_path / "oh") as opened, alertmanager.running(tmp_path, posting_to(opened)) as [manager]:
        config = yaml.safe_load(snippets("prometheus.yml")[0])
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(ROOT / "rules" / "negative_stock.yml")]
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [manager.url.removeprefix("http://")]
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{opened.port}"]
        with prometheus.running(tmp_path / "prometheus", yaml.safe_dump(config)):
            opened.shop.stock("shanghai", "SKU-7", -1)
            eventually(lambda: any("below zero" in title for title in opened.titles()), 30)
            assert "SKU-7" in opened.text()  # known to us alone
            assert "/runbooks/negative_stock" in opened.text()
            opened.shop.sql(["UPDATE inventory SET quantity = 3 WHERE sku_id = 'SKU-7'"])
            eventually(lambda: any("Resolved" in title for title in opened.titles()), 40)
    assert len(opened.titles()) == 2


def test_killed_after_it_said_yes_and_before_it_could_send_it_sends_after_the_start(tmp_path):
    with sidecar(tmp_path / "oh", open_room=False) as opened:
        with alertmanager.running(tmp_path, posting_to(opened)) as [manager]:
            manager.post(alert("Killed"))
            eventually(lambda: manager.metric("alertmanager_notification_requests_total"))
            eventually(lambda: _outbox(opened))
            opened.kill()
        opened.open_room()
        opened.start()
        eventually(opened.titles)
        time.sleep(1)
        assert [title for title in opened.titles() if "Killed" in title] == opened.titles()
        assert len(opened.titles()) == 1


def _outbox(opened: Sidecar) -> int:
    with closing(opened.state()) as state:
        return state.execute("SELECT count(*) FROM order_health_outbox").fetchone()[0]


def test_two_alertmanagers_that_watch_each_other_make_one_card_of_each_change(tmp_path):
    with sidecar(tmp_path / "oh") as opened, alertmanager.running(tmp_path, posting_to(opened), count=2) as pair:
        firing = alert("Twice")
        for change, count in ((firing, 1), (over(firing), 2)):
            for manager in pair:
                manager.post(change)
            eventually(lambda count=count: len(opened.titles()) == count)
            time.sleep(2.5)
        assert ["Resolved" in title for title in opened.titles()] == [False, True]


def test_two_that_do_not_know_each_other_are_told_once_as_well_and_flapping_each_time(tmp_path):
    with (
        sidecar(tmp_path / "oh") as opened,
        alertmanager.running(tmp_path, posting_to(opened)) as first,
        alertmanager.running(tmp_path / "oh", posting_to(opened)) as second,
    ):
        change = alert("Flaps")
        for count, next_ in enumerate((over, anew, over), 1):
            for manager in (*first, *second):
                manager.post(change)
            eventually(lambda count=count: len(opened.titles()) == count)
            time.sleep(1.5)
            change = next_(change)
        assert ["Resolved" in title for title in opened.titles()] == [False, True, False]


def test_what_cannot_be_written_down_is_said_again_by_alertmanager_and_told(tmp_path):
    with sidecar(tmp_path / "oh") as opened:
        config = posting_to(opened, group_interval="30s")
        with alertmanager.running(tmp_path, config) as [manager], closing(opened.state()) as state:
            state.execute("PRAGMA busy_timeout = 20000")
            state.execute("BEGIN IMMEDIATE")  # nobody else can write
            manager.post(alert("Locked"))
            eventually(lambda: manager.metric("alertmanager_notification_requests_failed_total"), 20)
            assert opened.titles() == []
            state.execute("ROLLBACK")
            eventually(opened.titles, 30)
        assert len(opened.titles()) == 1


def test_an_alertmanager_without_the_token_is_refused(tmp_path):
    with sidecar(tmp_path / "oh") as opened:
        config = posting_to(opened).replace(TOKEN, "another-token")
        with alertmanager.running(tmp_path, config) as [manager]:
            manager.post(alert("Stranger"))
            eventually(lambda: manager.metric("alertmanager_notifications_failed_total"))
        assert opened.titles() == []


def test_our_judge_tells_a_real_alertmanager_the_labels_and_values_that_its_card_has(tmp_path):
    config = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
    with alertmanager.running(tmp_path, config) as [manager]:
        more = f'cluster: {{kind: alertmanager, urls: ["{manager.url}"]}}'
        alerts = "external_labels: {region: hangzhou}, routes: [{to: [ops, cluster]}]"
        with sidecar(tmp_path / "oh", alerts=alerts, more=more) as opened:
            opened.shop.stock("shanghai", "SKU-7", -1)
            [found] = eventually(manager.alerts)
            assert found["labels"] == {
                "alertname": "StockBelowZero",
                "probe": "negative_stock",
                "region": "hangzhou",
                "severity": "critical",
                "shop": "main",
                "warehouse": "shanghai",
            }
            assert found["annotations"]["summary"] == "1 个 SKU 库存为负（main / shanghai）"
            eventually(lambda: len(opened.titles()) == 1)
            opened.shop.sql(["UPDATE inventory SET quantity = 3 WHERE sku_id = 'SKU-7'"])
            eventually(lambda: manager.alerts() == [])
