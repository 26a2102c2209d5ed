"""What the shop says now of the reservations that the probe found, of their orders and of the stock they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from exporter.mapping.shards import Shard
from exporter.repair.words import Wording
from exporter.shop import Record, Refused, Shop, Table

_OPEN = frozenset(("pending", "closed", "missing"))
"""States of the order in which a reservation may go; one of a paid order is waited for by a customer."""

Placed = tuple[Shard, Record]


@dataclass(frozen=True, slots=True)
class When:
    """A reservation is stale when it is older than `age` and its order is in one of the `states`."""

    now: datetime
    age: timedelta
    states: frozenset[str]

    def past(self, lock: Record) -> bool:
        expires = lock.get("expires")
        return bool(lock["created"] and lock["created"] < self.now - self.age and (not expires or expires < self.now))


@dataclass(frozen=True, slots=True)
class Case:
    """A reservation that is held, the order it was made for and the rows of stock it may be of, each with its place.

    `orders`: how many it may have been made for. `paid`: a success callback of the order is there; None where that
    cannot be asked.
    """

    lock: Placed
    order: Placed | None
    state: str
    orders: int
    stock: tuple[Placed, ...]
    paid: bool | None

    @property
    def quantity(self) -> int | None:
        """A whole number above 0, else None."""
        found = self.lock[1].get("quantity")
        whole = isinstance(found, int | Decimal) and found == int(found) and found > 0
        return int(found) if whole and found is not None else None


@dataclass
class Held:
    """What the shop says now of the reservations that the probe found."""

    shop: Shop
    say: Wording
    when: When
    notes: list[str] = field(default_factory=list)

    def cases(self, keys: Collection[str]) -> list[Case]:
        table = self.shop.require("reservations", "order", "created")
        found = self.shop.located("reservations", "key", keys, match=_held(table))
        locks = [each for each in found if self.when.past(each[1])]
        orders = self._orders({str(lock["order"]) for _, lock in locks if lock.get("order") is not None})
        paid = self._paid([order for each in orders.values() for _, order in each])
        stock = self._stock([lock for _, lock in locks if lock.get("sku") is not None])
        self.notes += [self.say("silent", shard=shard) for word in _WORDS for shard in self.shop.silent(word)]
        states = (_OPEN & self.when.states) - ({"missing"} if self.shop.silent("orders") else set())
        cases = [self._case(each, orders, stock, paid) for each in locks]
        return [case for case in cases if case.state in states]

    def _case(
        self, lock: Placed, orders: dict[str, list[Placed]], stock: dict[str, list[Placed]], paid: set[str] | None
    ) -> Case:
        table, record = self.shop.require("orders"), lock[1]
        found = orders.get(table.fold(str(record.get("order")), self._by), [])
        order = found[0] if found else None
        state = (table.status_kind(order[1].get("status")) or "?") if order else "missing"
        rows = [
            each
            for each in stock.get(str(record.get("sku")), ())
            if "warehouse" not in record or str(each[1].get("warehouse")) == str(record["warehouse"])
        ]
        told = None if paid is None else bool(order and order[1].get("trade_no") in paid)
        return Case(lock, order, state, len(found), tuple(rows), told)

    @property
    def _by(self) -> str:
        mapped = self.shop.mapping.reservations
        return mapped.order_is if mapped else "key"

    def _orders(self, values: Collection[str]) -> dict[str, list[Placed]]:
        table, found = self.shop.require("orders", "number", "status"), defaultdict[str, list[Placed]](list)
        for shard, record in self.shop.located("orders", self._by, values):
            found[table.fold(str(record[self._by]), self._by)].append((shard, record))
        return found

    def _stock(self, locks: Sequence[Record]) -> dict[str, list[Placed]]:
        """By SKU; the warehouses are named as well, for a unique key mostly begins with them."""
        found: dict[str, list[Placed]] = defaultdict(list)
        if not self.shop.maps("stock", "sku", "reserved"):
            return found
        named = self.shop.maps("stock", "warehouse") and self.shop.maps("reservations", "warehouse")
        match = {"warehouse": sorted({str(lock["warehouse"]) for lock in locks})} if named and locks else {}
        for shard, record in self.shop.located("stock", "sku", {str(lock["sku"]) for lock in locks}, match=match):
            found[str(record["sku"])].append((shard, record))
        return found

    def _paid(self, orders: Sequence[Record]) -> set[str] | None:
        """The trade numbers that a success callback names; None where callbacks cannot be followed back."""
        mapped = self.shop.mapping.callbacks
        if mapped is None or mapped.link or "trade_no" in mapped.transform or not self.shop.maps("orders", "trade_no"):
            return None
        numbers = {str(order["trade_no"]) for order in orders if order.get("trade_no")}
        table = self.shop.require("callbacks", "trade_no")
        try:
            rows = self.shop.lookup("callbacks", "trade_no", numbers, match=table.map.success)
        except Refused:
            return None
        told = {table.fold(str(row["trade_no"]), "trade_no") for row in rows}
        return {number for number in numbers if table.fold(number, "trade_no") in told}


_WORDS = ("reservations", "orders", "stock")


def _held(table: Table) -> dict[str, Sequence[str | int]]:
    return {"status": held} if "status" in table.c and (held := table.statuses("held")) else {}
