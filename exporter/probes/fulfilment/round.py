"""One run: orders that were shipped or delivered since the last, those whose promise is over, and new events."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from exporter.model import Gap, Sample
from exporter.probes.fulfilment import events, late, tell
from exporter.probes.fulfilment.durations import BACKWARDS, ENDS, STEPS
from exporter.probes.fulfilment.events import Level, Unit
from exporter.probes.fulfilment.ledger import UNTIMED
from exporter.probes.fulfilment.look import Feed, Look
from exporter.probes.fulfilment.memory import Memory
from exporter.shop import Record, Refused, Table
from exporter.shop.tails import why_not

NO_SHIPPING = "映射里看不出订单是否已发货 / the mapping does not tell whether an order is shipped"

_NEW = Feed()


@dataclass(frozen=True)
class Terms:
    """`window` and `look_back` are how far back shipped and late orders are read when nothing is known of them."""

    grace: timedelta
    window: timedelta
    promise: timedelta
    look_back: timedelta


@dataclass
class Round:
    """Yields as it goes; afterwards `memory` is for the next run."""

    look: Look
    terms: Terms
    memory: Memory
    whole: bool = True

    def __post_init__(self) -> None:
        # a run that fails half-way must leave the counts as they were
        self.memory = replace(self.memory, ledger=copy.deepcopy(self.memory.ledger))

    def orders(self) -> Iterator[Sample | Gap]:
        table = self.look.orders
        if not late.shows_shipping(table) or not {"paid", "created"} & set(table.c):
            yield Gap("fulfilment", NO_SHIPPING)
            return
        direct = self.look.direct("shipped")
        refused = list(self._ended(table)) + list(self._promised(table, all_of_them=not direct))
        self.memory.ledger.until(self._window_end(direct=direct), self.terms.window.total_seconds())
        yield from self._told(table, direct=direct)
        yield from refused
        yield tell.TRUNCATED(0 if self.whole else 1)

    def _window_end(self, *, direct: bool) -> datetime:
        """Without an index on the time of shipping the window is of orders whose promise is over."""
        return self.look.now if direct else self.look.now - self.terms.promise

    def _ended(self, table: Table) -> Iterator[Gap]:
        for end in ENDS:
            if not self.look.direct(end):
                if end == "delivered" and end in table.c:
                    name = table.theirs(end)
                    text = f"{name} 没有索引，不统计签收时长 / {name} has no index, so deliveries are not timed"
                    yield Gap("shipped_to_delivered", text)
                continue
            start, until = self.look.now - self.terms.window, self.look.now - self.terms.grace
            for record in self._read(end, end, start, until, {}):
                self.memory.ledger.book(record, end, record[end], starts="started" in table.c)

    def _promised(self, table: Table, *, all_of_them: bool) -> Iterator[Gap]:
        """Where orders cannot be found by when they were shipped, they are timed when their promise is over."""
        by, match = self.look.promised(all_of_them=all_of_them)
        until = self.look.now - self.terms.promise
        # where every order is read, and not only those that wait, a week of them would take a day
        back = self.terms.look_back if match else min(self.terms.look_back, self.terms.window)
        try:
            records = self._read(f"promised {by}", by, until - back, until, match)
        except Refused as refused:
            yield Gap("late_orders", str(refused))
            return
        again, unknown = self.look.again([order.key for order in self.memory.open[: late.AGAIN]])
        still = [order for order in self.memory.open[: late.AGAIN] if order.key in unknown]
        for record in (*records, *again.values()):
            if (order := late.opened(table, record)) is not None:
                still.append(order)
            elif all_of_them and record.get("shipped") is not None:
                # one that was late counts in the hour that is read now: the window may have left its own behind
                at = until if str(record["key"]) in again else record.get(by) or until
                self.memory.ledger.book(record, "shipped", at, starts="started" in table.c)
            if not match and late.untimed(table, record):
                self.memory.ledger.untimed(record, record.get(by) or until)
        followed = {order.key: order for order in (*self.memory.open[late.AGAIN :], *still)}
        self.whole = self.whole and len(followed) <= late.KEPT
        kept = tuple(followed.values())[: late.KEPT]
        self.memory = replace(self.memory, open=kept, warehouses=late.named(self.memory.warehouses, kept))

    def _read(
        self, name: str, by: str, start: datetime, until: datetime, match: Mapping[str, Collection[Any]]
    ) -> list[Record]:
        read = self.look.onward(self.memory.feeds.get(name, _NEW), by, start, until, match)
        self.memory = self.memory.with_feed(name, read.feed)
        self.whole = self.whole and read.whole
        return read.records

    def _told(self, table: Table, *, direct: bool) -> Iterator[Sample | Gap]:
        ledger, stages = self.memory.ledger, "started" in table.c
        known = [
            step
            for end, steps in ENDS.items()
            for step in steps
            if set(STEPS[step]) <= set(table.c) and (self.look.direct(end) or (end == "shipped" and not direct))
        ]
        if "shipped" in table.c:
            yield from tell.steps(ledger, known)
            yield from tell.faults(ledger, [kind for kind, step in zip(BACKWARDS, STEPS, strict=True) if step in known])
            if self.look.promised(all_of_them=not direct)[1] == {} and "status" in table.c:
                yield from tell.faults(ledger, [UNTIMED])
            if direct:
                yield tell.future(self.look.ahead())
        if stages:
            yield from tell.start_missing(ledger)
        else:
            yield Gap("start_missing", "映射里没有 orders.started / the mapping does not name orders.started")
        due = late.due(self.memory.open, self.look.now - self.terms.promise)
        yield from tell.late(due, self.memory.warehouses, stages=stages)

    def events(self, wanted: Mapping[str, Level], unit: Unit, keep: timedelta) -> Iterator[Sample | Gap]:
        """Events that were there before the first look are not told."""
        shop, now = self.look.shop, self.look.now
        if not wanted:
            return
        if shop.mapping.events is None:
            yield Gap("order_events", "映射里没有 events / the mapping has no table of events")
            return
        if why := why_not(shop, "events"):
            yield Gap("order_events", why)
            return
        noticed, new = events.look(shop, self.memory.seen, wanted, unit, now)
        self.memory = replace(self.memory, seen=new.seen).with_noticed(noticed, now, keep)
        yield from tell.events(self.memory.noticed)
