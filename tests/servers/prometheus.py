"""A real Prometheus for a test, and promtool."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

INSTALL = "apt-get install -y prometheus"
START_WITHIN = 60.0


class Refused(Exception):  # noqa: N818 - read as a sentence: pytest.raises(Refused)
    """Prometheus answered with an error; the text is its own."""


class Prometheus:
    """One running server; `url` ends without a slash."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **parameters: str | float | Sequence[str]) -> Any:
        """The `data` of an API answer, for example `get("/api/v1/rules")`. Raises `Refused`."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=30) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(json.loads(error.read())["error"]) from None

    def query(self, expr: str, at: float) -> Any:
        """What an instant query answers: `{"resultType": …, "result": …}`."""
        return self.get("/api/v1/query", query=expr, time=at)

    def wait_for(self, expr: str, within: float = 30.0) -> list[dict[str, Any]]:
        """The elements of an instant vector, now, as soon as there are any."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            found = self.get("/api/v1/query", query=expr)["result"]
            if found:
                return found
            time.sleep(0.1)
        pytest.fail(f"Prometheus has nothing for {expr} after {within:.0f} s")

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as response:
                return response.status == 200
        except OSError:
            return False


@contextmanager
def running(folder: Path, config: str = "global: {}\n", *flags: str) -> Iterator[Prometheus]:
    """Starts Prometheus on a free port of 127.0.0.1; its data (blocks made by promtool, too) lie in `folder/data`."""
    binary = _found("prometheus")
    folder.mkdir(exist_ok=True)
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    port = _free_port()
    command = [
        binary,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, cwd=folder) as process:
        server = Prometheus(f"http://127.0.0.1:{port}")
        try:
            _wait_until_ready(server, process, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def promtool(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs promtool; its exit status says whether it was content."""
    command = [_found("promtool"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def _found(binary: str) -> str:
    return shutil.which(binary) or pytest.fail(f"{binary} is missing; install it with: {INSTALL}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_WITHIN
    while not server.ready():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"Prometheus did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)
