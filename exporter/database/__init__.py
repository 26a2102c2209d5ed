"""One database: one connection, one statement after another, each with an end."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from exporter.database.deadline import WATCHDOG, Bite, Deadline
from exporter.database.dial import Dial
from exporter.database.errors import Ended, ShopError, TimedOut, Unreachable
from exporter.database.families import family
from exporter.database.opening import Inspect, Link, Opening
from exporter.database.session import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy
    from sqlalchemy.engine import URL, Row

log = logging.getLogger(__name__)

_LEAST = 0.005
"""Seconds below which nothing is begun."""

_SILENT = 60.0
"""Seconds of silence after which a connection is opened anew rather than trusted."""


class StatementError(Exception):
    """The server refused a statement; `fault` says how."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


class Database:
    """Connects when it is first asked, and again when the connection is lost. Safe to share between threads."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(password=None)
        self.family = family(url)
        self.opening = Opening(self.family)
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._dial = Dial(self.opening.link, Link.drop)
        self._closed = False

    def __repr__(self) -> str:
        return f"Database({self.family.name})"

    def ask(
        self,
        statement: sqlalchemy.Executable,
        deadline: Deadline,
        binds: Mapping[str, Any] | None = None,
        *,
        inspect: Inspect | None = None,
    ) -> Sequence[Row[Any]]:
        """All rows, within the deadline. `binds`: values for the statement's named parameters.

        Raises StatementError, TimedOut, Unreachable, Denied (the account), Missing (the database).
        """
        if not self._lock.acquire(timeout=deadline.left):
            raise TimedOut(f"another statement held the database for the whole {deadline.total:g} s")
        try:
            if link := self._idle():
                with contextlib.suppress(_Lost):
                    return self._run(link, statement, binds, deadline, inspect)
            return self._run(self._fresh(deadline), statement, binds, deadline, inspect)
        except _Lost as lost:
            raise Unreachable(f"the database ended the connection: {lost.fault.text}") from None
        finally:
            if self._closed:
                self._let_go()
            self._lock.release()

    def close(self) -> None:
        """Keeps no connection from now on: a run that is still under way gets one for each statement."""
        with self._lock:
            self._closed = True
            self._let_go()
        self.opening.close()

    def _let_go(self) -> None:
        self._drop()
        self._dial.abandon()

    def _idle(self) -> Link | None:
        """The open connection, if it has served and is not old: firewalls forget the silent ones without a word."""
        link = self._link
        if link and link.used and time.monotonic() - link.used > _SILENT:
            self._drop()
            return None
        return link if link and link.used else None

    def _fresh(self, deadline: Deadline) -> Link:
        self._link = self._link or self._dial.link(deadline)
        return self._link

    def _run(
        self,
        link: Link,
        statement: sqlalchemy.Executable,
        binds: Mapping[str, Any] | None,
        deadline: Deadline,
        inspect: Inspect | None,
    ) -> Sequence[Row[Any]]:
        if deadline.left < _LEAST:
            raise TimedOut(f"the {deadline.total:g} s of this run are over")
        bite: Bite | None = None
        try:
            with WATCHDOG.until(deadline, link.session.sever) as bite:
                link.bound(deadline.left)
                options = {"inspect": inspect} if inspect else {}
                rows = link.connection.execute(statement, binds, execution_options=options).all()
            link.used = time.monotonic()
        except (ShopError, Planned):
            raise
        except Exception as error:  # noqa: BLE001 - drivers raise anything when the server talks nonsense
            fault = self.opening.understood(error)
            if bite and bite.done:
                self._end(link)
                late = Ended if fault.kind == "timeout" else TimedOut
                raise late(f"the database did not answer within {deadline.total:g} s") from None
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
            raise Ended(f"the database ended the statement at its limit (of {deadline.total:g} s)") from None
        if fault.kind == "lock":
            raise TimedOut("a lock stood in the way for too long; is a table being altered?") from None

    def _end(self, link: Link) -> None:
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
            link.drop()


class Planned(Exception):  # noqa: N818 - it is the guard's answer, not an error
    """Raised from an `Inspect` to stop a statement before it runs."""


class _Lost(Exception):  # noqa: N818 - it never leaves this file
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault
