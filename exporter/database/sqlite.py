"""SQLite, opened read-only: the demo's shop, and small shops."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from exporter.database.errors import ShopError, masked
from exporter.database.session import Fault, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import URL

_WORDS = {
    "interrupted": "timeout",
    "locked": "lock",
    "unable to open": "lost",
    "not a database": "lost",
    "malformed": "lost",
    "disk I/O": "lost",
}
_SCAN = re.compile(r"(SCAN|SEARCH)(?: TABLE)? (\S+)(?: AS \S+)?(.*)")


class SQLite:
    name = "sqlite"
    engine_url = "sqlite://"
    engine_options: Mapping[str, Any] = {}
    setup: tuple[tuple[str, ...], ...] = (("PRAGMA query_only = 1",), ("PRAGMA busy_timeout = 500",))
    limits: tuple[Callable[[float], str], ...] = ()
    explain = "EXPLAIN QUERY PLAN "
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise ShopError("an SQLite shop is a file; write sqlite:///shop.db")
        self._path = Path(url.database).absolute()

    def connect(self) -> Session:
        raw = sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, check_same_thread=False, timeout=0.5)

        def sever() -> None:
            with contextlib.suppress(sqlite3.Error):
                raw.interrupt()

        return Session(raw, sever, lambda: None, raw.close)

    def fault(self, error: BaseException) -> Fault:
        text = str(error)
        kind = next((kind for words, kind in _WORDS.items() if words in text), "other")
        if found := re.search(r"no such table: (?:\w+\.)?(\S+)", text):
            return Fault("table", "", masked(text), {"table": found[1]})
        if found := re.search(r"no such column: (?:\w+\.)?(\S+)", text):
            return Fault("column", "", masked(text), {"column": found[1].strip('"')})
        if "unable to open" in text:
            text = "the SQLite file cannot be opened; is it there, and may this process read it?"
        return Fault(kind, getattr(error, "sqlite_errorname", "") if kind == "other" else "", masked(text))

    def steps(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        found = [match for row in rows if (match := _SCAN.match(str(row["detail"])))]
        return [
            {
                "table": match[2],
                "access": "range" if match[1] == "SEARCH" else "index" if "USING" in match[3] else "ALL",
                "key": match[3].partition("INDEX ")[2].split(" ")[0] or None,
                "rows": 0,
            }
            for match in found
            if not match[2].startswith(("(", "CONSTANT"))
        ]
