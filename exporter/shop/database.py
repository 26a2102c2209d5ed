"""One database: one connection, one statement after another, each with an end."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from exporter.shop.deadline import Bite, Deadline, Watchdog
from exporter.shop.dial import Dial
from exporter.shop.errors import Denied, Missing, ShopError, TimedOut, Unreachable
from exporter.shop.families import Fault, Session, family

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.engine import URL, Connection, Row

log = logging.getLogger(__name__)

Inspect = Callable[[Any, str, Any], None]
"""Sees a statement's cursor, text and binds just before it runs; may raise to stop it."""

_LEAST = 0.005
"""Seconds below which nothing is begun."""


class StatementError(Exception):
    """The server refused a statement; `fault` says how."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(slots=True)
class _Link:
    connection: Connection
    session: Session
    limit: float = float("inf")
    used: bool = field(default=False)


class Database:
    """Connects when it is first asked, and again when the connection is lost. Safe to share between threads."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(password=None)
        self.family = family(url)
        self.fences: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._link: _Link | None = None
        self._dial = Dial(self._open)
        self._session: Session | None = None
        self._set_limit: Callable[[float], str] | None = None
        self._engine = sqlalchemy.create_engine(
            self.family.engine_url,
            creator=self._raw,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            **self.family.engine_options,
        )
        event.listen(self._engine, "before_cursor_execute", _inspected)

    def __repr__(self) -> str:
        return f"Database({self.family.name})"

    def ask(
        self, statement: sqlalchemy.Executable, deadline: Deadline, *, inspect: Inspect | None = None
    ) -> Sequence[Row[Any]]:
        """All rows, within the deadline.

        Raises StatementError, TimedOut, Unreachable, Denied (the account), Missing (the database).
        """
        if not self._lock.acquire(timeout=deadline.left):
            raise TimedOut(f"another statement held the database for the whole {deadline.total:g} s")
        try:
            if (link := self._link) and link.used:
                with contextlib.suppress(_Lost):
                    return self._run(link, statement, deadline, inspect)
            return self._run(self._fresh(deadline), statement, deadline, inspect)
        except _Lost as lost:
            raise Unreachable(f"the database ended the connection: {lost.fault.text}") from None
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._drop()
        self._engine.dispose()

    def _fresh(self, deadline: Deadline) -> _Link:
        self._link = self._link or self._dial.link(deadline)
        return self._link

    def _run(
        self, link: _Link, statement: sqlalchemy.Executable, deadline: Deadline, inspect: Inspect | None
    ) -> Sequence[Row[Any]]:
        if deadline.left < _LEAST:
            raise TimedOut(f"the {deadline.total:g} s of this run are over")
        bite: Bite | None = None
        try:
            with self._watchdog.until(deadline, link.session.sever) as bite:
                self._limit(link, deadline.left)
                options = {"inspect": inspect} if inspect else {}
                rows = link.connection.execute(statement, execution_options=options).all()
            link.used = True
        except (ShopError, Planned):
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise anything when the server talks nonsense
            fault = self._understood(error)
            if bite and bite.done:
                self._end(link)
                raise TimedOut(f"the database did not answer within {deadline.total:g} s") from None
            self._sort(fault, deadline)
            raise StatementError(fault) from None
        if bite.done:
            self._drop()
        return rows

    def _sort(self, fault: Fault, deadline: Deadline) -> None:
        """Raises for what has nothing to do with the statement's words."""
        if fault.kind == "lost":
            self._drop()
            raise _Lost(fault) from None
        if fault.kind == "timeout":
            raise TimedOut(f"the database ended the statement at its limit (of {deadline.total:g} s)") from None
        if fault.kind == "lock":
            raise TimedOut("a lock stood in the way for too long; is a table being altered?") from None

    def _limit(self, link: _Link, left: float) -> None:
        """Sets the server's own limit a little below what remains; no round trip while the last one still fits."""
        if self._set_limit and not left * 0.5 < link.limit < left:
            link.limit = max(0.01, min(left * 0.9, left - 0.02))
            cursor = link.session.raw.cursor()
            cursor.execute(self._set_limit(link.limit))
            cursor.close()

    def _understood(self, error: BaseException) -> Fault:
        cause = getattr(error, "orig", None) or error
        return self.family.fault(cause)

    def _end(self, link: _Link) -> None:
        """Ends on the server, too, what was severed here; in a thread, because the server may be frozen."""
        self._drop()

        def kill() -> None:
            try:
                link.session.kill()
            except Exception as error:  # noqa: BLE001 - a last resort
                log.warning("a statement may still run on the %s server: %s", self.family.name, type(error).__name__)

        threading.Thread(target=kill, name="shop-kill", daemon=True).start()

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link:
            link.session.close()
            link.connection.invalidate()
            link.connection.close()

    def _raw(self) -> Any:
        self._session = self.family.connect()
        return self._session.raw

    def _open(self) -> _Link:
        self._session = None
        alarm = threading.Timer(_OPENING, self._sever)
        alarm.daemon = True
        alarm.start()
        try:
            connection = self._engine.connect()
            assert self._session  # noqa: S101 - the engine has just called _raw
            self._set_up(self._session.raw)
            return _Link(connection, self._session)
        except ShopError:
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise anything when the server talks nonsense
            raise _unconnected(self._understood(error)) from None
        finally:
            alarm.cancel()

    def _sever(self) -> None:
        if self._session:
            self._session.sever()

    def _set_up(self, raw: Any) -> None:
        """Asks the server what it takes instead of reading its version; what it took once is asked first next time."""
        cursor = raw.cursor()
        self.fences = tuple(done for step in self.family.setup if (done := self._first(cursor, step)))
        limits = [self._set_limit] if self._set_limit else self.family.limits
        self._set_limit = next((each for each in limits if self._first(cursor, (each(60.0),))), None)
        cursor.close()

    def _first(self, cursor: Any, alternatives: Sequence[str]) -> str | None:
        for text in alternatives:
            try:
                cursor.execute(text)
            except self.family.errors as error:
                if self.family.fault(error).kind == "lost":
                    raise
            else:
                return text
        return None


_OPENING = 5.0
"""Seconds that log-in and set-up may take before they are severed."""


class Planned(Exception):  # noqa: N818 - it is the guard's answer, not an error
    """Raised from an `Inspect` to stop a statement before it runs."""


class _Lost(Exception):  # noqa: N818 - it never leaves this file
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def _inspected(_connection: Any, cursor: Any, statement: str, binds: Any, context: Any, _many: bool) -> None:
    inspect: Inspect | None = context.execution_options.get("inspect") if context else None
    if inspect:
        inspect(cursor, statement, binds)


def _unconnected(fault: Fault) -> ShopError:
    if fault.kind == "access":
        return Denied(f"the database refuses the account or its password{_code(fault) or ': ' + fault.text}")
    if fault.kind == "database":
        return Missing(f"there is no database of that name on the server{_code(fault)}")
    if fault.kind == "full":
        return Unreachable(f"the database has no connection left{_code(fault)}")
    return Unreachable(f"the database cannot be reached: {fault.text}")


def _code(fault: Fault) -> str:
    return f" ({fault.code})" if fault.code else ""


_shared: dict[bytes, tuple[Database, int]] = {}
_sharing = threading.Lock()


def share(address: str, password: SecretStr | None) -> Database:
    """The database of this address; all who name the same one share its connection until each has called `leave`."""
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise ShopError("the database address is not understood; write mysql+pymysql://account@host/database") from None
    if password and url.password is None and url.get_backend_name() != "sqlite":
        url = url.set(password=password.get_secret_value())
    key = hashlib.sha256(url.render_as_string(hide_password=False).encode()).digest()
    with _sharing:
        database, users = _shared.get(key) or (Database(url), 0)
        _shared[key] = (database, users + 1)
    return database


def leave(database: Database) -> None:
    """Closes the connection when nobody shares it any more."""
    with _sharing:
        for key, (shared, users) in list(_shared.items()):
            if shared is database:
                if users > 1:
                    _shared[key] = (shared, users - 1)
                    return
                del _shared[key]
    database.close()
