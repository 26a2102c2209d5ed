"""What the shop holds, as payments and orders: every read of `pending_paid` stands here."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from exporter.probes.pending_paid.nouns import Order, Payment
from exporter.probes.pending_paid.pending import Pending
from exporter.probes.pending_paid.statuses import Statuses
from exporter.shop import Record, Shop, Table
from exporter.shop.lookups import affordable
from exporter.shop.stretches import CAP, Behind, Stretch, stretches

SECOND_LOOK, SECOND_LOOKS = 5, 50
"""So many callbacks that were read before are read again for each second since the last run; so many at most."""


@dataclass(frozen=True)
class Look:
    """One run's eyes on the window from `start` to `now`; no stretch of time is begun after `ends` (monotonic).

    `unplaced`: trade numbers that were looked for, and whose orders may lie where nobody answers.
    """

    shop: Shop
    start: datetime
    now: datetime
    ends: float
    statuses: Statuses = field(default_factory=Statuses)
    unplaced: set[str] = field(default_factory=set)

    @cached_property
    def pending(self) -> Pending:
        return Pending(self.shop, self.orders, self.start, self.now, self.ends, self.order)

    @cached_property
    def orders(self) -> Table:
        return self.shop.require("orders", "number")

    @cached_property
    def callbacks(self) -> Table:
        return self.shop.require("callbacks", "trade_no", "received")

    def payments(self, since: datetime, until: datetime, behind: Behind) -> Iterator[Stretch]:
        match = self.callbacks.map.success
        return stretches(self.shop, "callbacks", "received", since, until, ends=self.ends, match=match, behind=behind)

    def orders_by(self, by: str, since: datetime, until: datetime, behind: Behind) -> Iterator[Stretch]:
        return stretches(self.shop, "orders", by, since, until, ends=self.ends, behind=behind)

    def affordable(self, word: str) -> int:
        """So many rows of the other table one run may hold against this one."""
        return affordable(self.shop.require(word, "trade_no"), "trade_no") if self.shop.maps(word, "trade_no") else CAP

    def untold(self, order: Order) -> bool:
        """Whether a callback of this order, that was looked for and not found, may lie where nobody answers."""
        number = self.callbacks.fold(order.trade_no or "", "trade_no")
        return number in self.shop.unknown("callbacks", "trade_no")

    def payments_of(self, trade_numbers: Collection[str]) -> list[Payment]:
        """All success callbacks of these trade numbers, whenever they came."""
        rows = self.shop.lookup("callbacks", "trade_no", trade_numbers, match=self.callbacks.map.success)
        return [payment for row in rows if (payment := self.payment(row))]

    def orders_of(self, trade_numbers: Collection[str]) -> dict[str, list[Order]]:
        """The orders that each trade number leads to, by the trade number as it was given."""
        mapped = self.shop.mapping.callbacks is not None  # else payments name the orders' own trade numbers
        leads = self.shop.resolve(trade_numbers) if mapped else {number: [number] for number in trade_numbers}
        wanted = {value for values in leads.values() for value in values}
        found: dict[str, list[Order]] = {}
        for row in self.shop.lookup("orders", "trade_no", wanted) if wanted else ():
            order = self.order(row)
            found.setdefault(self.orders.fold(order.trade_no or "", "trade_no"), []).append(order)
        lost, unknown = bool(self.shop.silent("link")), self.shop.unknown("orders", "trade_no")
        self.unplaced.update(
            number
            for number, values in leads.items()
            if lost or any(self.orders.fold(each, "trade_no") in unknown for each in values)
        )
        return {number: distinct for number, values in leads.items() if (distinct := self._orders(values, found))}

    def _orders(self, values: Iterable[str], found: Mapping[str, list[Order]]) -> list[Order]:
        return list(dict.fromkeys(o for each in values for o in found.get(self.orders.fold(each, "trade_no"), ())))

    def orders_now(self, orders: Iterable[Order]) -> dict[str, Order]:
        """The same orders read again by their keys, by number; those that are gone are left out."""
        wanted = {(order.key, order.number) for order in orders}  # shards may use the same keys
        numbers = {number for _, number in wanted}
        rows = self.shop.lookup("orders", "key", {key for key, _ in wanted}) if wanted else []
        return {order.number: order for order in map(self.order, rows) if order.number in numbers}

    def some_payments(
        self, shard: str, since: datetime, until: datetime, elapsed: timedelta
    ) -> tuple[list[Payment], str, datetime | None]:
        """The first from this shard and moment on, and where to go on: shard by shard, each in the order of time.

        `elapsed`: since the run before. A moment of None is the start of the window.
        """
        cap = max(SECOND_LOOK, min(SECOND_LOOKS, math.ceil(SECOND_LOOK * elapsed.total_seconds())))
        names = [str(each) for each in self.callbacks.shards]
        first = names.index(shard) if shard in names else 0
        found: list[Payment] = []
        for name in (*names[first:], *names[:first]):
            if time.monotonic() > self.ends:
                return found, name, since
            match, most = self.callbacks.map.success, cap - len(found)
            scan = self.shop.window("callbacks", "received", since, until, match=match, cap=most, among=(name,))
            met = [payment for row in scan.records if (payment := self.payment(row))]
            found += met
            if scan.truncated or len(found) >= cap:
                last = max((payment.at for payment in met), default=since)
                return found, name, max(last, since + timedelta(seconds=1))
            since = self.start
        return found, names[first], None

    def indexed(self, word: str, column: str) -> bool:
        theirs = self.shop.columns(word).get(column) if self.shop.maps(word, column) else None
        return any(theirs and index.columns[0] == theirs.name for index in self.shop.index(word))

    def named(self, orders: Iterable[Order], trade_numbers: Iterable[str]) -> set[str]:
        """The numbers of the orders that one of these trade numbers means, as callbacks write them."""
        fold = self.callbacks.fold
        told = {fold(number, "trade_no") for number in trade_numbers}
        return {order.number for order in orders if fold(order.trade_no or "", "trade_no") in told}

    def payment(self, row: Record) -> Payment | None:
        """None for a row that names no trade number or no time: it says nothing about an order."""
        if row["trade_no"] is None or row["received"] is None:
            return None
        return Payment(
            row["trade_no"],
            row["received"],
            row.get("transaction"),
            row.get("amount"),
            row.get("currency") or self.callbacks.map.money.currency,
            row.get("channel"),
        )

    def order(self, row: Record) -> Order:
        success = self.orders.map.success.get("paid_flag", ())
        flagged = row.get("paid_flag") is not None and str(row["paid_flag"]) in map(str, success)
        state = self.orders.status_kind(row.get("status"))
        self.statuses.note(row.get("status"), state)
        return Order(
            row["number"] or "?",
            state,
            str(row["key"]),
            row.get("trade_no"),
            row.get("amount"),
            row.get("currency") or self.orders.map.money.currency,
            row.get("channel"),
            row.get("created"),
            row.get("paid"),
            row.get("updated"),
            row.get("transaction"),
            bool(flagged or row.get("paid") or row.get("transaction")),
        )
