"""The demo's export site: what finance downloads, behind a small cache that somebody put in front of everything."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/shop/orders/export"
_LIFETIME = timedelta(hours=1)
_AGE = timedelta(minutes=40)
"""How old the copy is when the demo begins."""


@dataclass(frozen=True)
class _Copy:
    body: bytes
    made: datetime


class Exports:
    """The cache keeps a file for an hour, whatever becomes of the orders, and never asks who wants it."""

    def __init__(self, shop: Path, now: Callable[[], datetime]) -> None:
        self._shop, self._now = shop, now
        self._copy = _Copy(self._file(), now() - _AGE)

    def routes(self) -> list[Route]:
        return [Route(PATH, self._answer)]

    def _answer(self, _request: Request) -> Response:
        now, kept = self._now(), self._copy
        hit = now - kept.made < _LIFETIME
        if not hit:
            kept = self._copy = _Copy(self._file(), now)
        headers = {
            "Cache-Control": f"max-age={_LIFETIME.total_seconds():.0f}",
            "Age": f"{(now - kept.made).total_seconds():.0f}",
            "X-Cache": "HIT" if hit else "MISS",
            "Content-Disposition": 'attachment; filename="orders.csv"',
        }
        return Response(kept.body, headers=headers, media_type="text/csv")

    def _file(self) -> bytes:
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(("order_no", "status", "amount", "created_at"))
        with closing(sqlite3.connect(self._shop)) as shop:
            rows.writerows(shop.execute("SELECT order_no, status, amount, created_at FROM orders ORDER BY id"))
        return text.getvalue().encode("utf-8-sig")
