"""The sidecar as a process: reload, signals, secrets, Prometheus."""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from exporter.app import App, StartFaultError
from tests.servers import free_port, prometheus
from tests.shops import SECRETS, PlainShop, eventually, watching

pytestmark = pytest.mark.server
OK = 'order_health_probe_success{probe="pending_paid",shop="main"}'


@pytest.fixture(scope="module")
def shop(mariadb):
    return PlainShop.build(mariadb, "app_shop")


@pytest.fixture
def sidecar(shop, tmp_path):
    with watching(tmp_path, shop.server.url("app_shop", user="oh")) as running:
        eventually(lambda: running.app.ready() is None)
        yield running


def test_what_watches_nothing_yet_is_not_ready(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(
        f"shops: {{main: {{database: 'sqlite:///{tmp_path}/shop.db', tables: plain, probes: {{pending_paid: {{}}}}}}}}\n"
    )
    app = App(file)
    try:
        assert app.ready() == "not watching yet"
    finally:
        app.close()


def test_a_bad_file_leaves_the_running_configuration_alone_and_is_told_with_its_lines(sidecar):
    good = sidecar.file.read_text(encoding="utf-8")
    sidecar.file.write_text(good.replace("negative_stock", "negativ_stock"), encoding="utf-8")
    status, text = sidecar.get("/-/reload", "POST")
    assert status == 400
    assert "config.yaml:" in text
    assert "did you mean 'negative_stock'?" in text
    eventually(lambda: sidecar.metric("order_health_config_last_reload_successful") == 0)
    assert sidecar.metric('order_health_probe_success{probe="negative_stock",shop="main"}') == 1
    sidecar.file.write_text(good, encoding="utf-8")
    assert sidecar.get("/-/reload", "POST")[0] == 200
    eventually(lambda: sidecar.metric("order_health_config_last_reload_successful") == 1)


def test_a_reload_takes_probes_away_and_brings_them_back_while_the_others_keep_their_readings(sidecar):
    good = sidecar.file.read_text(encoding="utf-8")
    sidecar.file.write_text(good.replace("      negative_stock: {every: 500ms}\n", ""), encoding="utf-8")
    assert sidecar.get("/-/reload", "POST") == (200, sidecar.get("/-/reload", "POST")[1])
    eventually(lambda: "negative_stock" not in sidecar.get("/metrics")[1])
    assert f"{OK} 1" in sidecar.get("/metrics")[1]
    sidecar.file.write_text(good, encoding="utf-8")
    assert sidecar.get("/-/reload", "POST")[0] == 200
    eventually(lambda: sidecar.metric('order_health_probe_success{probe="negative_stock",shop="main"}') == 1)


def test_alerts_keep_their_state_over_a_reload_and_over_a_restart(shop, tmp_path):
    shop.order(41, paid_ago=timedelta(minutes=9))
    url = shop.server.url("app_shop", user="oh")
    try:
        with watching(tmp_path, url, more=f"state: sqlite:///{tmp_path}/kept.db\n") as running:
            eventually(lambda: [text for text in running.texts() if "actionCard" in text])
            assert running.get("/-/reload", "POST")[0] == 200
            eventually(lambda: running.metric('order_health_outbox_cards{channel="ops"}') == 0)
            time.sleep(1.5)
            assert len([text for text in running.texts() if "actionCard" in text]) == 1
        with watching(tmp_path, url, more=f"state: sqlite:///{tmp_path}/kept.db\n") as running:
            eventually(lambda: running.app.ready() is None)
            time.sleep(1.5)
            assert running.texts() == []
            shop.repair(41)
            assert eventually(lambda: [text for text in running.texts() if "🟢" in text])
    finally:
        shop.execute("DELETE FROM orders", "DELETE FROM pay_callback")


def test_a_limit_of_the_configuration_decides_after_a_reload(shop, sidecar):
    shop.order(51, paid_ago=timedelta(minutes=9))
    eventually(lambda: [text for text in sidecar.texts() if "actionCard" in text])
    text = sidecar.file.read_text(encoding="utf-8").replace("pending_paid: {", "pending_paid: {max_orders: 5, ")
    sidecar.file.write_text(text, encoding="utf-8")
    assert sidecar.get("/-/reload", "POST")[0] == 200
    eventually(lambda: sidecar.metric('order_health_limit{limit="orders",probe="pending_paid",shop="main"}') == 5)
    assert eventually(lambda: [text for text in sidecar.texts() if "🟢" in text])
    shop.execute("DELETE FROM orders", "DELETE FROM pay_callback")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("shops:", "shop:"), "config.yaml"),
        (("web: {listen", "state: sqlite:////nowhere/at/all/state.db\nweb: {listen"), "/nowhere/at/all"),
        (("web: {listen", "alerts2: {}\nweb: {listen"), "did you mean 'alerts'?"),
    ],
)
def test_what_keeps_it_from_starting_is_told_in_one_line_each(sidecar, tmp_path, change, said):
    folder = tmp_path / "second"
    folder.mkdir()
    text = sidecar.file.read_text(encoding="utf-8")
    for name, value in SECRETS.items():
        (folder / name).write_text(value, encoding="utf-8")
    (folder / "config.yaml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(StartFaultError, match=re.escape(said)) as caught:
        App(folder / "config.yaml")
    assert "c4nary" not in str(caught.value)


class Process:
    """`order-health run` as a person starts it; `said` is all it has written."""

    def __init__(self, folder: Path, config: str, *options: str) -> None:
        self.file, self.log, self.port = folder / "config.yaml", folder / "log", free_port()
        self.file.write_text(config, encoding="utf-8")
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "exporter", "run", "--config.file", str(self.file)),
                    *("--web.listen-address", f"127.0.0.1:{self.port}", *options),
                ],
                stdout=sink,
                stderr=sink,
                cwd=Path(__file__).parent.parent,
                env={**os.environ, **SECRETS},
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def page(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                body = answer.read()
                return (gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body).decode()
        except OSError:
            return ""

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)


CONFIG = """\
shops:
  main:
    database: {url}
    password: !env SHOP_DB_PASSWORD
    tables: plain
    probes:
      pending_paid: {{every: 500ms}}
      negative_stock: {{every: 500ms}}
channels:
  ops: {{kind: dingtalk, token: !env TOKEN, secret: !env SECRET, endpoint: "http://127.0.0.1:9/robot/send"}}
  duty: {{kind: wecom, key: !env KEY, endpoint: "http://127.0.0.1:9/cgi-bin/webhook/send"}}
"""


@pytest.fixture
def process(shop, tmp_path):
    running = Process(tmp_path, CONFIG.format(url=shop.server.url("app_shop", user="oh")))
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(20)


def test_sighup_reads_the_file_again_and_sigterm_ends_it_cleanly(process):
    eventually(lambda: f"{OK} 1" in process.page("/metrics"))
    process.file.write_text(
        process.file.read_text(encoding="utf-8").replace("pending_paid: {", "pending_paid: {grace: 7m, ")
    )
    process.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the configuration was reloaded" in process.said())
    process.file.write_text("shops: {}\n", encoding="utf-8")
    process.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the configuration was not reloaded: config.yaml:1: shops" in process.said())
    assert f"{OK} 1" in process.page("/metrics")
    assert process.end() == 0
    assert "Traceback" not in process.said()


def test_a_sighup_while_it_starts_ends_nothing(process):
    status = Path(f"/proc/{process.process.pid}/status")
    eventually(lambda: int(re.search(r"SigBlk:\s*(\w+)", status.read_text())[1], 16) & 1)
    process.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the configuration was reloaded" in process.said())
    eventually(lambda: f"{OK} 1" in process.page("/metrics"))
    assert process.end() == 0


def test_ctrl_c_ends_it_cleanly(process):
    eventually(lambda: f"{OK} 1" in process.page("/metrics"))
    assert process.end(signal.SIGINT) == 0
    assert "Traceback" not in process.said()


def test_no_secret_leaves_the_process_whatever_goes_wrong(shop, process, tmp_path):
    """Rooms that refuse connections, a wrong password later, a bad reload: logs, pages and check are searched."""
    shop.order(61, paid_ago=timedelta(minutes=9))
    pages = ""
    try:
        eventually(lambda: re.search(r'cards_total.channel="ops",result="retried". [1-9]', process.page("/metrics")))
        shop.server.execute("ALTER USER oh@'%' IDENTIFIED BY 'another'")
        shop.server.execute(
            *(
                f"KILL {row[0]}"
                for row in shop.server.execute("SELECT id FROM information_schema.processlist WHERE user = 'oh'")
            )
        )
        eventually(lambda: f"{OK} 0" in process.page("/metrics"))
        process.file.write_text(
            process.file.read_text(encoding="utf-8").replace("tables: plain", "tables: [!env SHOP_DB_PASSWORD]")
        )
        process.process.send_signal(signal.SIGHUP)
        eventually(lambda: "not reloaded" in process.said())
        pages = "".join(
            process.page(path) for path in ("/", "/metrics", "/api/status", "/-/ready", "/runbooks/pending_paid")
        )
        assert "order_health" in pages
    finally:
        shop.server.execute(f"ALTER USER oh@'%' IDENTIFIED BY '{SECRETS['SHOP_DB_PASSWORD']}'")
        shop.execute("DELETE FROM orders", "DELETE FROM pay_callback")
    told = [process.said(), pages]
    for command in (["check"], ["card"], ["card", "--send", "--channel", "ops"], ["probe", "pending_paid"], ["rules"]):
        config = tmp_path / "again.yaml"
        config.write_text(CONFIG.format(url=shop.server.url("app_shop", user="oh")), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "exporter", *command, "--config.file", str(config)],
            capture_output=True, text=True, timeout=100, check=False, cwd=Path(__file__).parent.parent,
            env={**os.environ, **SECRETS, "SHOP_DB_PASSWORD": "c4nary-wrong"},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        told += [done.stdout, done.stderr]
    for text in told:
        assert "c4nary" not in text


def test_prometheus_scrapes_it_and_sees_what_the_page_shows(shop, process, tmp_path):
    shop.order(71, paid_ago=timedelta(minutes=9))
    try:
        eventually(lambda: 'age="under_30m",pay_channel="wechat",shop="main"} 1' in process.page("/metrics"))
        config = f"""
global: {{scrape_interval: 500ms}}
rule_files: ["{Path(__file__).parent.parent}/rules/*.yml"]
scrape_configs:
  - job_name: order-health
    static_configs: [{{targets: ["127.0.0.1:{process.port}"]}}]
"""
        with prometheus.running(tmp_path / "prometheus", config) as server:
            server.wait_for('up{job="order-health"} == 1')
            found = server.wait_for('order_health_pending_paid_orders{age="under_30m",pay_channel="wechat"} == 1')
            assert found[0]["metric"]["shop"] == "main"
            assert server.wait_for("order_health_probe_last_success_timestamp_seconds > time() - 10")
    finally:
        shop.execute("DELETE FROM orders", "DELETE FROM pay_callback")


def test_a_port_in_use_is_one_clear_line(process, shop, tmp_path):
    eventually(lambda: process.page("/metrics"))
    folder = tmp_path / "second"
    folder.mkdir()
    second = Process(
        folder,
        CONFIG.format(url=shop.server.url("app_shop", user="oh")),
        "--web.listen-address",
        f"127.0.0.1:{process.port}",
    )
    assert second.process.wait(30) == 1
    assert f"127.0.0.1:{process.port}" in second.said()
    assert "Traceback" not in second.said()


def test_sigterm_during_a_hung_probe_and_a_hung_room_ends_it_within_five_seconds(shop, tmp_path):
    room = socket.create_server(("127.0.0.1", 0))  # takes the request and never answers
    address = f"http://127.0.0.1:{room.getsockname()[1]}"
    config = CONFIG.format(url=shop.server.url("app_shop", user="oh")).replace("http://127.0.0.1:9", address)
    shop.order(81, paid_ago=timedelta(minutes=9))
    running = Process(tmp_path, config.replace("pending_paid: {", "pending_paid: {timeout: 30s, "))
    try:
        eventually(lambda: re.search(r'outbox_cards.channel="ops"} 1', running.page("/metrics")))
        with shop.server.frozen():
            time.sleep(1.5)
            began = time.monotonic()
            assert running.end() == 0
            assert time.monotonic() - began < 5
        assert "Traceback" not in running.said()
    finally:
        room.close()
        running.process.kill()
        shop.execute("DELETE FROM orders", "DELETE FROM pay_callback")


def test_a_second_process_on_the_same_state_is_refused(process, shop, tmp_path):
    eventually(lambda: process.page("/metrics"))
    second = Process(tmp_path, CONFIG.format(url=shop.server.url("app_shop", user="oh")))
    assert second.process.wait(30) == 1
    assert "another order-health uses this file" in second.said()
    assert "Traceback" not in second.said()
