"""Reservations past their time: released, and what they held given back, both or neither."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exporter.repair.nouns import Doubt, Draft, Step
from exporter.repair.pen import Pen
from exporter.repair.reservations.held import Case, Held, When
from exporter.repair.reservations.together import Release, together
from exporter.repair.words import Wording
from exporter.shop import Record, Shop, ShopError

PROBE = "negative_stock"

__all__ = ["PROBE", "When", "draft"]


def doubt(case: Case, say: Wording) -> str:
    """Why a person must decide; empty where the reservation may be released."""
    if case.state == "pending" and case.paid:
        return say("paid_meanwhile")
    if case.orders > 1:
        return say("no_order_sure", count=case.orders)
    if case.quantity is None:
        return say("bad_quantity", quantity=case.lock[1].get("quantity"))
    if len(case.stock) != 1:
        return say("no_stock", count=len(case.stock))
    reserved = case.stock[0][1].get("reserved")
    if reserved is None or reserved < case.quantity:
        return say("too_little", reserved=reserved, quantity=case.quantity)
    databases = {shard.database for shard, _ in (case.lock, case.stock[0], *((case.order,) if case.order else ()))}
    return say("elsewhere") if len(databases) > 1 else ""


def draft(shop: Shop, say: Wording, keys: Collection[str], when: When) -> Draft:
    """The plan for the stale ones of the reservations with these keys."""
    held = Held(shop, say, when)
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
