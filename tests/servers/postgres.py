"""A real PostgreSQL for tests: fixture `postgres` (one a session)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers import free_port, frozen, needed, template, wait_for

_PACKAGE = "postgresql"


class Postgres:
    """`postgres` is the superuser; every account of 127.0.0.1 is trusted."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="oh-postgres-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        shutil.copytree(template("postgres", _install), self.home / "data")
        _own(self.home)

    @property
    def pid(self) -> int:
        assert self._process, "not started"
        return self._process.pid

    def start(self) -> Postgres:
        log = self.home / "log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen([
                _binary("postgres"), "-D", str(self.home / "data"), "-p", str(self.port), "-h", "127.0.0.1", "-k", "",
                "-c", "fsync=off", "-c", "autovacuum=off",
            ], stdout=sink, stderr=sink, **_owner())  # fmt: skip
        wait_for(lambda: self.execute("SELECT 1"), self._process, log)
        return self

    def remove(self) -> None:
        """Stops it and deletes its files."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
        shutil.rmtree(self.home, ignore_errors=True)

    def frozen(self) -> AbstractContextManager[None]:
        """All its processes stand still."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.pid)], capture_output=True, check=False).stdout
        return frozen(self.pid, *map(int, listed.split()))

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs the statements as superuser; the rows of the last."""
        with psycopg.connect(self.url(database), autocommit=True) as link:
            rows = None
            for statement in statements:
                rows = link.execute(statement)
            return rows.fetchall() if rows and rows.description else []

    def database(self, name: str, *statements: str) -> str:
        """Makes it anew, runs the statements in it, and gives its name back."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        self.execute(*statements, database=name)
        return name


def _binary(name: str) -> str:
    return needed(name, _PACKAGE, *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))


def _owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}


def _own(place: Path) -> None:
    if os.getuid() == 0:
        for each in (place, *place.rglob("*")):
            shutil.chown(each, "postgres", "postgres")


def _install(place: Path) -> None:
    _own(place)
    subprocess.run(
        [_binary("initdb"), "-D", str(place), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, **_owner(),
    )  # fmt: skip


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Shared by the session: leave it running."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.remove()
