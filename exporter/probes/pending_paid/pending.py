"""The pending orders of the window: how many there are, and those whose row names a payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy
from sqlalchemy import func

from exporter.probes.pending_paid.nouns import Order
from exporter.shop import Record, Refused, Shop, Table
from exporter.shop.indexes import has_index
from exporter.shop.stretches import stretches

NOTED = 1_000
"""So many pending orders that name a payment are looked at."""


@dataclass(frozen=True)
class Pending:
    """From `start` to `now`; `noun` makes an order of a row."""

    shop: Shop
    table: Table
    start: datetime
    now: datetime
    ends: float
    noun: Callable[[Record], Order]

    def count(self) -> int:
        """How many orders that were created in the window are pending."""
        counts = self._counts
        return len(self._read[0]) if counts is None else counts[0]

    def with_payment(self) -> tuple[list[Order], bool]:
        """Pending orders of the window whose row names a payment, and whether these are all.

        The filter is coarse; `examine` is exact.
        """
        counts = self._counts
        if counts is None:
            return self._read
        if counts[1] == 0:
            return [], True
        statement = self.table.select().where(*self._conditions(), self._noted())
        rows = self.shop.rows(statement, word="orders", cap=NOTED, during=self._during)
        return [self.noun(self.table.record(row)) for row in rows], len(rows) < NOTED

    @cached_property
    def _counts(self) -> tuple[int, int] | None:
        """Pending orders of the window, and those that name a payment, counted by the server; None if it must not."""

        def build() -> sqlalchemy.Select[Any]:
            both: list[Any] = [func.count(), func.sum(sqlalchemy.case((self._noted(), 1), else_=0))]
            return sqlalchemy.select(*both).select_from(self.table.source).where(*self._conditions())

        statement = self.table.kept("pending", self._span, build)
        try:
            rows: list[Any] = list(self.shop.rows(statement, word="orders", binds=self._span, during=self._during))
        except Refused:
            return None
        return sum(int(row[0]) for row in rows), sum(int(row[1] or 0) for row in rows)

    @cached_property
    def _read(self) -> tuple[list[Order], bool]:
        """All pending orders of the window, along the key: where no index on status and creation is."""
        match = {"status": self.table.statuses("pending")}
        read = list(stretches(self.shop, "orders", "created", self.start, self.now, ends=self.ends, match=match))
        orders = [self.noun(record) for stretch in read for record in stretch.records]
        return orders, all(stretch.whole for stretch in read)

    def _conditions(self) -> list[sqlalchemy.ColumnElement[bool]]:
        table, created = self.table, self.table.c.created
        bound: list[Any] = [sqlalchemy.bindparam(name, value) for name, value in self._span.items()]
        return [*table.only({"status": table.statuses("pending")}), created >= bound[0], created < bound[1]]

    @cached_property
    def _during(self) -> tuple[str, datetime, datetime] | None:
        """The window between keys, where no index on status and creation is."""
        match = {"status": self.table.statuses("pending")}
        return None if has_index(self.table, "created", match) else ("created", self.start, self.now)

    @property
    def _span(self) -> dict[str, Any]:
        return {"since": self.table.when(self.start, "created"), "until": self.table.when(self.now, "created")}

    def _noted(self) -> sqlalchemy.ColumnElement[bool]:
        words = [word for word in ("paid", "transaction") if word in self.table.c]
        noted: list[sqlalchemy.ColumnElement[bool]] = [
            self.table.c[word].is_not(None) & self._filled(word) for word in words
        ]
        if success := self.table.map.success.get("paid_flag"):
            noted.append(sqlalchemy.and_(*self.table.only({"paid_flag": success})))
        return sqlalchemy.or_(sqlalchemy.false(), *noted)

    def _filled(self, word: str) -> sqlalchemy.ColumnElement[bool]:
        column, facts = self.table.c[word], self.shop.columns("orders").get(word)
        if word == "paid" and self.table.clock(word)[0] != "datetime":
            return column > 0
        return column != "" if facts and "char" in facts.type else sqlalchemy.true()
