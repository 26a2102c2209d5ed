"""A real RabbitMQ with its management plugin for tests: fixture `rabbitmq` (one a session)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika
import pytest
import requests

from tests.servers import free_port, frozen, needed, wait_for

_PACKAGE = "rabbitmq-server"
_SCRIPTS = "rabbitmq_server-*/sbin/rabbitmq-server"
"""The script itself: what stands in /usr/sbin changes the user and the folder."""

_ADVANCED = "[{rabbit, [{quorum_tick_interval, 200}]}].\n"


class RabbitMQ:
    """One node on 127.0.0.1 with a folder, a cookie and a port mapper of its own; figures are a second old, and not 5.

    `settings`: further lines of rabbitmq.conf. guest:guest is its administrator.
    """

    def __init__(self, *settings: str) -> None:
        installed = sorted(map(str, Path("/usr/lib/rabbitmq/lib").glob(_SCRIPTS)))
        self._server = installed[-1] if installed else needed("rabbitmq-server", _PACKAGE)
        self._mapper = needed("epmd", "erlang-base")
        self.home = Path(tempfile.mkdtemp(prefix="oh-rabbitmq-"))
        self.port, self.web, self._mapped, self._between = (free_port() for _ in range(4))
        often = (f"management.sample_retention_policies.{kind}.minute = 1" for kind in ("global", "basic", "detailed"))
        self._write("rabbitmq.conf", *often, f"listeners.tcp.1 = 127.0.0.1:{self.port}", "management.tcp.ip = 127.0.0.1",
                    f"management.tcp.port = {self.web}", "collect_statistics_interval = 200", "log.console = true",
                    "vm_memory_high_watermark.absolute = 1GiB", "disk_free_limit.absolute = 1MB", *settings)  # fmt: skip
        self._write("advanced.config", _ADVANCED)
        self._write("enabled_plugins", "[rabbitmq_management].")
        self._processes: list[subprocess.Popen[bytes]] = []

    def _write(self, name: str, *lines: str) -> None:
        (self.home / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def url(self) -> str:
        return f"rabbitmq://guest:guest@127.0.0.1:{self.web}"

    @property
    def pid(self) -> int:
        return self._processes[-1].pid

    def start(self) -> RabbitMQ:
        log = self.home / "log"
        environment = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "ERL_EPMD_PORT": str(self._mapped),
            "RABBITMQ_NODENAME": f"oh{self.port}@localhost", "RABBITMQ_DIST_PORT": str(self._between),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"), "RABBITMQ_LOG_BASE": str(self.home / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"), "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            # the script becomes the server then, and is stopped by its own pid
            "RABBITMQ_ALLOW_INPUT": "1", "RABBITMQ_SERVER_START_ARGS": "-noinput +S 2:2 +sbwt none",
        }  # fmt: skip
        with log.open("ab") as sink:
            mapper = [self._mapper, "-port", str(self._mapped), "-address", "127.0.0.1"]
            self._processes.append(subprocess.Popen(mapper, stdout=sink, stderr=sink))
            server = subprocess.Popen([self._server], env=environment, stdout=sink, stderr=sink, cwd=self.home)
            self._processes.append(server)
        wait_for(self._answers, server, log)
        return self

    def _answers(self) -> None:
        self.api("GET", "overview")  # first: pika tells of each refused connection at length
        with self.connection():
            pass

    def stop(self) -> None:
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(30)
        self._processes.clear()

    def remove(self) -> None:
        """Stops it and deletes its files."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def frozen(self) -> AbstractContextManager[None]:
        return frozen(self.pid)

    @contextlib.contextmanager
    def connection(self, account: tuple[str, str] = ("guest", "guest")) -> Iterator[pika.BlockingConnection]:
        """As a shop's program has one."""
        login = pika.PlainCredentials(*account)
        made = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", self.port, credentials=login))
        try:
            yield made
        finally:
            with contextlib.suppress(pika.exceptions.AMQPError):
                made.close()

    def api(self, method: str, *path: str, **body: Any) -> Any:
        place = "/".join(quote(part, safe="") for part in path)
        answer = requests.request(method, f"http://127.0.0.1:{self.web}/api/{place}", auth=("guest", "guest"),
                                  data=json.dumps(body) if method != "GET" else None, timeout=10)  # fmt: skip
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def user(self, name: str, password: str, tags: str, *rights: str) -> None:
        """`rights` in the virtual host /: configure, write, read; none at all without them."""
        self.api("PUT", "users", name, password=password, tags=tags)
        if rights:
            self.api("PUT", "permissions", "/", name, **dict(zip(("configure", "write", "read"), rights, strict=True)))

    def definitions(self) -> dict[str, Any]:
        """All that stands on the broker: queues with their arguments, exchanges, bindings, policies, accounts."""
        told = self.api("GET", "definitions")
        told["queues"] = sorted(each["name"] for each in self.api("GET", "queues"))
        told["bindings"] = sorted(map(json.dumps, self.api("GET", "bindings")))
        return told

    def wait_until(self, true: Callable[[], object], seconds: float = 15.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not come to be"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def _rabbitmq() -> Iterator[RabbitMQ]:
    server = RabbitMQ()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def rabbitmq(_rabbitmq: RabbitMQ) -> RabbitMQ:
    """Empty, shared by the session: leave it running."""
    for kind in ("queues", "exchanges"):
        for each in _rabbitmq.api("GET", kind, "/"):
            name = each["name"]
            if name and not name.startswith("amq.") and not each.get("exclusive"):
                _rabbitmq.api("DELETE", kind, "/", name)
    for policy in _rabbitmq.api("GET", "policies", "/"):
        _rabbitmq.api("DELETE", "policies", "/", policy["name"])
    return _rabbitmq
