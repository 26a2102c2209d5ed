"""Reservations past their time, held against the orders they were made for."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.probes.negative_stock.tell import ONLY_WAREHOUSE, Lock
from exporter.shop import Record, Shop, Table
from exporter.shop.stretches import Behind, Stretch, gathered, stretches

MISSING = "missing"
"""The state of an order that is not there."""

KEPT = 1_000
"""Stale reservations that are followed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`read`: up to which creation reservations were read; `whole` when none can have been missed.

    `unknown`: keys of reservations that cannot be judged now, because a shard is silent; `behind`: shards that are
    not read so far.
    """

    stale: list[Lock]
    read: datetime
    whole: bool
    unknown: tuple[str, ...]
    behind: Behind


@dataclass(frozen=True)
class Locks:
    """Reservations are held against their orders once, when they are past their time; stale ones in every run."""

    shop: Shop
    now: datetime
    age: timedelta
    stale_when: Collection[str]

    def judged(self, since: datetime, known: Collection[str], seconds: float, behind: Behind) -> Judged:
        """`known` are the keys of reservations that were stale before."""
        table = self.shop.require("reservations", "order", "created")
        match = {"status": held} if "status" in table.c and (held := table.statuses("held")) else {}
        ends, until = time.monotonic() + seconds, self.now - self.age
        start = Stretch([], min(since, until), behind=behind)
        onward = stretches(
            self.shop, "reservations", "created", start.until, until, ends=ends, match=match, behind=behind
        )
        read = gathered(start, onward)
        records = read.records
        new = {str(record["key"]) for record in records}
        again = [key for key in known if key not in new]
        records += self.shop.lookup("reservations", "key", again, match=match) if again else []
        met, lost = {str(record["key"]) for record in records}, self.shop.unknown("reservations", "key")
        unknown = [key for key in again if key not in met and table.fold(key, "key") in lost]
        stale, undecided = self._stale(table, [record for record in records if self._past(record)])
        unknown += undecided
        stale.sort(key=lambda lock: lock.since)
        whole = read.whole and len(stale) <= KEPT and len(unknown) <= KEPT
        return Judged(stale[:KEPT], read.until, whole, tuple(unknown[:KEPT]), read.behind)

    def _past(self, record: Record) -> bool:
        """A reservation with an expiry of its own is past its time only after that; shards may use the same keys."""
        created, expires = record.get("created"), record.get("expires")
        return created is not None and created < self.now - self.age and (expires is None or expires < self.now)

    def _stale(self, table: Table, records: Collection[Record]) -> tuple[list[Lock], list[str]]:
        """And the keys of those whose order was not found while it may lie where nobody answers."""
        by = table.map.order_is  # type: ignore[attr-defined] # the map of reservations has it
        orders = self.shop.require("orders", "number", "status")
        wanted = {str(record["order"]) for record in records if record.get("order") is not None}
        rows = self.shop.lookup("orders", by, wanted) if wanted else []
        found = {orders.fold(str(row[by]), by): row for row in rows}
        unknown = self.shop.unknown("orders", by)
        here = [record for record in records if orders.fold(str(record.get("order")), by) not in unknown]
        there = [str(record["key"]) for record in records if orders.fold(str(record.get("order")), by) in unknown]
        return list(self._locks(orders, by, found, here)), there

    def _locks(self, orders: Table, by: str, found: dict[str, Record], records: Iterable[Record]) -> Iterable[Lock]:
        for record in records:
            order = found.get(orders.fold(str(record.get("order")), by))
            state = orders.status_kind(order.get("status")) if order else MISSING
            if state not in self.stale_when:
                continue
            number = order["number"] if order else record.get("order")
            warehouse = record.get("warehouse") if "warehouse" in record else ONLY_WAREHOUSE
            note = f"{record.get('sku') or '?'} × {record.get('quantity') or '?'}"
            yield Lock(str(record["key"]), str(number or "?"), record["created"], str(warehouse or "?"), note)
