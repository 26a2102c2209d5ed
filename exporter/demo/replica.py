"""The demo's replica: a second SQLite file that shows what the shop had 0.8 s ago, by a heartbeat in both."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

BEHIND = 0.8
"""Seconds."""

_EVERY = 0.1
_TABLE = "CREATE TABLE IF NOT EXISTS heartbeat (id INTEGER PRIMARY KEY, ts TEXT)"


class Replica:
    """`start()` once both files may be written; `stop()` before they are deleted."""

    def __init__(self, primary: Path, replica: Path) -> None:
        self._files = (primary, replica)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="demo-replica", daemon=True)

    def start(self) -> None:
        for file in self._files:
            with closing(sqlite3.connect(file)) as database, database:
                database.execute(_TABLE)
                database.execute("INSERT INTO heartbeat VALUES (1, ?)", (_now(),))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _beat(self) -> None:
        on_its_way: deque[tuple[float, str]] = deque()
        primary, replica = (sqlite3.connect(file, isolation_level=None) for file in self._files)
        with closing(primary), closing(replica):
            for database in (primary, replica):
                database.execute("PRAGMA synchronous = OFF")
            while not self._stop.wait(_EVERY):
                on_its_way.append((time.monotonic() + BEHIND, now := _now()))
                _write(primary, now)
                while on_its_way and on_its_way[0][0] <= time.monotonic():
                    _write(replica, on_its_way.popleft()[1])


def _write(database: sqlite3.Connection, at: str) -> None:
    """A heartbeat that meets a lock is left out; the next one follows at once."""
    with suppress(sqlite3.OperationalError):
        database.execute("UPDATE heartbeat SET ts = ?", (at,))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
