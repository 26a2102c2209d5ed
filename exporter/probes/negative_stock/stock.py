"""Faulty rows of the stock table: asked for at once where that is cheap, else found by a walk along the key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, func

from exporter.probes.negative_stock.tell import ONLY_WAREHOUSE, Number, Sku
from exporter.shop import Record, Shop, Table

SMALL = 20_000
"""Rows up to which a table is read whole in every run."""

STEP = 5_000
"""Keys that one run of a walk goes on by."""

SHORT_STEP = 250
"""The same where the walk is for impossible reservations alone: a cycle of all probes then reads below 2,000 rows."""

KEPT = 1_000
"""Faulty rows that are followed."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the walk has come (None: at the start), whether it has been round once, and the faulty keys it met.

    `holes`: a shard was silent somewhere on this way round.
    """

    after: str | None = None
    round: bool = False
    met: tuple[str, ...] = ()
    holes: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Faulty rows as they are now; `whole` when no row can have been missed."""

    rows: list[Sku]
    walk: Walk
    whole: bool = True


@dataclass(frozen=True)
class Stock:
    shop: Shop
    table: Table

    @property
    def small(self) -> bool:
        return self.table.facts.rows * len(self.table.shards) <= SMALL

    def unsigned(self, column: str) -> bool:
        known = self.shop.columns("stock").get(column)
        return known is not None and known.unsigned

    def faulty(self, walk: Walk) -> Found:
        """Negative quantities, and reserved ones that cannot be."""
        here, far = self._questions()
        rows = self._asked(sqlalchemy.or_(*here), self.table.c.quantity) if here else []
        step = SHORT_STEP if here else STEP
        found = self._walked(sqlalchemy.or_(*far), walk, step) if far else Found([], Walk())
        both = {row.key: row for row in (*rows, *found.rows)}
        return Found(list(both.values()), found.walk, found.whole and len(rows) < KEPT)

    def lowest(self, faulty: Iterable[Sku]) -> dict[str, Number]:
        """Of every warehouse where the table is small, else of those with something below zero."""
        rows: Iterable[Sku] = (row for row in faulty if row.negative)
        if self.small:
            c = self.table.c
            statement = sqlalchemy.select(func.min(c.quantity).label("quantity"))
            if "warehouse" in c:
                statement = statement.add_columns(c.warehouse.label("warehouse")).group_by(c.warehouse)
            rows = map(self._sku, map(self.table.record, self.shop.rows(statement, word="stock")))
        quantities: dict[str, Number] = {}
        for row in rows:
            if row.quantity is not None:
                quantities[row.warehouse] = min(row.quantity, quantities.get(row.warehouse, row.quantity))
        return quantities

    def _questions(self) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
        """What can be asked for at once, and what only a walk finds."""
        c = self.table.c
        below = [] if self.unsigned("quantity") else [c.quantity < 0]
        reserved = []
        if "reserved" in c:
            reserved = [c.reserved < 0, sqlalchemy.and_(c.reserved > c.quantity, c.reserved > 0)]
        if self.small:
            return [*below, *reserved], []
        quantity = self.table.theirs("quantity")
        indexed = any(index.columns[0] == quantity for index in self.table.facts.indexes)
        return (below, reserved) if indexed else ([], [*below, *reserved])

    def _asked(self, question: ColumnElement[bool], *order: ColumnElement[Any]) -> list[Sku]:
        statement = self.table.select().where(question).order_by(*order)
        return [self._sku(self.table.record(row)) for row in self.shop.rows(statement, word="stock", cap=KEPT)]

    def _walked(self, question: ColumnElement[bool], walk: Walk, step: int) -> Found:
        """One step further, and every row that was met before read again by its key."""
        key = self.table.c.key
        start = self._start() if walk.after is None else self._bound(walk.after)
        if start is None:
            return Found([], Walk(round=True))
        border = self._border(start, step)
        ahead = [key >= start] if border is None else [key >= start, key < self._bound(border)]
        met = self._asked(sqlalchemy.and_(*ahead, question))
        seen = {row.key for row in met}
        again = self.shop.lookup("stock", "key", [each for each in walk.met if each not in seen])
        rows = [row for row in (*met, *map(self._sku, again)) if row.negative or row.reserved_wrong]
        silent = self.shop.silent("stock")
        holes = bool(silent) or (walk.holes and walk.after is not None)
        lost = set(walk.met) & set(self.shop.unknown("stock", "key"))
        keys = [*(row.key for row in rows), *sorted(lost)]
        onward = Walk(border, walk.round or (border is None and not holes), tuple(keys[:KEPT]), holes)
        return Found(rows[:KEPT], onward, onward.round and len(rows) <= KEPT)

    def _start(self) -> Any:
        """The smallest key; None in an empty table."""
        rows = self.shop.rows(sqlalchemy.select(func.min(self.table.c.key)), word="stock")
        return min((row[0] for row in rows if row[0] is not None), default=None)

    def _border(self, start: Any, most: int) -> str | None:
        """The key at which a step of so many keys ends; None when it reaches the end of the table.

        Shards share their keys: the first that goes on beyond the step speaks for all.
        """
        key = self.table.c.key
        step = sqlalchemy.select(key).where(key >= start).order_by(key).offset(most)
        rows = self.shop.rows(step, word="stock", cap=1)
        return str(rows[0][0]) if rows else None

    def _bound(self, key: str) -> Any:
        known = self.table.column("key")
        return int(key) if known is not None and "int" in known.type else key

    def _sku(self, row: Record) -> Sku:
        warehouse = row.get("warehouse") if "warehouse" in row else ONLY_WAREHOUSE
        key, sku = str(row.get("key")), str(row.get("sku") or "?")
        return Sku(key, sku, str(warehouse or "?"), row.get("quantity"), row.get("reserved"))
