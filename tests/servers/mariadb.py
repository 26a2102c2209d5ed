"""A real MariaDB for tests: fixture `mariadb` (one a session), with what fault tests need."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.servers import free_port, needed, template, wait_for

_PACKAGE = "mariadb-server"


class MariaDB:
    """`root` has no password; `account()` makes further ones."""

    def __init__(self, *options: str) -> None:
        self._server = needed("mariadbd", _PACKAGE)
        self.home = Path(tempfile.mkdtemp(prefix="oh-mariadb-"))
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        shutil.copytree(template("mariadb", _install), self.home / "data")

    @property
    def pid(self) -> int:
        assert self._process, "not started"
        return self._process.pid

    def start(self) -> MariaDB:
        """In a folder for temporary tables of its own: a server that starts deletes those of others, which crash then."""
        log = self.home / "log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen([
                self._server, "--no-defaults", *_as_root(), f"--datadir={self.home / 'data'}", f"--port={self.port}",
                "--bind-address=127.0.0.1", f"--socket={self.home / 'socket'}", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=32M", "--skip-log-bin", "--max-connections=60",
                "--character-set-server=utf8mb4", f"--tmpdir={self.home}", *self._options,
            ], stdout=sink, stderr=sink)  # fmt: skip
        wait_for(lambda: self.execute("SELECT 1"), self._process, log)
        return self

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As if the machine lost power."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def remove(self) -> None:
        """Stops it and deletes its files."""
        if self._process and self._process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str = "", user: str = "root", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"mysql+pymysql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str | None = None, user: str = "root", password: str = "") -> Any:
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, database=database, autocommit=True,
            ssl_disabled=True, connect_timeout=10, read_timeout=100, charset="utf8mb4",
        )  # fmt: skip

    def execute(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Runs the statements as root; the rows of the last."""
        with self.connect(database) as link, link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def fill(self, database: str, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """An INSERT with %s places, for many rows."""
        with self.connect(database) as link, link.cursor() as cursor:
            cursor.executemany(statement, rows)

    def database(self, name: str, *statements: str) -> str:
        """Makes it anew, runs the statements in it, and gives its name back."""
        self.execute(f"DROP DATABASE IF EXISTS `{name}`", f"CREATE DATABASE `{name}`")
        self.execute("SELECT 1", *statements, database=name)
        return name

    def account(self, name: str, *grants: str, password: str = "secret") -> None:
        """`grants` as in `SELECT (id, no) ON shop.orders`."""
        made = [f"CREATE OR REPLACE USER {name}@'%' IDENTIFIED BY '{password}'"]
        self.execute(*made, *(f"GRANT {grant} TO {name}@'%'" for grant in grants))

    def _end(self, how: int) -> None:
        assert self._process, "not started"
        self._process.send_signal(how)
        self._process.wait(60)


def _as_root() -> list[str]:
    return ["--user=root"] if os.getuid() == 0 else []


def _install(place: Path) -> None:
    install = needed("mariadb-install-db", _PACKAGE)
    subprocess.run([
        install, "--no-defaults", f"--datadir={place}", "--auth-root-authentication-method=normal", "--skip-test-db",
        *_as_root(),
    ], check=True, capture_output=True)  # fmt: skip


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """Shared by the session: leave it running, thawed, and with its accounts."""
    server = MariaDB()
    try:
        yield server.start()
    finally:
        server.remove()
