"""Several sidecars as processes over one shop, one state, one Redis and one strict room."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from exporter.demo.robots import Rooms, rooms
from exporter.web.server import Server
from tests.servers import free_port
from tests.shops import eventually

MARK = "(可能重复)"
EVERY = 0.5
CONFIG = """\
shops:
  main:
    database: sqlite:///{folder}/shop.db
    tables: plain
    probes:
      sql:
        every: 500ms
        queries:
          faults:
            query: SELECT name, open FROM faults
            metrics: {{shop_fault: {{value: open, kind: gauge, help: Whether the fault is there.}}}}
            labels: [name]
channels:
  ops: {{kind: dingtalk, token: t0ken, secret: SEC1, endpoint: "{room}/robot/send"}}
alerts:
  every: 1s
  routes: [{{to: [ops], group_by: ["..."]}}]
  rules: rules.yml
state: {state}
leases: {{url: {redis}, length: {length}s}}
"""
RULES = """\
groups:
  - name: faults
    rules:
      - alert: Fault
        expr: shop_fault == 1
        labels: {severity: critical}
        annotations: {summary: 'fault {{ $labels.name }}.', description: 'there', runbook_url: docs/runbooks/watch.md}
"""


class Sidecar:
    """One `order-health run`; it may be killed, paused and started again."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file, self._log, self.port = folder / "config.yaml", folder / f"{name}.log", free_port()
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as sink:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "exporter", "run", "--config.file", str(self._file)),
                    *("--web.listen-address", f"127.0.0.1:{self.port}"),
                ],
                stdout=sink, stderr=sink, cwd=Path(__file__).parent.parent.parent, env=dict(os.environ),
            )  # fmt: skip

    def page(self, path: str = "/metrics") -> str:
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.read().decode()
        return ""

    def metric(self, name: str) -> float | None:
        found = re.search(rf"^{name}(?:\{{.*\}})? (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else None

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def leads(self) -> bool:
        return self.process.poll() is None and self.metric("order_health_leader") == 1

    def signal(self, which: int) -> None:
        self.process.send_signal(which)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait(20)


@dataclass
class Street:
    """`opened` and `closed` are the flips that were made."""

    folder: Path
    rooms: Rooms
    sidecars: list[Sidecar] = field(default_factory=list)
    flips: list[tuple[str, str]] = field(default_factory=list)

    def leader(self) -> Sidecar:
        return eventually(lambda: next((each for each in self.sidecars if each.leads()), None), 60)

    def flip(self, name: str) -> None:
        """Opens the fault of that name, or closes it."""
        with contextlib.closing(sqlite3.connect(self.folder / "shop.db", timeout=20)) as shop, shop:
            closed = shop.execute("DELETE FROM faults WHERE name = ?", (name,)).rowcount
            if not closed:
                shop.execute("INSERT INTO faults VALUES (?, 1)", (name,))
        self.flips.append((name, "closed" if closed else "opened"))

    def told(self) -> list[tuple[str, str, bool]]:
        """(fault, opened or closed, marked as a repeat) of each card, as the room got them."""
        found = []
        for message in list(self.rooms.dingtalk.messages):
            text = json.dumps(message.body, ensure_ascii=False)
            if name := re.search(r"fault (\w+)\.", text):
                found.append((name[1], "closed" if "🟢" in text else "opened", MARK in text))
        return found

    def wait(self, seconds: float) -> float:
        """Until all flips have been told; how long that took."""
        began = time.monotonic()
        eventually(lambda: set(self.flips) <= {each[:2] for each in self.told()}, seconds)
        return time.monotonic() - began

    def repeats(self) -> int:
        """Each flip was told once; more often only as a marked repeat, whose number this is."""
        told = self.told()
        assert set(self.flips) == {each[:2] for each in told}
        clear = Counter(each[:2] for each in told if not each[2])
        assert max(clear.values()) == 1, f"told twice, and not marked: {clear}"
        return len(told) - len(self.flips)


@contextlib.contextmanager
def street(folder: Path, state: str, redis: str, *, number: int = 2, length: float = 3) -> Iterator[Street]:
    place = rooms(lambda: datetime.now(UTC), dingtalk_token="t0ken", dingtalk_secret="SEC1")
    server = Server(place.app(), "127.0.0.1:0")
    server.start()
    room = f"http://127.0.0.1:{server.port}"
    (folder / "config.yaml").write_text(
        CONFIG.format(folder=folder, room=room, state=state, redis=redis, length=length), encoding="utf-8"
    )
    (folder / "rules.yml").write_text(RULES, encoding="utf-8")
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as shop, shop:
        shop.execute("PRAGMA journal_mode=WAL")
        shop.execute("CREATE TABLE faults (name TEXT, open INTEGER)")
    opened = Street(folder, place)
    try:
        opened.sidecars += [Sidecar(folder, f"sidecar{each}") for each in range(number)]
        yield opened
    finally:
        for each in opened.sidecars:
            if each.process.poll() is None:
                each.signal(signal.SIGCONT)
                each.kill()
        server.stop()
