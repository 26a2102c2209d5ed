"""A real Alertmanager for a test, one or several that watch each other, and amtool."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import free_port, needed, wait_for

PACKAGE = "prometheus-alertmanager"


class Alertmanager:
    """One running server; `url` ends without a slash."""

    def __init__(self, folder: Path, config: str, *, peers: tuple[str, ...] = (), clustered: bool = False) -> None:
        folder.mkdir(exist_ok=True)
        file, log = folder / "alertmanager.yml", folder / "alertmanager.log"
        file.write_text(config, encoding="utf-8")
        port, self.gossip = free_port(), f"127.0.0.1:{free_port()}" if clustered else ""
        self.url = f"http://127.0.0.1:{port}"
        command = [
            needed("prometheus-alertmanager", PACKAGE),
            f"--config.file={file}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--cluster.listen-address={self.gossip}",
            *(f"--cluster.peer={each}" for each in peers),
            "--cluster.settle-timeout=1s",
            "--cluster.peer-timeout=1s",
            "--cluster.gossip-interval=50ms",
        ]
        self._log = log.open("wb")
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=folder)
        wait_for(lambda: self.get("/-/ready"), self.process, log)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def alerts(self) -> list[dict[str, Any]]:
        """What fires there now."""
        return json.loads(self.get("/api/v2/alerts"))

    def post(self, *alerts: dict[str, Any]) -> None:
        """As Prometheus does it."""
        body = json.dumps(alerts).encode()
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass

    def metric(self, name: str) -> float:
        """The sum of all series of this name."""
        lines = (line.rsplit(" ", 1) for line in self.get("/metrics").splitlines() if not line.startswith("#"))
        return sum(float(value) for series, value in lines if series.partition("{")[0] == name)

    def close(self) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait(10)
        self._log.close()


@contextmanager
def running(folder: Path, config: str, count: int = 1) -> Iterator[list[Alertmanager]]:
    """So many; more than one watch each other."""
    opened: list[Alertmanager] = []
    try:
        for number in range(count):
            peers = tuple(each.gossip for each in opened)
            opened.append(Alertmanager(folder / f"am{number}", config, peers=peers, clustered=count > 1))
        yield opened
    finally:
        for each in opened:
            each.close()


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [needed("amtool", PACKAGE), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
