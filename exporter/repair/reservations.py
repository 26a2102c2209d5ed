"""Reservations past their time: released, and what they held given back, both or neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from exporter.mapping.shards import Shard
from exporter.repair.nouns import Doubt, Draft, Step
from exporter.repair.pen import Pen
from exporter.repair.together import Release, together
from exporter.repair.words import Wording
from exporter.shop import Record, Refused, Shop, ShopError, Table

PROBE = "negative_stock"
_OPEN = frozenset(("pending", None))
"""States of the order in which a reservation may go: not paid yet, or no such order."""

Placed = tuple[Shard, Record]


@dataclass(frozen=True, slots=True)
class Case:
    """A reservation that is held, the order it was made for and the rows of stock it may be of, each with its place.

    `paid`: a success callback of the order is there; None where that cannot be asked.
    """

    lock: Placed
    order: Placed | None
    state: str | None
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
    notes: list[str] = field(default_factory=list)

    def cases(self, keys: Collection[str]) -> list[Case]:
        table = self.shop.require("reservations", "order", "created")
        locks = self.shop.located("reservations", "key", keys, match=_held(table))
        orders = self._orders({str(lock["order"]) for _, lock in locks if lock.get("order") is not None})
        paid = self._paid([order for each in orders.values() for _, order in each])
        stock = self._stock([lock for _, lock in locks if lock.get("sku") is not None])
        self.notes += [self.say("silent", shard=shard) for word in _WORDS for shard in self.shop.silent(word)]
        lost = bool(self.shop.silent("orders"))
        return [
            case
            for place, lock in locks
            if (case := self._case((place, lock), orders, stock, paid)).state in _OPEN and not (lost and not case.order)
        ]

    def _case(
        self, lock: Placed, orders: dict[str, list[Placed]], stock: dict[str, list[Placed]], paid: set[str] | None
    ) -> Case:
        table, record = self.shop.require("orders"), lock[1]
        found = orders.get(table.fold(str(record.get("order")), self._by), [])
        order = found[0] if found else None
        state = (table.status_kind(order[1].get("status")) or "?") if order else None
        rows = [
            each
            for each in stock.get(str(record.get("sku")), ())
            if "warehouse" not in record or str(each[1].get("warehouse")) == str(record["warehouse"])
        ]
        told = None if paid is None else bool(order and order[1].get("trade_no") in paid)
        return Case(lock, order, state, tuple(rows), told)

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


def doubt(case: Case, say: Wording) -> str:
    """Why a person must decide; empty where the reservation may be released."""
    if case.state == "pending" and case.paid:
        return say("paid_meanwhile")
    if case.quantity is None:
        return say("bad_quantity", quantity=case.lock[1].get("quantity"))
    if len(case.stock) != 1:
        return say("no_stock", count=len(case.stock))
    reserved = case.stock[0][1].get("reserved")
    if reserved is None or reserved < case.quantity:
        return say("too_little", reserved=reserved, quantity=case.quantity)
    databases = {shard.database for shard, _ in (case.lock, case.stock[0], *((case.order,) if case.order else ()))}
    return say("elsewhere") if len(databases) > 1 else ""


def draft(shop: Shop, say: Wording, keys: Collection[str]) -> Draft:
    """The plan for the stale reservations with these keys."""
    held = Held(shop, say)
    cases, steps, doubts = held.cases(keys), list[Step](), list[Doubt]()
    unfit = _unfit(shop, say)
    for case in cases:
        why, evidence, since = unfit or doubt(case, say), _evidence(case, say), case.lock[1]["created"]
        if not why:
            try:
                steps.append(_step(shop, case, evidence))
            except ShopError as error:
                why = say("cannot", why=error)
        if why:
            doubts.append(Doubt(evidence, why, since))
    asked = [] if all(case.paid is not None for case in cases if case.order) else [say("ask_payment")]
    return Draft(tuple(steps), tuple(doubts), (*(asked if steps else ()), *held.notes))


def _unfit(shop: Shop, say: Wording) -> str:
    """Why no reservation of this shop can be released by a statement."""
    table = shop.require("reservations")
    if "status" not in table.c or not (table.statuses("held") and table.statuses("released")):
        return say("no_release")
    return "" if shop.maps("stock", "sku", "reserved") else say("no_reserved")


def _step(shop: Shop, case: Case, evidence: str) -> Step:
    (place, lock), (stock_place, stock) = case.lock, case.stock[0]
    pen = Pen.of(shop, shop.require("reservations").on(place), "r")
    stock_pen = Pen.of(shop, shop.require("stock").on(stock_place), "s")
    orders = shop.require("orders")
    order_pen = Pen.of(shop, orders.on(case.order[0] if case.order else orders.at), "o")
    table, bare = pen.table, Pen(pen.table, pen.family)
    release = Release(
        lock=pen,
        lock_is=[
            pen.is_("key", lock["key"]),
            *(pen.is_(word, lock[word]) for word in _SAME if lock.get(word) is not None),
        ],
        released=pen.value("status", table.statuses("released")[0]),
        stock=stock_pen,
        stock_is=[stock_pen.is_("key", stock["key"]), stock_pen.is_("sku", stock["sku"]), *stock_pen.only()],
        quantity=case.quantity or 0,
        order=order_pen,
        order_is=list(_order_is(order_pen, case, lock)),
        there=case.order is not None,
    )
    question = bare.question("still_held", bare.among("status", table.statuses("held")))
    rows = 1 if pen.family == "postgresql" else 2  # PostgreSQL counts what the outer statement changes
    sql, key = together(release), bare.value("key", lock["key"])
    return Step(place.database or "", evidence, sql, lock["created"], key, question, rows)


_SAME = ("status", "order", "sku", "warehouse", "quantity")
"""What must be as it was seen."""


def _order_is(pen: Pen, case: Case, lock: Record) -> Iterator[str]:
    by = pen.table.mapping.reservations.order_is if pen.table.mapping.reservations else "key"
    if case.order is None:
        yield pen.is_(by, lock["order"])
    else:
        yield pen.is_("key", case.order[1]["key"])
        yield pen.is_("status", case.order[1]["status"])


def _evidence(case: Case, say: Wording) -> str:
    lock = case.lock[1]
    return say(
        "lock",
        key=lock["key"],
        order=case.order[1]["number"] if case.order else lock.get("order"),
        warehouse=lock.get("warehouse") or "",
        sku=lock.get("sku") or "?",
        quantity=lock.get("quantity"),
        at=say.clock(lock["created"]),
    )
