"""PostgreSQL through psycopg (an extra)."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from typing import TYPE_CHECKING, Any

from exporter.database.errors import ShopError, masked
from exporter.database.session import CONNECT_SECONDS, Fault, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy.engine import URL

try:
    import psycopg
except ImportError:
    raise ShopError("PostgreSQL needs its driver; install order-health[postgres]") from None

_KINDS = {
    "timeout": ("57014", "25P03", "57P05"),
    "lock": ("55P03", "40P01"),
    "table": ("42P01", "3F000"),
    "column": ("42703",),
    "denied": ("42501",),
    "access": ("28000", "28P01"),
    "full": ("53300",),
    "database": ("3D000",),
}
_KIND = {code: kind for kind, codes in _KINDS.items() for code in codes}
# While it connects, the driver knows the server's words only.
_WORDS = {
    "authentication failed": "access",
    "no pg_hba.conf entry": "access",
    "too many": "full",
    "does not exist": "database",
}


class Postgres:
    name = "postgresql"
    engine_url = "postgresql+psycopg://"
    engine_options: Mapping[str, Any] = {"use_native_hstore": False}
    setup: tuple[tuple[str, ...], ...] = (
        ("SET lock_timeout = 2000",),
        ("SET default_transaction_read_only = on",),
        ("SET default_transaction_isolation = 'read committed'",),
        ("SET TIME ZONE 'UTC'",),
    )
    limits: tuple[Callable[[float], str], ...] = (
        lambda seconds: f"SET statement_timeout = {max(1, int(seconds * 1000))}",
    )
    explain = "EXPLAIN (FORMAT JSON) "
    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: URL) -> None:
        self._url = url

    def _dial(self) -> Any:
        options: dict[str, Any] = {
            name: value if isinstance(value, str) else value[0] for name, value in self._url.query.items()
        }
        return psycopg.connect(
            host=self._url.host or "127.0.0.1",
            port=self._url.port or 5432,
            user=self._url.username,
            password=self._url.password,
            dbname=self._url.database,
            autocommit=True,
            connect_timeout=int(CONNECT_SECONDS),
            prepare_threshold=None,
            **options,
        )

    def connect(self) -> Session:
        link = self._dial()
        pid = link.info.backend_pid
        twin = socket.socket(fileno=os.dup(link.fileno()))

        def sever() -> None:
            with contextlib.suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)

        def close() -> None:
            with contextlib.suppress(Exception):
                link.close()
            twin.close()

        return Session(link, sever, lambda: self._kill(pid), close)

    def _kill(self, pid: int) -> None:
        with self._dial() as link:
            link.execute("SET statement_timeout = 1000")
            link.execute("SELECT pg_cancel_backend(%s)", (pid,))

    def fault(self, error: BaseException) -> Fault:
        code = getattr(error, "sqlstate", None)
        text = str(error)
        if code is None:
            kind = next((kind for words, kind in _WORDS.items() if words in text), "lost")
            return Fault(kind, "", masked(text))
        kind = "lost" if code[:2] == "08" or code in ("57P01", "57P02", "57P03") else _KIND.get(code, "other")
        found = re.search(r'column "?(?:\w+\.)?(\w+)"? does not exist', text)
        return Fault(kind, code, masked(text.partition("\n")[0]), {"column": found[1]} if found else {})

    def steps(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        plans = [plan for row in rows for value in row.values() for plan in value]
        return [step for plan in plans for step in _walk(plan["Plan"])]


def _walk(node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    kind, below = node["Node Type"], node.get("Plans", ())
    if "Relation Name" in node:
        whole_index = kind.startswith("Index") and "Index Cond" not in node
        access = "ALL" if kind == "Seq Scan" else "index" if whole_index else "range"
        rows = int(node.get("Plan Rows") or 0)
        # A bitmap scan names its index one step below.
        key = node.get("Index Name") or next((each["Index Name"] for each in below if "Index Name" in each), None)
        yield {"table": node["Relation Name"], "access": access, "key": key, "rows": rows}
    for each in below:
        yield from _walk(each)
