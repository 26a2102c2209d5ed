"""Orders without a start of fulfilment whose start stands in the shop's log of events: written from there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.mapping.shards import Shard
from exporter.repair.nouns import Doubt, Draft, Step
from exporter.repair.pen import Pen
from exporter.repair.words import Wording
from exporter.shop import Record, Shop, ShopError

PROBE = "fulfilment"
_SKEW = timedelta(seconds=5)
_MOST = 5_000
"""Events that one plan reads."""


@dataclass(frozen=True, slots=True)
class Case:
    """An order without a start and the moments at which its events say that it started, the first one first.

    `orders`: how many bear that number.
    """

    order: Record
    shard: Shard
    moments: tuple[datetime, ...]
    orders: int = 1


def draft(shop: Shop, say: Wording, event: str, since: datetime, until: datetime) -> Draft:
    """The plan from events of this kind that happened in that time."""
    orders = shop.require("orders", "number", "started")
    scan = shop.window("events", "at", since, until, match={"event": [event]}, cap=_MOST)
    notes = [say("more_events", count=_MOST)] if scan.truncated else []
    steps, doubts = list[Step](), list[Doubt]()
    for case in _cases(shop, scan.records):
        evidence, at = _evidence(case, event, say), case.moments[0]
        if not (why := doubt(case, say)):
            try:
                steps.append(_step(Pen.of(shop, orders.on(case.shard)), case.order, at, evidence))
            except ShopError as error:
                why = say("cannot", why=error)
        if why:
            doubts.append(Doubt(evidence, why, at))
    notes += [say("silent", shard=shard) for word in ("orders", "events") for shard in shop.silent(word)]
    return Draft(tuple(steps), tuple(doubts), tuple(notes))


def _cases(shop: Shop, events: Sequence[Record]) -> list[Case]:
    table = shop.require("orders")
    moments: dict[str, set[datetime]] = defaultdict(set)
    for row in events:
        if row["order"] is not None and row["at"] is not None:
            moments[table.fold(str(row["order"]), "number")].add(row["at"])
    found: Mapping[str, list[tuple[Shard, Record]]] = defaultdict(list)
    for shard, order in shop.located("orders", "number", set(moments)):
        found[table.fold(str(order["number"]), "number")].append((shard, order))
    return [
        Case(order, shard, tuple(sorted(moments[number])), len(rows))
        for number, rows in found.items()
        for shard, order in rows
        if order["started"] is None
    ]


def doubt(case: Case, say: Wording) -> str:
    """Why a person must decide; empty where the event is the order's start."""
    order, at = case.order, case.moments[0]
    if case.orders > 1:
        return say("no_order_sure", count=case.orders)
    if len(case.moments) > 1:
        return say("two_starts", times=", ".join(map(say.clock, case.moments)))
    for word in ("created", "paid"):
        if order.get(word) and at < order[word] - _SKEW:
            return say("start_before", word=word, at=say.clock(order[word]))
    if order.get("shipped") and at > order["shipped"] + _SKEW:
        return say("start_after", at=say.clock(order["shipped"]))
    return ""


def _step(pen: Pen, order: Record, at: datetime, evidence: str) -> Step:
    guards = [pen.is_("key", order["key"]), pen.is_("number", order["number"]), pen.unset("started"), *pen.only()]
    counted = "\nSET @changed = @changed + ROW_COUNT();" if pen.family == "mysql" else ""
    sql = f"UPDATE {pen.name}\nSET {pen.column('started')} = {pen.moment('started', at)}\nWHERE {' AND '.join(guards)};"
    question = pen.question("still_without_start", pen.unset("started"))
    key = pen.value("key", order["key"])
    return Step(pen.table.at.database or "", evidence, f"{sql}{counted}", at, key, question)


def _evidence(case: Case, event: str, say: Wording) -> str:
    return say("start", number=case.order["number"], event=event, at=say.clock(case.moments[0]))
