"""Opens the state's database and guards every transaction on it."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, StaticPool, and_, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from exporter.state.file import StateFaultError, StateFile
from exporter.state.schema import MIGRATIONS, leader, migrate, version
from exporter.state.sharing import STANDING_BY, OvertakenError, alone, impatient

log = logging.getLogger(__name__)


class Store:
    """One database, one lock: every transaction is short, and SQLite takes one writer at a time anyway."""

    def __init__(self, url: str | URL) -> None:
        """Opens and, if needed, creates or migrates the tables. Raises `StateFaultError`."""
        parsed = _parsed(url)
        self.where = f"state: {_shown(parsed)}"
        self._lock = threading.RLock()
        self._file = _file(parsed, self.where)
        self._epoch: int | None = None
        self._holder = ""
        self.stood_still = math.inf
        """A process that was paused for so many seconds may not lead any more."""
        self._engine = _engine(parsed, self.where)
        try:
            self._prepare()
        except BaseException:
            self._engine.dispose()
            raise

    def own(self) -> None:
        """Raises `StateFaultError` when another process owns this file; a server's databases cannot be owned."""
        if self._file:
            self._file.own()

    def share(self, seconds: float) -> None:
        """From now on other sidecars write here too: only their leader, for so long, may do what `_leading` guards."""
        self._epoch, self.stood_still = STANDING_BY, seconds / 2
        event.listen(self._engine, "connect", impatient(seconds / 2))
        self._engine.dispose()  # connections that were opened before

    def close(self) -> None:
        with self._lock:
            self._engine.dispose()
            if self._file:
                self._file.close()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._lock:
            if self._file and self._file.gone():
                self._begin_anew(self._file)
            try:
                with self._engine.begin() as connection:
                    yield connection
            except SQLAlchemyError as error:
                raise StateFaultError(f"{self.where}: {_reason(error)}; {_remedy(self._engine.url)}") from None

    @contextmanager
    def _leading(self) -> Iterator[Connection]:
        """A transaction that only the leader may make: until it ends nobody else can take the lead."""
        with self._begin() as connection:
            fence = select(leader.c.id).where(self._mine()).with_for_update(read=True)
            if self._epoch is not None and connection.scalar(fence) is None:
                raise OvertakenError(f"{self.where}: another sidecar leads, so this one writes nothing")
            yield connection

    def _mine(self) -> ColumnElement[bool]:
        """Of the leader's row. A database that failed over may have lost an epoch, and count it twice."""
        return and_(leader.c.epoch == self._epoch, leader.c.holder == self._holder)

    def _begin_anew(self, file: StateFile) -> None:
        """What is written to a file that was removed would be lost by the next restart, and nobody would know."""
        log.error("%s: the file was removed or replaced while in use; cards that waited in it are lost", self.where)
        self._engine.dispose()
        file.renew()
        self._prepare()

    def _prepare(self) -> None:
        if self._engine.dialect.name == "sqlite":
            self._migrate()
            return
        with self._begin() as turn, alone(turn):
            self._migrate()

    def _migrate(self) -> None:
        with self._begin() as connection:
            found = version(connection)
            if found > len(MIGRATIONS):
                raise StateFaultError(
                    f"{self.where}: was written by a newer order-health (version {found}, this one knows "
                    f"{len(MIGRATIONS)}); run the newer one, or name another file under `state:`"
                )
            migrate(connection, found)


def _parsed(url: str | URL) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise StateFaultError(
            "state: this is not a database URL; write for example sqlite:///order-health.db"
        ) from None


def _file(url: URL, where: str) -> StateFile | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return StateFile(Path(url.database), where)


def _engine(url: URL, where: str) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        options: dict[str, Any] = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False, "timeout": 5}}
    else:
        options = {"pool_pre_ping": True, "pool_recycle": 1800, "connect_args": {"connect_timeout": 5}}
    if url.get_driver_name() == "pymysql":
        options["connect_args"] |= {"read_timeout": 10, "write_timeout": 10}
    try:
        engine = create_engine(url, hide_parameters=True, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StateFaultError(
            f"{where}: no driver for {url.drivername} ({error}); write sqlite:///…, mysql+pymysql://… or "
            "postgresql+psycopg://… (the last one needs: pip install 'order-health[postgres]')"
        ) from None
    if sqlite:
        event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", _immediate)
    return engine


def _durable(connection: Any, _record: Any) -> None:
    # Python's own BEGIN comes too late for a transaction that reads before it writes: we send ours.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: URL) -> str:
    """The address without user, password and query, which may hold a password too."""
    return URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def _reason(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    if original is None:
        return type(error).__name__
    return " ".join(str(each) for each in original.args) or type(original).__name__


def _remedy(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return (
            "look whether the disk is full and whether the file is order-health's own, or name another under `state:`"
        )
    return "look whether the server answers and whether this account may create and write tables there"
