"""Orders that are paid and not shipped when their promise is over, followed until they are shipped or closed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from exporter.shop import Record, Table

KEPT = 1_000
"""Open orders that are followed."""

AGAIN = 300
"""So many of them are read again in each run, those that have waited longest."""

ONLY_WAREHOUSE = "default"
"""The label of a shop that does not say from which warehouse an order leaves."""

WAREHOUSES, OTHER = 50, "other"
"""So many warehouses get series of their own; orders of all others count together."""

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Open:
    """An order that is paid and not shipped; `since`: its payment. `stage`: not_started, started, or unknown."""

    key: str
    number: str
    since: datetime
    warehouse: str = ONLY_WAREHOUSE
    stage: str = UNKNOWN


def shows_shipping(table: Table) -> bool:
    """Can the shop tell an order that is shipped from one that is not."""
    return "shipped" in table.c or ("status" in table.c and bool(table.statuses("shipped", "done")))


def untimed(table: Table, record: Record) -> bool:
    """Said to be shipped, without a time of it."""
    shipped = "shipped" in table.c and "status" in table.c
    return shipped and record["shipped"] is None and table.status_kind(record["status"]) in {"shipped", "done"}


def opened(table: Table, record: Record) -> Open | None:
    """None for an order that owes nothing: shipped, not paid, closed, or of a status that the mapping does not know."""
    if record.get("shipped") is not None:
        return None
    paid = record.get("paid")
    since = paid or record.get("created")
    waits = table.status_kind(record["status"]) == "paid" if "status" in table.c else paid is not None
    if not waits or since is None:
        return None
    stage = UNKNOWN if "started" not in table.c else "started" if record["started"] else "not_started"
    where = str(record["warehouse"] or UNKNOWN) if "warehouse" in table.c else ONLY_WAREHOUSE
    return Open(str(record["key"]), str(record.get("number") or "?"), since, where, stage)


def due(orders: Iterable[Open], before: datetime) -> list[Open]:
    """Those that were paid before this moment, the longest waiting first."""
    return sorted((order for order in orders if order.since < before), key=lambda order: (order.since, order.key))


def named(known: Collection[str], orders: Iterable[Open]) -> tuple[str, ...]:
    """The warehouses that have series of their own: those known before keep theirs."""
    names = dict.fromkeys((*known, *sorted({order.warehouse for order in orders})))
    return tuple(names)[:WAREHOUSES]
