"""The sidecar as a process of its own, and the strict rooms that it writes into."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.routing import Mount

from exporter.demo.robots import rooms
from exporter.web.server import Server
from tests.incidents import settings
from tests.servers import free_port

_TOKEN, _SECRET = "c4nary-token", "SECc4nary-secret"
_SERIES = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def _faketime() -> str:
    """The library by which a process has a clock of its own."""
    found = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    return (
        str(found) if found else pytest.fail("libfaketime is missing; run: apt-get install -y faketime", pytrace=False)
    )


class Street:
    """A room for each team; `ahead` is how far the clock of the rooms (and of a sidecar) was moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        names = (*settings.TEAMS, "duty")
        made = {
            name: rooms(self._now, dingtalk_token=_TOKEN, dingtalk_secret=_SECRET, wecom_key=_TOKEN) for name in names
        }
        self._rooms = {name: each.wecom if name == "duty" else each.dingtalk for name, each in made.items()}
        doors = [Mount(f"/{name}", routes=each.routes()) for name, each in made.items()]
        self._server = Server(Starlette(routes=doors), "127.0.0.1:0")
        self._server.start()
        self.origin = f"http://127.0.0.1:{self._server.port}"

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def cards(self, room: str) -> list[str]:
        """What stands in the room, oldest first, as text."""
        return [json.dumps(each.body, ensure_ascii=False) for each in list(self._rooms[room].messages)]

    def told(self) -> list[tuple[str, str]]:
        """Every card with the name of its room."""
        return [(name, text) for name in self._rooms for text in self.cards(name)]

    def refusals(self) -> list[str]:
        return [
            f"{name}: {each.errcode} {each.errmsg}"
            for name, room in self._rooms.items()
            for each in list(room.refusals)
        ]

    def close(self) -> None:
        self._server.stop()


class Metrics:
    """One look at /metrics."""

    def __init__(self, text: str) -> None:
        self.series = [
            (name, dict(_LABEL.findall(labels)), float(value)) for name, labels, value in _SERIES.findall(text)
        ]

    def total(self, name: str, **labels: str) -> float | None:
        """The sum of the series with these labels; None when there are none."""
        found = [v for n, l, v in self.series if n == f"order_health_{name}" and labels.items() <= l.items()]  # noqa: E741
        return sum(found) if found else None


class Sidecar:
    """`order-health run`; `movable`: its clock (and that of its rooms) is set forward by `skip`."""

    def __init__(self, folder: Path, shops: Mapping[str, Any], rules: Path, *, movable: bool = False) -> None:
        folder.mkdir(exist_ok=True)
        self.street, self.file, self.port = Street(), folder / "config.yaml", free_port()
        self._clock = folder / "clock"
        self._looking, self._looked, self._seen = threading.Lock(), 0.0, Metrics("")
        config = {
            "shops": shops,
            "channels": settings.channels(self.street.origin, _TOKEN, _SECRET),
            "alerts": {"every": "500ms", "rules": str(rules), "routes": settings.routes()},
            "web": {"listen": f"127.0.0.1:{self.port}", "external_url": "http://oh.example.com"},
            "language": "en",
        }
        self.file.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
        self.log = folder / "log"
        self._sink = self.log.open("wb")
        words = [sys.executable, "-m", "exporter", "run", "--config.file", str(self.file)]
        self._process = subprocess.Popen(words, stdout=self._sink, stderr=self._sink, env=self._environment(movable))

    def _environment(self, movable: bool) -> Mapping[str, str]:
        if not movable:
            return os.environ
        self._clock.write_text("+0\n", encoding="utf-8")
        faked = {"LD_PRELOAD": _faketime(), "FAKETIME_TIMESTAMP_FILE": str(self._clock), "FAKETIME_NO_CACHE": "1"}
        return {**os.environ, **faked, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def skip(self, time_: timedelta) -> None:
        """The clock is so much later, at once."""
        self.street.ahead += time_
        self._clock.write_text(f"+{self.street.ahead.total_seconds():.0f}\n", encoding="utf-8")

    def metrics(self) -> Metrics:
        """One look for all who ask within a tenth of a second: many ask at once, and they share a processor with us."""
        with self._looking:
            if time.monotonic() - self._looked > 0.1:
                self._seen, self._looked = self._look(), time.monotonic()
            return self._seen

    def _look(self) -> Metrics:
        """Empty while it does not answer yet."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as page:
                return Metrics(page.read().decode())
        except OSError:
            if self._process.poll() is not None:
                raise AssertionError(f"the sidecar ended:\n{self.log.read_text(errors='replace')[-3000:]}") from None
            return Metrics("")

    def wait_until_all_answer(self, shops: Mapping[str, Any], within: float = 60.0) -> None:
        """Until each probe of each shop has succeeded."""
        until = time.monotonic() + within
        wanted = {(shop, probe) for shop, section in shops.items() for probe in section["probes"]}
        while True:
            seen = self.metrics().series
            good = {(l["shop"], l["probe"]) for n, l, v in seen if n == "order_health_probe_success" and v}  # noqa: E741
            if wanted <= good:
                return
            if time.monotonic() > until:
                raise AssertionError(f"no answer from {wanted - good}:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def close(self) -> None:
        """One whose clock was moved is not asked: what waits for a moment by that clock may wait for hours."""
        self._process.send_signal(signal.SIGKILL if self.street.ahead else signal.SIGTERM)
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._sink.close()
            self.street.close()
