"""What a database that several sidecars write to needs of them: turns at its tables, and nobody who waits for ever."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, text

from exporter.state.file import StateFaultError

STANDING_BY = -1
"""The epoch of nobody."""

_WAIT_SECONDS = 3
_LONGEST_REST = 10
_MIGRATING_SECONDS = 8  # less than a read may take
_MIGRATING = 8_419_847


class OvertakenError(StateFaultError):
    """Another sidecar leads now: nothing was written, and nothing may be."""


@contextmanager
def alone(turn: Connection) -> Iterator[None]:
    """Sidecars that start in the same instant make or migrate the tables, on other connections, one after another."""
    if turn.dialect.name == "postgresql":
        turn.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        yield
        return
    name = "CONCAT('order-health ', MD5(DATABASE()))"  # locks are the server's, and at most 64 letters long
    if not turn.scalar(text(f"SELECT GET_LOCK({name}, {_MIGRATING_SECONDS})")):
        raise StateFaultError("state: another sidecar has been migrating the tables for long; look at that one's log")
    yield
    turn.execute(text(f"SELECT RELEASE_LOCK({name})"))


def impatient(idle: float) -> Callable[[Any, Any], None]:
    """What each new connection is told: the server ends a transaction that stands still for `idle` seconds, whose locks
    would hold up the next leader, and gives up waiting for a lock.
    """

    def told(connection: Any, _record: Any) -> None:
        postgres = not hasattr(connection, "get_server_info")
        with connection.cursor() as cursor:
            if postgres:
                cursor.execute(f"SET idle_in_transaction_session_timeout = '{idle:g}s'")
                cursor.execute(f"SET lock_timeout = '{_WAIT_SECONDS}s'")
                connection.commit()
                return
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {_WAIT_SECONDS}")
            cursor.execute(f"SET SESSION wait_timeout = {_LONGEST_REST}")
            with suppress(Exception):  # MariaDB's; in MySQL the line above does it, later
                cursor.execute(f"SET SESSION idle_transaction_timeout = {math.ceil(idle)}")

    return told
