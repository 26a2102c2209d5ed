"""A shop's day of orders, and the file that people would download of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from exporter.probes.export_rows import ExportRows
from tests.probes.plain import NOW, Plain, Told
from tests.servers.origin import Answer, Origin

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 2, 28, tzinfo=ZONE)
"""Where yesterday begins; NOW is the noon of 1 March."""

PATH = "/orders/export"
NAME = "orders"
HEAD = ("订单编号", "实付金额", "下单时间")

Row = tuple[str, str, str]


def at(hours: float, since: datetime = MIDNIGHT) -> datetime:
    return since + timedelta(hours=hours)


def row(number: str, amount: object, created: datetime) -> Row:
    return number, str(amount), f"{created.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def written(rows: Iterable[Iterable[str]], head: Iterable[str] = HEAD, encoding: str = "utf-8-sig") -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet).writerows([head, *rows])
    return sheet.getvalue().encode(encoding)


class Day:
    """Orders are put into the shop and into `rows`, from which a test takes what its file is to lack."""

    def __init__(self, plain: Plain, origin: Origin) -> None:
        self.plain, self.origin = plain, origin
        self.rows: list[Row] = []

    def order(self, number: str, created: datetime, amount: str = "128.50", status: str = "paid") -> None:
        self.plain.order(number, status, amount=Decimal(amount), created_at=created)
        self.rows.append(row(number, amount, created))

    def orders(self, count: int, since: datetime = MIDNIGHT, hours: float = 24.0) -> Day:
        """Spread evenly, the first at the beginning, each for another amount."""
        for place in range(count):
            self.order(f"OH{len(self.rows):05}", since + timedelta(hours=hours * place / count), f"{10 + place}.50")
        return self

    def export(self, rows: Iterable[Iterable[str]] | bytes, **more: object) -> None:
        body = rows if isinstance(rows, bytes) else written(rows)
        self.origin.answers[PATH] = Answer(body, **more)  # type: ignore[arg-type]

    def look(self, now: datetime = NOW, probe: dict | None = None, **settings: object) -> Told:
        self.plain.memory.clear()
        return self.again(now, probe, **settings)

    def again(self, now: datetime = NOW, probe: dict | None = None, **settings: object) -> Told:
        """With the memory that the run before left."""
        made = ExportRows(exports=[{"url": f"{self.origin.url}{PATH}", "name": NAME, **settings}], **(probe or {}))
        [(part, each)] = made.parts(()).items()
        return self.plain.probe(each, now, part)


def findings(told: Told) -> dict[str, float]:
    return {labels[1]: value for labels, value in told.values("export_findings").items() if value}


def figures(told: Told) -> tuple[float, float]:
    """How many orders are missing and too many."""
    return told.value("export_missing_rows", NAME), told.value("export_extra_rows", NAME)
