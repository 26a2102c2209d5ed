"""A real MariaDB primary with a replica by GTID, and a wire of a set length between them: fixture `replicated`."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers.mariadb import MariaDB
from tests.servers.relay import Relay

_BINLOG = ("--log-bin=binlog", "--binlog-format=ROW", "--sync-binlog=0")


class Replicated:
    """`wire.delay` makes true lag; `writing()` writes, and knows what the replica truly lacks."""

    def __init__(self) -> None:
        self.primary = MariaDB(*_BINLOG, "--server-id=1")
        self.replica = MariaDB(*_BINLOG, "--server-id=2", "--read-only", "--slave-net-timeout=60")
        self.wire: Relay

    def start(self) -> Replicated:
        self.primary.start()
        self.replica.start()
        self.wire = Relay(self.primary.port)
        self.primary.execute(
            "CREATE USER repl@'%' IDENTIFIED BY 'secret'", "GRANT REPLICATION SLAVE ON *.* TO repl@'%'",
            "CREATE DATABASE shop", "CREATE TABLE shop.tick (id INT PRIMARY KEY)",
            "CREATE TABLE shop.long_one (id INT PRIMARY KEY, v INT)", "INSERT INTO shop.long_one VALUES (1, 0)",
            "CREATE TABLE shop.heartbeat (ts varchar(26) NOT NULL, server_id int unsigned NOT NULL PRIMARY KEY)",
        )  # fmt: skip
        self.replicate()
        self.wait()
        return self

    def replicate(self, name: str = "", **more: Any) -> None:
        """From the beginning, over the wire; `name` is the connection's."""
        settings = {
            "MASTER_HOST": "127.0.0.1",
            "MASTER_PORT": self.wire.port,
            "MASTER_USER": "repl",
            "MASTER_PASSWORD": "secret",
            "MASTER_CONNECT_RETRY": 1,
            **more,
        }
        listed = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        self.replica.execute(f"CHANGE MASTER '{name}' TO {listed}, MASTER_USE_GTID=slave_pos", f"START SLAVE '{name}'")

    def heal(self) -> None:
        """As it was at the start, whatever a test did."""
        self.primary.thaw()
        self.wire.delay = 0.0
        for name, *_ in self.replica.execute("SHOW ALL SLAVES STATUS"):
            self.replica.execute(f"STOP SLAVE '{name}'", f"RESET SLAVE '{name}' ALL")
        self.replicate()
        self.wait()

    def wait(self, seconds: float = 30.0) -> None:
        """Until the replica has all that the primary has now."""
        [(position,)] = self.primary.execute("SELECT @@gtid_binlog_pos")
        assert self.replica.execute(f"SELECT MASTER_GTID_WAIT('{position}', {seconds})") == [(0,)]

    @contextlib.contextmanager
    def writing(self, every: float = 0.02) -> Iterator[Ticks]:
        ticks = Ticks(self, every)
        try:
            yield ticks
        finally:
            ticks.stop()

    def remove(self) -> None:
        self.replica.remove()
        self.primary.remove()
        self.wire.close()


class Ticks:
    """Rows written one after another, and when each was committed by our own clock: a measure beside all GTIDs."""

    def __init__(self, pair: Replicated, every: float) -> None:
        self._pair, self._every = pair, every
        [(self._before,)] = pair.primary.execute("SELECT COALESCE(MAX(id), 0) FROM shop.tick")
        self._committed: list[float] = []
        self._stop = threading.Event()
        self._look = pair.replica.connect("shop")
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def true_lag(self) -> float:
        """Age of the oldest row that the replica does not show; 0 when it shows all."""
        with self._look.cursor() as cursor:
            cursor.execute("SELECT COALESCE(MAX(id), 0) FROM tick")
            shown = int(cursor.fetchone()[0])
        missing = self._committed[max(0, shown - self._before) :]
        return time.monotonic() - missing[0] if missing else 0.0

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._look.close()

    def _write(self) -> None:
        with self._pair.primary.connect("shop") as link, link.cursor() as cursor:
            while not self._stop.wait(self._every):
                cursor.execute(f"INSERT INTO tick VALUES ({self._before + len(self._committed) + 1})")
                self._committed.append(time.monotonic())


@pytest.fixture(scope="module")
def replicated() -> Iterator[Replicated]:
    """One a module; `heal()` it after whatever was done to it."""
    pair = Replicated()
    try:
        yield pair.start()
    finally:
        pair.remove()
