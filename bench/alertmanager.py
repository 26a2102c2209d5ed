"""500 alerts at once, each a group of its own: through Alertmanager and a common bridge, and through it and us.

The bridge does what the usual ones do: one message for each notification, and 400 where the robot says no, after which
Alertmanager does not try again. Both rooms are the strict local ones, which forgive 20 messages a minute.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import ROOT, command, free_port, table

sys.path.insert(0, str(ROOT))

import requests
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from exporter.app import App
from exporter.cards import trial
from exporter.config import load
from exporter.demo.robots import Rooms, rooms
from exporter.notify.dingtalk import DingTalk
from exporter.web.server import Server

ALERTS, SECONDS = 500, 60.0
TOKEN, SECRET = "token", "SECsecret"
CONFIG = """\
shops: {{main: {{database: "sqlite:///{folder}/shop.db", tables: plain, probes: {{negative_stock: {{}}}}}}}}
channels: {{ops: {{kind: dingtalk, token: {token}, secret: {secret}, endpoint: "{room}/robot/send"}}}}
alerts: {{from: alertmanager}}
web: {{listen: "127.0.0.1:0"}}
state: "sqlite:///{folder}/state.db"
"""
ALERTMANAGER = """\
route: {{receiver: all, group_by: ["..."], group_wait: 1s, group_interval: 5m}}
receivers: [{{name: all, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


@contextmanager
def room() -> Iterator[tuple[Rooms, str]]:
    opened = rooms(lambda: datetime.now(UTC), dingtalk_token=TOKEN, dingtalk_secret=SECRET)
    server = Server(opened.app(), "127.0.0.1:0")
    server.start()
    try:
        yield opened, f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


@contextmanager
def bridge(address: str) -> Iterator[str]:
    """One message for each notification."""
    channel = DingTalk(token=TOKEN, secret=SECRET, endpoint=f"{address}/robot/send")
    session = requests.Session()

    def carry(body: dict) -> bool:
        now = datetime.now(UTC)
        card = trial(now=now, zone=UTC, language="en")
        [message] = channel.messages(card, now)
        return bool(body["alerts"]) and channel.receipt(session.send(session.prepare_request(message))).accepted

    async def hook(request: Request) -> PlainTextResponse:
        accepted = await run_in_threadpool(carry, await request.json())
        return PlainTextResponse("", 200 if accepted else 400)

    server = Server(Starlette(routes=[Route("/", hook, methods=["POST"])]), "127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.stop()
        session.close()


@contextmanager
def ours(folder: Path, address: str) -> Iterator[str]:
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(folder=folder, room=address, token=TOKEN, secret=SECRET), encoding="utf-8")
    load(file)
    app = App(file)
    app.start()
    try:
        yield f"http://127.0.0.1:{app.port}/alertmanager"
    finally:
        app.close()


@contextmanager
def alertmanager(folder: Path, url: str) -> Iterator[str]:
    (folder / "alertmanager.yml").write_text(ALERTMANAGER.format(url=url), encoding="utf-8")
    port = free_port()
    words = [command("prometheus-alertmanager", "alertmanager"), f"--config.file={folder / 'alertmanager.yml'}"]
    words += [
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def storm(url: str) -> None:
    now = datetime.now(UTC)
    times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(minutes=10)).isoformat()}
    alerts = [
        {"labels": {"alertname": "Storm", "severity": "warning", "n": str(n)}, "annotations": {"summary": f"no. {n}"}}
        | times
        for n in range(ALERTS)
    ]
    requests.post(f"{url}/api/v2/alerts", json=alerts, timeout=30).raise_for_status()


def counted(place: Rooms) -> int:
    """How many alerts the messages of the room tell of: a card of several says how many."""
    titles = [json.dumps(each.body, ensure_ascii=False) for each in place.dingtalk.messages]
    return sum(int(found[1]) if (found := re.search(r"(\d+) 条告警", text)) else 1 for text in titles)


def measured(name: str, place: Rooms, folder: Path, url: str) -> tuple[object, ...]:
    """Until all are counted, or a minute has passed."""
    with alertmanager(folder, url) as manager:
        storm(manager)
        until = time.monotonic() + SECONDS
        while counted(place) < ALERTS and time.monotonic() < until:
            time.sleep(0.5)
        took = SECONDS - max(until - time.monotonic(), 0)
        return (
            name,
            len(place.dingtalk.messages),
            f"{counted(place)} of {ALERTS}",
            len(place.dingtalk.refusals),
            f"{took:.0f} s",
        )


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder, room() as (place, address), bridge(address) as url:
        rows.append(measured("Alertmanager and a bridge", place, Path(folder), url))
    with tempfile.TemporaryDirectory() as folder, room() as (place, address), ours(Path(folder), address) as url:
        rows.append(measured("Alertmanager and order-health", place, Path(folder), url))
    table(
        f"{ALERTS} alerts at once, each a group of its own, in the first minute",
        ("through", "messages taken", "alerts told", "refused by the robot", "looked for"),
        rows,
    )


if __name__ == "__main__":
    main()
