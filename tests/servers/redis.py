"""Real Redis servers for tests: fixtures `redis` and `redis_cluster` (one a session), `Sentinel`."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import redis as library

from tests.servers import free_port, frozen, needed, wait_for

_PACKAGE = "redis-server"


class Redis:
    """On 127.0.0.1, in a folder of its own, written to no disk; `client` is what a shop's programs use."""

    def __init__(self, *options: str, sentinel_of: int = 0) -> None:
        self._server = needed("redis-server", _PACKAGE)
        self.home = Path(tempfile.mkdtemp(prefix="oh-redis-"))
        self.port = _port()
        self._config = self.home / "redis.conf"
        lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.home}"]
        if sentinel_of:
            lines.append(f"sentinel monitor shop 127.0.0.1 {sentinel_of} 1")
            lines.append("sentinel down-after-milliseconds shop 400")
            lines.append("sentinel failover-timeout shop 2000")
        else:
            lines += ['save ""', "appendonly no", "enable-debug-command yes"]
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._options = [*(["--sentinel"] if sentinel_of else []), *options]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process, "not started"
        return self._process.pid

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def client(self, **settings: Any) -> library.Redis:
        return library.Redis(host="127.0.0.1", port=self.port, **{"retry": None, "protocol": 2, **settings})

    def start(self) -> Redis:
        log = self.home / "log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [self._server, str(self._config), *self._options], stdout=sink, stderr=sink
            )
        wait_for(self._answers, self._process, log)
        return self

    def _answers(self) -> None:
        with self.client() as client, contextlib.suppress(library.AuthenticationError, library.BusyLoadingError):
            client.ping()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(30)

    def remove(self) -> None:
        """Stops it and deletes its files."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def frozen(self) -> AbstractContextManager[None]:
        return frozen(self.pid)

    def digest(self) -> str:
        """Of all that is kept there, groups, consumers and expiries among it."""
        with self.client() as client:
            return str(client.execute_command("DEBUG", "DIGEST"))

    def commands(self) -> set[str]:
        """What any client ran, not what it was refused, since the statistics were last reset."""
        with self.client() as client:
            told = client.info("commandstats").items()
        return {name.removeprefix("cmdstat_") for name, figures in told if figures["calls"]}


def _port() -> int:
    """A free one that leaves room for the cluster's bus, 10,000 above."""
    while (port := free_port()) >= 55_000:
        pass
    return port


class Cluster:
    """Three masters that share the slots."""

    def __init__(self) -> None:
        options = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
        self.nodes = [Redis(*options) for _ in range(3)]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> Cluster:
        for node in self.nodes:
            node.start()
        hosts = [f"127.0.0.1:{node.port}" for node in self.nodes]
        cli = needed("redis-cli", "redis-tools")
        subprocess.run(
            [cli, "--cluster", "create", *hosts, "--cluster-yes"], check=True, capture_output=True, timeout=60
        )
        end = time.monotonic() + 30
        while not all(self._joined(node) for node in self.nodes):
            assert time.monotonic() < end, "the cluster did not come together"
            time.sleep(0.1)
        return self

    @staticmethod
    def _joined(node: Redis) -> bool:
        with node.client() as client:
            return client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"

    def client(self) -> library.RedisCluster:
        return library.RedisCluster(host="127.0.0.1", port=self.nodes[0].port, protocol=2)

    def remove(self) -> None:
        for node in self.nodes:
            node.remove()


@pytest.fixture(scope="session")
def _redis() -> Iterator[Redis]:
    server = Redis()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def redis(_redis: Redis) -> Redis:
    """Empty, shared by the session: leave it running."""
    with _redis.client() as client:
        client.flushall()
        client.execute_command("ACL", "SETUSER", "default", "on", "nopass", "~*", "&*", "+@all")
        client.config_resetstat()
    return _redis


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        yield cluster.start()
    finally:
        cluster.remove()


@pytest.fixture
def redis_cluster(_cluster: Cluster) -> Cluster:
    """Empty, shared by the session: leave it running."""
    for node in _cluster.nodes:
        with node.client() as client:
            client.flushall()
    return _cluster
