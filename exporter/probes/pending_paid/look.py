"""What the shop holds, as payments and orders: every read of `pending_paid` stands here."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import sqlalchemy
from sqlalchemy import func

from exporter.probes.pending_paid.judge import Order, Payment
from exporter.shop import Record, Shop, Table

SLICE = 2_000
"""Rows of one window read; a window that holds more is read in shorter stretches of time."""

SECOND_LOOK = 200
"""So many callbacks that were read before are read again in each run."""

_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a stretch of time up to `until`; `whole` unless some could not be read."""

    records: list[Record]
    until: datetime
    whole: bool


@dataclass(frozen=True)
class Look:
    """One run's eyes; no stretch of time is begun after `ends` (monotonic)."""

    shop: Shop
    ends: float

    @cached_property
    def orders(self) -> Table:
        return self.shop.require("orders", "number")

    @cached_property
    def callbacks(self) -> Table:
        return self.shop.require("callbacks", "trade_no", "received")

    def payments(self, since: datetime, until: datetime) -> Iterator[Stretch]:
        return self._stretches("callbacks", "received", since, until, self.callbacks.map.success)

    def orders_by(self, by: str, since: datetime, until: datetime, *kinds: str) -> Iterator[Stretch]:
        match = {"status": self.orders.statuses(*kinds)} if kinds else {}
        return self._stretches("orders", by, since, until, match)

    def payments_of(self, trade_numbers: Collection[str]) -> list[Payment]:
        """All success callbacks of these trade numbers, whenever they came."""
        rows = self.shop.lookup("callbacks", "trade_no", trade_numbers, match=self.callbacks.map.success)
        return [payment for row in rows if (payment := self.payment(row))]

    def orders_of(self, trade_numbers: Collection[str]) -> dict[str, list[Order]]:
        """The orders that each trade number leads to, by the trade number as it was given."""
        leads = self.shop.resolve(trade_numbers)
        wanted = {value for values in leads.values() for value in values}
        found: dict[str, list[Order]] = {}
        for row in self.shop.lookup("orders", "trade_no", wanted) if wanted else ():
            order = self.order(row)
            found.setdefault(self.orders.fold(order.trade_no or "", "trade_no"), []).append(order)
        return {
            number: unique
            for number, values in leads.items()
            if (
                unique := list(
                    dict.fromkeys(o for value in values for o in found.get(self.orders.fold(value, "trade_no"), ()))
                )
            )
        }

    def orders_now(self, orders: Iterable[Order]) -> dict[str, Order]:
        """The same orders read again by their keys, by number; those that are gone are left out."""
        numbers = {order.key: order.number for order in orders}
        rows = self.shop.lookup("orders", "key", list(numbers)) if numbers else []
        read = (self.order(row) for row in rows)
        return {order.number: order for order in read if order.number in numbers.values()}

    def some_payments(self, since: datetime, until: datetime) -> tuple[list[Payment], datetime | None]:
        """The first of a stretch, and where to go on (None at its end)."""
        match = self.callbacks.map.success
        scan = self.shop.window("callbacks", "received", since, until, match=match, cap=SECOND_LOOK)
        found = [payment for row in scan.records if (payment := self.payment(row))]
        last = max((payment.at for payment in found), default=since)
        return found, max(last, since + _SHORTEST) if scan.truncated else None

    def pending(self, since: datetime, until: datetime) -> int:
        """How many orders that were created in this stretch are pending, counted by the server."""
        count = sqlalchemy.select(func.count()).select_from(self.orders.source)
        return sum(row[0] for row in self.shop.rows(count.where(*self._pending(since, until)), word="orders"))

    def pending_with_payment(self, since: datetime, until: datetime) -> list[Order]:
        """Pending orders of this stretch whose row names a payment; the server's filter is coarse, `examine` is exact."""
        table = self.orders
        noted = [table.c[word].is_not(None) & self._filled(word) for word in ("paid", "transaction") if word in table.c]
        statement = table.select().where(*self._pending(since, until), sqlalchemy.or_(*noted))
        return [self.order(table.record(row)) for row in self.shop.rows(statement, word="orders", cap=SLICE)]

    def indexed(self, word: str, column: str) -> bool:
        """Does an index begin with this column, so that a window on it is cheap."""
        theirs = self.shop.columns(word).get(column) if self.shop.maps(word, column) else None
        return any(theirs and index.columns[0] == theirs.name for index in self.shop.index(word))

    def named(self, order: Order, payments: Iterable[Payment]) -> bool:
        return self.callbacks.fold(order.trade_no or "", "trade_no") in {
            self.callbacks.fold(p.trade_no, "trade_no") for p in payments
        }

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
        return Order(
            row["number"] or "?",
            self.orders.status_kind(row.get("status")),
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

    def _pending(self, since: datetime, until: datetime) -> list[sqlalchemy.ColumnElement[bool]]:
        table, created = self.orders, self.orders.c.created
        span = [created >= table.when(since, "created"), created < table.when(until, "created")]
        return [*table.only({"status": table.statuses("pending")}), *span]

    def _filled(self, word: str) -> sqlalchemy.ColumnElement[bool]:
        column, facts = self.orders.c[word], self.shop.columns("orders").get(word)
        if word == "paid" and self.orders.clock(word)[0] != "datetime":
            return column > 0
        return column != "" if facts and "char" in facts.type else sqlalchemy.true()

    def _currency(self, table: Table) -> str:
        return table.map.money.currency

    def _stretches(
        self, word: str, by: str, since: datetime, until: datetime, match: Mapping[str, Collection[str | int]]
    ) -> Iterator[Stretch]:
        step = until - since
        while since < until:
            if time.monotonic() > self.ends:
                yield Stretch([], since, whole=False)
                return
            end = min(since + step, until)
            scan = self.shop.window(word, by, since, end, match=match, cap=SLICE)
            if scan.truncated and step > _SHORTEST:
                step = max(step / 4, _SHORTEST)
                continue
            yield Stretch(scan.records, end, whole=not scan.truncated and scan.scanned == scan.total)
            since = end
