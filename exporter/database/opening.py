"""A connection, opened and set up: fenced against writing and waiting, by asking the server what it takes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from exporter.database import spoken
from exporter.database.compiled import shared
from exporter.database.errors import Denied, Missing, ShopError, Unreachable

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from exporter.database.session import Family, Fault, Session

Inspect = Callable[[Any, str, Any], None]
"""Sees a statement's cursor, text and binds just before it runs; may raise to stop it."""


@dataclass(slots=True)
class Link:
    """`limit`: seconds after which the server ends a statement now; `used`: when the last one succeeded (monotonic)."""

    connection: Connection
    session: Session
    limit_text: Callable[[float], str] | None
    limit: float = float("inf")
    used: float | None = None
    opened: float = field(default_factory=time.monotonic)

    def bound(self, left: float) -> None:
        """Sets the server's own limit a little below what remains; no round trip while the last one still fits."""
        if self.limit_text and not left * 0.5 < self.limit < left:
            self.limit = max(0.01, min(left * 0.9, left - 0.02))
            cursor = self.session.raw.cursor()
            cursor.execute(self.limit_text(self.limit))
            cursor.close()

    def drop(self) -> None:
        self.session.close()
        self.connection.invalidate()
        self.connection.close()


class Opening:
    """Opens links to one database. `fences`: the set-up statements that the server took the last time."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.fences: tuple[str, ...] = ()
        self._session: Session | None = None
        self._limit: Callable[[float], str] | None = None
        self._engine = sqlalchemy.create_engine(
            family.engine_url,
            creator=self._raw,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            **family.engine_options,
        )
        event.listen(self._engine, "before_cursor_execute", _inspected)

    @property
    def limits(self) -> bool:
        """Whether statements end by themselves; a family without limits (SQLite) runs in this process."""
        return bool(self._limit) or not self.family.limits

    def link(self) -> Link:
        """Raises Unreachable, Denied or Missing; ends within a few seconds."""
        self._session = None
        alarm = threading.Timer(_SECONDS, self._sever)
        alarm.daemon = True
        alarm.start()
        connection = None
        try:
            connection = self._engine.connect()
            shared(connection)
            assert self._session  # noqa: S101 - the engine has just called _raw
            self._set_up(self._session.raw)
            return Link(connection, self._session, self._limit)
        except ShopError:
            self._abandon(connection)
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise anything when the server talks nonsense
            self._abandon(connection)
            raise _unconnected(self.understood(error)) from None
        finally:
            alarm.cancel()

    def understood(self, error: BaseException) -> Fault:
        return self.family.fault(getattr(error, "orig", None) or error)

    def close(self) -> None:
        self._engine.dispose()

    def _raw(self) -> Any:
        self._session = self.family.connect()
        return self._session.raw

    def _abandon(self, connection: Connection | None) -> None:
        """A server that went silent during set-up leaves a session that nobody else closes."""
        with contextlib.suppress(*self.family.errors, sqlalchemy.exc.SQLAlchemyError, OSError):
            if self._session:
                self._session.close()
            if connection:
                connection.invalidate()
                connection.close()

    def _sever(self) -> None:
        if self._session:
            self._session.sever()

    def _set_up(self, raw: Any) -> None:
        """Asks the server what it takes instead of reading its version; what it took once is asked first next time."""
        cursor = raw.cursor()
        fences = tuple(done for step in self.family.setup if (done := self._first(cursor, step)))
        limits = ([self._limit] if self._limit else []) + list(self.family.limits)
        self._limit = next((each for each in limits if self._first(cursor, (each(60.0),))), None)
        # The limit is set anew for each statement; its name tells the product where VERSION() does not.
        self.fences = (*fences, *([self._limit(60.0).partition(" = ")[0]] if self._limit else []))
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


_SECONDS = 5.0
"""Seconds that log-in and set-up may take before they are severed."""


def _inspected(_connection: Any, cursor: Any, statement: str, binds: Any, context: Any, _many: bool) -> None:
    spoken.note(statement)
    inspect: Inspect | None = context.execution_options.get("inspect") if context else None
    if inspect:
        inspect(cursor, statement, binds)


def _unconnected(fault: Fault) -> ShopError:
    if fault.kind == "access":
        return Denied(f"the database refuses the account or its password{_code(fault) or ': ' + fault.text}")
    if fault.kind == "closed":
        account = f"{fault.names.get('user', '')}@{fault.names.get('host', '%')}"
        return Denied(f"the account has no right to anything in this database{_code(fault)}", account=account)
    if fault.kind == "database":
        return Missing(f"there is no database of that name on the server{_code(fault)}")
    if fault.kind == "full":
        return Unreachable(f"the database has no connection left{_code(fault)}")
    return Unreachable(f"the database cannot be reached: {fault.text}")


def _code(fault: Fault) -> str:
    return f" ({fault.code})" if fault.code else ""
