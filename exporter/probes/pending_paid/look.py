"""What the shop holds, as payments and orders: every read of `pending_paid` stands here."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy
from sqlalchemy import func

from exporter.probes.pending_paid.nouns import Order, Payment
from exporter.probes.pending_paid.statuses import Statuses
from exporter.shop import Record, Refused, Shop, Table
from exporter.shop.indexes import has_index
from exporter.shop.stretches import Stretch, stretches

SECOND_LOOK, SECOND_LOOKS = 5, 50
"""So many callbacks that were read before are read again for each second since the last run; so many at most."""

NOTED = 1_000
"""So many pending orders that name a payment are looked at."""


@dataclass(frozen=True)
class Look:
    """One run's eyes on the window from `start` to `now`; no stretch of time is begun after `ends` (monotonic)."""

    shop: Shop
    start: datetime
    now: datetime
    ends: float
    statuses: Statuses = field(default_factory=Statuses)

    @cached_property
    def orders(self) -> Table:
        return self.shop.require("orders", "number")

    @cached_property
    def callbacks(self) -> Table:
        return self.shop.require("callbacks", "trade_no", "received")

    def payments(self, since: datetime, until: datetime) -> Iterator[Stretch]:
        match = self.callbacks.map.success
        return stretches(self.shop, "callbacks", "received", since, until, ends=self.ends, match=match)

    def orders_by(self, by: str, since: datetime, until: datetime) -> Iterator[Stretch]:
        return stretches(self.shop, "orders", by, since, until, ends=self.ends)

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
        return {number: distinct for number, values in leads.items() if (distinct := self._orders(values, found))}

    def _orders(self, values: Iterable[str], found: Mapping[str, list[Order]]) -> list[Order]:
        return list(dict.fromkeys(o for each in values for o in found.get(self.orders.fold(each, "trade_no"), ())))

    def orders_now(self, orders: Iterable[Order]) -> dict[str, Order]:
        """The same orders read again by their keys, by number; those that are gone are left out."""
        wanted = {order.key: order.number for order in orders}
        numbers = set(wanted.values())
        rows = self.shop.lookup("orders", "key", list(wanted)) if wanted else []
        return {order.number: order for order in map(self.order, rows) if order.number in numbers}

    def some_payments(
        self, since: datetime, until: datetime, elapsed: timedelta
    ) -> tuple[list[Payment], datetime | None]:
        """The first of a stretch, and where to go on (None at its end). `elapsed`: since the run before."""
        match = self.callbacks.map.success
        cap = max(SECOND_LOOK, min(SECOND_LOOKS, math.ceil(SECOND_LOOK * elapsed.total_seconds())))
        scan = self.shop.window("callbacks", "received", since, until, match=match, cap=cap)
        found = [payment for row in scan.records if (payment := self.payment(row))]
        last = max((payment.at for payment in found), default=since)
        return found, max(last, since + timedelta(seconds=1)) if scan.truncated else None

    def pending(self) -> int:
        """How many orders that were created in the window are pending."""
        counts = self._pending_counts
        return len(self._pending_read[0]) if counts is None else counts[0]

    def pending_with_payment(self) -> tuple[list[Order], bool]:
        """Pending orders of the window whose row names a payment, and whether these are all.

        The filter is coarse; `examine` is exact.
        """
        counts = self._pending_counts
        if counts is None:
            return self._pending_read
        if counts[1] == 0:
            return [], True
        statement = self.orders.select().where(*self._pending(), self._noted())
        rows = self.shop.rows(statement, word="orders", cap=NOTED, during=self._during)
        return [self.order(self.orders.record(row)) for row in rows], len(rows) < NOTED

    @cached_property
    def _pending_counts(self) -> tuple[int, int] | None:
        """Pending orders of the window, and those that name a payment, counted by the server; None if it must not."""

        def build() -> sqlalchemy.Select[Any]:
            both: list[Any] = [func.count(), func.sum(sqlalchemy.case((self._noted(), 1), else_=0))]
            return sqlalchemy.select(*both).select_from(self.orders.source).where(*self._pending())

        statement = self.orders.kept("pending", self._span, build)
        try:
            rows: list[Any] = list(self.shop.rows(statement, word="orders", binds=self._span, during=self._during))
        except Refused:
            return None
        return sum(int(row[0]) for row in rows), sum(int(row[1] or 0) for row in rows)

    @cached_property
    def _pending_read(self) -> tuple[list[Order], bool]:
        """All pending orders of the window, along the key: where no index on status and creation is."""
        match = {"status": self.orders.statuses("pending")}
        read = list(stretches(self.shop, "orders", "created", self.start, self.now, ends=self.ends, match=match))
        orders = [self.order(record) for stretch in read for record in stretch.records]
        return orders, all(stretch.whole for stretch in read)

    def indexed(self, word: str, column: str) -> bool:
        theirs = self.shop.columns(word).get(column) if self.shop.maps(word, column) else None
        return any(theirs and index.columns[0] == theirs.name for index in self.shop.index(word))

    def named(self, order: Order, trade_numbers: Iterable[str]) -> bool:
        """Is one of these numbers, as callbacks write them, the order's."""
        own = self.callbacks.fold(order.trade_no or "", "trade_no")
        return any(self.callbacks.fold(number, "trade_no") == own for number in trade_numbers)

    def payment(self, row: Record) -> Payment | None:
        """None for a row that names no trade number or no time: it says nothing about an order."""
        if row["trade_no"] is None or row["received"] is None:
            return None
        return Payment(
            row["trade_no"],
            row["received"],
            row.get("transaction"),
            row.get("amount"),
            row.get("currency") or self._currency(self.callbacks),
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
            row.get("currency") or self._currency(self.orders),
            row.get("channel"),
            row.get("created"),
            row.get("paid"),
            row.get("updated"),
            row.get("transaction"),
            bool(flagged or row.get("paid") or row.get("transaction")),
        )

    def _pending(self) -> list[sqlalchemy.ColumnElement[bool]]:
        table, created = self.orders, self.orders.c.created
        bound: list[Any] = [sqlalchemy.bindparam(name, value) for name, value in self._span.items()]
        return [*table.only({"status": table.statuses("pending")}), created >= bound[0], created < bound[1]]

    @cached_property
    def _during(self) -> tuple[str, datetime, datetime] | None:
        """The window between keys, where no index on status and creation is."""
        match = {"status": self.orders.statuses("pending")}
        return None if has_index(self.orders, "created", match) else ("created", self.start, self.now)

    @property
    def _span(self) -> dict[str, Any]:
        return {"since": self.orders.when(self.start, "created"), "until": self.orders.when(self.now, "created")}

    def _noted(self) -> sqlalchemy.ColumnElement[bool]:
        words = [word for word in ("paid", "transaction") if word in self.orders.c]
        noted: list[sqlalchemy.ColumnElement[bool]] = [
            self.orders.c[word].is_not(None) & self._filled(word) for word in words
        ]
        if success := self.orders.map.success.get("paid_flag"):
            noted.append(sqlalchemy.and_(*self.orders.only({"paid_flag": success})))
        return sqlalchemy.or_(sqlalchemy.false(), *noted)

    def _filled(self, word: str) -> sqlalchemy.ColumnElement[bool]:
        column, facts = self.orders.c[word], self.shop.columns("orders").get(word)
        if word == "paid" and self.orders.clock(word)[0] != "datetime":
            return column > 0
        return column != "" if facts and "char" in facts.type else sqlalchemy.true()

    def _currency(self, table: Table) -> str:
        return table.map.money.currency
