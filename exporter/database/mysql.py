"""MySQL, MariaDB and TiDB through PyMySQL."""

from __future__ import annotations

import contextlib
import re
import ssl
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql import FIELD_TYPE, converters

from exporter.database import dialect
from exporter.database.errors import ShopError, masked
from exporter.database.session import CONNECT_SECONDS, Fault, Session
from exporter.database.sockets import reached, shut, shut_after

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import URL

_OPTIONS = ("charset", "unix_socket", "tls", "ssl_ca", "ssl_cert", "ssl_key")
_KINDS = {
    "lost": (0, 1053, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2014, 2055),
    "timeout": (1317, 1969, 3024, 9011),
    "lock": (1205, 3572),
    "table": (1146,),
    "column": (1054,),
    "unknown": (1064, 1109, 1193, 1235, 1305),
    "denied": (1142, 1143),
    "access": (1045, 1130, 1227, 1698, 1862, 1820, 2061),
    "closed": (1044,),
    "full": (1040, 1203, 1226),
    "database": (1049,),
}
_NAMES = {
    1044: r"user '(?P<user>[^']*)'@'(?P<host>[^']*)'",
    1054: r"'(?P<column>[^']+)'",
    1143: r"column '(?P<column>[^']+)'",
}


def _datetime(text: str) -> Any:
    """As PyMySQL reads it, but in C. Zero dates stay texts."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text)
    return converters.convert_datetime(text)


_TIMES = dict.fromkeys((FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP), _datetime)
_CONVERSIONS: dict[Any, Any] = {**converters.conversions, **_TIMES}
_KIND = {code: kind for kind, codes in _KINDS.items() for code in codes}


class MySQL:
    name = "mysql"
    engine_url = dialect.URL
    engine_options: Mapping[str, Any] = {}
    # TIMESTAMP columns are shown in the session's zone, DATETIME columns are not touched by it.
    setup: tuple[tuple[str, ...], ...] = (
        ("SET SESSION lock_wait_timeout = 2",),
        ("SET SESSION innodb_lock_wait_timeout = 2",),
        (
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        ),
        ("SET SESSION time_zone = '+00:00'",),
    )
    limits: tuple[Callable[[float], str], ...] = (
        lambda seconds: f"SET SESSION max_statement_time = {seconds:.3f}",
        lambda seconds: f"SET SESSION max_execution_time = {max(1, int(seconds * 1000))}",
        lambda seconds: f"SET SESSION ob_query_timeout = {max(1, int(seconds * 1e6))}",
    )
    explain = "EXPLAIN FORMAT=TRADITIONAL "
    errors: tuple[type[Exception], ...] = (pymysql.err.Error,)

    def __init__(self, url: URL) -> None:
        if unknown := [name for name in url.query if name not in _OPTIONS]:
            raise ShopError(f"the database address has an unknown option {unknown[0]}; known are {', '.join(_OPTIONS)}")
        self._url = url

    def connect(self) -> Session:
        link, twin = self._dial(CONNECT_SECONDS)
        thread = link.thread_id()

        def close() -> None:
            link.close()
            twin.close()

        return Session(link, lambda: shut(twin), lambda: self._kill(thread), close)

    def _dial(self, seconds: float) -> tuple[Any, socket.socket]:
        """A connection on a socket of ours, and that socket's twin, by which it can be ended at any instant."""
        query = {name: value if isinstance(value, str) else value[0] for name, value in self._url.query.items()}
        asked = bool({"tls", "ssl_ca", "ssl_cert"} & query.keys())
        tls = _context(*(query.get(name, "") for name in ("tls", "ssl_ca", "ssl_cert", "ssl_key"))) if asked else None
        link = _Connection(
            host=self._url.host or "127.0.0.1",
            user=self._url.username,
            password=self._url.password or "",
            database=self._url.database,
            charset=query.get("charset", "utf8mb4"),
            ssl=tls,
            ssl_disabled=tls is None,
            conv=_CONVERSIONS,
            autocommit=True,
            defer_connect=True,
        )
        plain = reached(self._url, query.get("unix_socket"), seconds)
        twin = plain.dup()
        try:
            with shut_after(seconds, twin):
                link.connect(plain)
        except BaseException:
            twin.close()
            raise
        return link, twin

    def _kill(self, thread: int) -> None:
        link, twin = self._dial(2.0)
        try:
            with shut_after(2.0, twin), link.cursor() as cursor:
                cursor.execute(f"KILL QUERY {int(thread)}")
        finally:
            link.close()
            twin.close()

    def fault(self, error: BaseException) -> Fault:
        if "cryptography" in str(error) and not isinstance(error, pymysql.err.Error):
            return Fault(
                "access", "", "this account's password may only travel encrypted; add ?tls=true to the address"
            )
        code = error.args[0] if isinstance(error, pymysql.err.Error) and error.args else None
        if not isinstance(code, int):
            return Fault("lost", "", "it answers with something else than the MySQL protocol")
        text = str(error.args[1]) if len(error.args) > 1 else ""
        pattern = _NAMES.get(code)
        names = found.groupdict() if pattern and (found := re.search(pattern, text)) else {}
        return Fault(_KIND.get(code, "other"), str(code), masked(text), names)

    def steps(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        """EXPLAIN's rows by column name; None when the server's plans have another shape (TiDB, OceanBase)."""
        low = [{str(name).lower(): value for name, value in row.items()} for row in rows]
        if any("type" not in row or "table" not in row for row in low):
            return None
        return [
            {"table": row["table"], "access": row["type"], "key": row.get("key"), "rows": int(row.get("rows") or 0)}
            for row in low
            if row["table"] and row["type"]
        ]


class _Connection(pymysql.connections.Connection):
    def close(self) -> None:
        """A connection that broke is closed already: no error."""
        with contextlib.suppress(pymysql.err.Error):
            super().close()


@cache
def _context(tls: str, authority: str, certificate: str, key: str) -> ssl.SSLContext:
    """One context for all connections with the same options: reading the CA bundle takes 0.1 s."""
    try:
        context = ssl.create_default_context(cafile=authority or None)
        if certificate:
            context.load_cert_chain(certificate, key or None)
    except OSError as error:
        raise ShopError(f"the files named by ssl_ca, ssl_cert or ssl_key cannot be used: {error.strerror}") from None
    if tls not in ("", "true", "skip-verify"):
        raise ShopError("tls in the database address is true or skip-verify")
    if tls == "skip-verify":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
