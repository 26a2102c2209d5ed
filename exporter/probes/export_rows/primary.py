"""What the database has of a window: counted by the hour, so that no statement reads much, and by a primary."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, func, literal_column

from exporter.probes.export_rows.nouns import Count, Fen, Pair, Sampled, Window
from exporter.shop import Missing, Record, Shop, ShopError, Table

SECONDS = 5.0
"""For one statement: counting may not hold up the shop's database, nor the probes that wait for its connection."""

REPLICA_SECONDS = 3.0
"""For what a replica shows: one that is down may not use up the run."""

_WRITES = {
    # As texts: beside a COUNT MariaDB says 0 for a bare @@read_only that is 1.
    "mysql": {
        "both": "SELECT CONCAT(@@global.read_only), CONCAT(@@global.innodb_read_only)",
        "one": "SELECT CONCAT(@@global.read_only)",
    },
    "postgresql": {"recovery": "SELECT pg_is_in_recovery()"},
}
_OFF = frozenset(("0", "off", "false"))


@dataclass(frozen=True)
class Primary:
    """Orders by their time `by`; `kinds`: only those of these statuses."""

    shop: Shop
    by: str
    kinds: Sequence[str] = ()

    def require(self) -> None:
        """Raises NotApplicable where the mapping lacks what is compared."""
        self.shop.require("orders", *self._words)

    def count(self, window: Window) -> Count:
        """Raises a ShopError, also where what answers is no primary."""
        hours = [self._counted(hour, self._sums, writable=True) for hour in window.hours()]
        amounts = [hour.amount for hour in hours]
        amount = None if None in amounts else sum((each for each in amounts if each is not None), 0)
        return Count(sum(hour.orders for hour in hours), amount, tuple(hour.orders for hour in hours))

    def orders(self, window: Window) -> int:
        return self._counted(window, [self._number], writable=True).orders

    def seen_by(self, replica: str, window: Window) -> int:
        """How many orders this replica shows; raises a ShopError."""
        there = Primary(self.shop.within(REPLICA_SECONDS).seen_by(replica), self.by, self.kinds)
        return there._counted(window, [there._number], writable=False).orders

    def pairs(self, window: Window, sample: Collection[Sampled]) -> tuple[list[Pair], list[str]]:
        """The sampled orders as they stand there, and the numbers of those that nobody knows."""
        table, asked = self._table, self.shop.within(SECONDS)
        known: dict[str, Record] = {}
        for record in asked.lookup("orders", "number", [each.number for each in sample]):
            known[table.fold(str(record["number"]), "number")] = record
        self._all_answered(asked)
        pairs, unknown = [], []
        for each in sample:
            if (found := known.get(table.fold(each.number, "number"))) is None:
                unknown.append(each.number)
                continue
            at = found[self.by]
            pairs.append(Pair(each, found.get("amount"), (at - window.since).total_seconds() if at else None))
        return pairs, unknown

    def some(self, window: Window, most: int) -> list[Record]:
        """So many orders of the window at most, the oldest."""
        asked = self.shop.within(SECONDS)
        return asked.window("orders", self.by, window.since, window.until, match=self._match, cap=most).records

    def folded(self, record: Record) -> str:
        """The order's number as it is compared."""
        return self._table.fold(str(record["number"] or ""), "number")

    @property
    def caseless(self) -> bool:
        return self._table.fold("A", "number") == "a"

    @property
    def has_float(self) -> str:
        """The column of amounts in the table's own words, where it is a binary float; else nothing."""
        if "amount" not in self._table.c:
            return ""
        column = self._table.column("amount")
        inexact = column is not None and column.type in ("float", "double", "real", "double precision")
        named = f"{self._table.map.table}.{self._table.theirs('amount')}"
        return named if inexact and self._family != "sqlite" else ""  # which has no other type

    @cached_property
    def _table(self) -> Table:
        return self.shop.require("orders", *self._words)

    @property
    def _words(self) -> list[str]:
        return ["number", self.by, *(["status"] if self.kinds else [])]

    @property
    def _match(self) -> dict[str, Collection[Any]]:
        return {"status": self._table.statuses(*self.kinds)} if self.kinds else {}

    @cached_property
    def _family(self) -> str:
        return self.shop.node(self._table.at.database or "").family

    @cached_property
    def _number(self) -> ColumnElement[Any]:
        """Of orders. Where a number may stand in two rows, each counts once an hour."""
        column, name = self._table.c.number, self._table.theirs("number")
        unique = any(
            index.unique and index.columns == (name,) and not index.partial for index in self.shop.index("orders")
        )
        return func.count() if unique else func.count(column.distinct())

    @cached_property
    def _sums(self) -> list[ColumnElement[Any]]:
        return [self._number, *([func.sum(self._table.c.amount)] if "amount" in self._table.c else [])]

    @cached_property
    def _read_only(self) -> list[ColumnElement[Any]]:
        """Told by the very server that counts, in the same answer: a proxy may send each statement elsewhere."""
        ways = _WRITES.get(self._family)
        if not ways:
            return []
        node = self.shop.within(SECONDS).node(self._table.at.database or "")
        name, _ = node.first(ways, about="whether it takes writes")
        return [literal_column(part) for part in ways[name].removeprefix("SELECT ").split(", ")]

    def _counted(self, window: Window, wanted: Sequence[ColumnElement[Any]], *, writable: bool) -> Count:
        table, asked = self._table, self.shop.within(SECONDS)
        refused = self._read_only if writable else []
        statement = sqlalchemy.select(*wanted, *refused).where(*table.only(self._match))
        during = self.by, window.since, window.until
        shards = [list(row) for row in asked.rows(statement, word="orders", during=during, cap=len(table.shards) + 1)]
        self._all_answered(asked)
        amount: Fen | None = 0 if len(wanted) > 1 else None
        for shard in shards:
            if any(str(each).lower() not in _OFF for each in shard[len(wanted) :]):
                raise ShopError(_REPLICA)
            amount = amount if amount is None else amount + self._fen(shard[1])
        return Count(sum(int(shard[0]) for shard in shards), amount)

    def _fen(self, total: Any) -> Fen:
        """A sum of floats is exact to a fen at the most."""
        amount = self._table.value("amount", total) or 0
        return int(Decimal(amount).to_integral_value(ROUND_HALF_EVEN)) if isinstance(total, float) else amount

    def _all_answered(self, asked: Shop) -> None:
        """A count without a shard, or with what it last said, would be no truth; a table that is not there has none."""
        for error in asked.silent("orders").values():
            if not isinstance(error, Missing):
                raise error


_REPLICA = (
    "what answers for the shop's database takes no writes (read_only): a replica, or a primary after a switch; "
    "give the primary's address as database"
)
