"""The metrics of `negative_stock`, and faulty rows written as samples of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exporter.model import Case, Metric, Sample

EVIDENCE = 200
"""Cases that a sample carries at most: pages list them, cards name the first."""

ONLY_WAREHOUSE = "default"
"""The label of a shop that keeps one stock for all."""

Number = int | Decimal

SKUS = Metric(
    "order_health_negative_stock_skus",
    "SKUs with a quantity below zero, by warehouse.",
    ("warehouse",),
)
LOWEST = Metric(
    "order_health_stock_lowest_quantity",
    "Lowest quantity of any SKU in the warehouse; a large table gives it only while something is below zero.",
    ("warehouse",),
)
STALE = Metric(
    "order_health_stale_reservations",
    "Stock reservations past their time whose order is neither paid nor closed, by warehouse.",
    ("warehouse",),
)
RESERVED = Metric(
    "order_health_reservation_anomalies",
    "SKUs with a reserved quantity that cannot be: below_zero, or above_stock.",
    ("kind",),
)
KEY_MISSING = Metric(
    "order_health_stock_key_missing",
    "1 when no unique key forbids two rows of one SKU in one warehouse.",
)
DUPLICATES = Metric(
    "order_health_stock_duplicate_rows",
    "Rows of the stock table beyond the first of the same warehouse and SKU.",
)
TRUNCATED = Metric(
    "order_health_negative_stock_truncated",
    "1 while the probe has not seen every row, or has found more than it keeps: the counts are too low.",
)
METRICS = (SKUS, LOWEST, STALE, RESERVED, KEY_MISSING, DUPLICATES, TRUNCATED)


@dataclass(frozen=True, slots=True)
class Sku:
    """A row of the stock table. None is an unknown quantity, never 0."""

    key: str
    sku: str
    warehouse: str = ONLY_WAREHOUSE
    quantity: Number | None = None
    reserved: Number | None = None

    @property
    def negative(self) -> bool:
        return self.quantity is not None and self.quantity < 0

    @property
    def reserved_wrong(self) -> str | None:
        """Stock below zero is told by itself: nothing reserved of it is no second fault."""
        if self.reserved is None or self.reserved == 0:
            return None
        if self.reserved < 0:
            return "below_zero"
        return "above_stock" if self.quantity is not None and self.reserved > max(self.quantity, 0) else None


@dataclass(frozen=True, slots=True)
class Lock:
    """A reservation past its time; `order` is the order's number, or what the reservation says if there is none."""

    key: str
    order: str
    since: datetime
    warehouse: str = ONLY_WAREHOUSE
    note: str = ""


def negative(rows: Iterable[Sku], warehouses: Collection[str]) -> Iterator[Sample]:
    """Every known warehouse, at 0 or more."""
    found: dict[str, list[Sku]] = {name: [] for name in warehouses}
    for row in rows:
        if row.negative:
            found.setdefault(row.warehouse, []).append(row)
    for warehouse, skus in found.items():
        lowest_first = sorted(skus, key=lambda row: (row.quantity or 0, row.sku))
        cases = [Case(row.sku, None, f"{row.quantity}") for row in lowest_first[:EVIDENCE]]
        yield SKUS(len(skus), evidence=cases, warehouse=warehouse)


def lowest(quantities: Mapping[str, Number]) -> Iterator[Sample]:
    for warehouse, quantity in quantities.items():
        yield LOWEST(float(quantity), warehouse=warehouse)


def reserved(rows: Iterable[Sku]) -> Iterator[Sample]:
    found: dict[str, list[Sku]] = {"below_zero": [], "above_stock": []}
    for row in rows:
        if kind := row.reserved_wrong:
            found[kind].append(row)
    for kind, skus in found.items():
        cases = [Case(row.sku, None, f"{row.reserved} / {row.quantity}") for row in skus[:EVIDENCE]]
        yield RESERVED(len(skus), evidence=cases, kind=kind)


def stale(locks: Iterable[Lock], warehouses: Collection[str]) -> Iterator[Sample]:
    """Every known warehouse, at 0 or more; the oldest reservations first."""
    found: dict[str, list[Lock]] = {name: [] for name in warehouses}
    for lock in sorted(locks, key=lambda lock: (lock.since, lock.key)):
        found.setdefault(lock.warehouse, []).append(lock)
    for warehouse, each in found.items():
        cases = [Case(lock.order, lock.since, lock.note) for lock in each[:EVIDENCE]]
        yield STALE(len(each), evidence=cases, warehouse=warehouse)
