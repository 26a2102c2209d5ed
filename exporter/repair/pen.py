"""Writes SQL about one table of the shop, on one of its shards, in our words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from exporter.repair.literals import literal, name, text
from exporter.repair.nouns import Question
from exporter.shop import Shop, ShopError, Table
from exporter.shop.decoding import bound, is_number

_EXACT = frozenset(("decimal", "numeric", "tinyint", "smallint", "mediumint", "int", "integer", "bigint"))
_BINARY = frozenset(("binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob", "bytea"))
_MINOR = 100
_EPOCH = {"epoch_s": 1, "epoch_ms": 1000}


@dataclass(frozen=True, slots=True)
class Pen:
    """`table` stands on its shard; `alias` is put before its columns."""

    table: Table
    family: str
    alias: str = ""

    @classmethod
    def of(cls, shop: Shop, table: Table, alias: str = "") -> Pen:
        return cls(table, shop.node(table.at.database or "").family, alias)

    @property
    def name(self) -> str:
        return name(self.family, self.table.at.schema, self.table.at.table)

    def column(self, word: str) -> str:
        return name(self.family, self.alias, self.table.theirs(word))

    def value(self, word: str, value: Any) -> str:
        """As this column holds it; raises ShopError where it cannot."""
        column = self.table.column(word)
        if column is not None and column.type in _BINARY:
            raise ShopError(f"{self.table.name}: {column.name} is {column.type}: a plan cannot name its values")
        try:
            return literal(self.family, bound(column, [value])[0])
        except ValueError as error:
            raise ShopError(f"{self.table.name}: {word}: {error}") from None

    def is_(self, word: str, value: Any) -> str:
        return f"{self.column(word)} = {self.value(word, value)}"

    def among(self, word: str, values: Iterable[Any]) -> str:
        return f"{self.column(word)} IN ({', '.join(self.value(word, value) for value in values)})"

    def only(self) -> list[str]:
        """The mapping's own filter of rows that count."""
        return [self._one_of(column, values) for column, values in self.table.map.where.items()]

    def unset(self, word: str) -> str:
        """The column says nothing yet; of a MySQL column of times that is NOT NULL, `IS NULL` is true for zero."""
        column = self.column(word)
        nothing = [f"{column} IS NULL", *(f"{column} = {each}" for each in self._empties(word))]
        return nothing[0] if len(nothing) == 1 else f"({' OR '.join(nothing)})"

    def moment(self, word: str, at: datetime) -> str:
        """The moment in whole seconds as this column writes it, whatever zone the session has."""
        kind, zone = self.table.clock(word)
        at = at.replace(microsecond=0)
        if kind in _EPOCH:
            return self.value(word, int(at.timestamp()) * _EPOCH[kind])
        column = self.table.column(word)
        if column is not None and column.type == "timestamp" and self.family == "mysql":
            return f"FROM_UNIXTIME({int(at.timestamp())})"
        local = at.astimezone(zone)
        zoned = column is not None and column.type == "timestamp with time zone"
        offset = "+00" if zoned and zone is UTC else ""
        return text(self.family, f"{local:%Y-%m-%d %H:%M:%S}{offset}")

    def costs(self, amount: Decimal | int | None) -> list[str]:
        """The order still has this amount (minor units); nothing where the column is not exact, or not mapped."""
        column = self.table.column("amount") if "amount" in self.table.c else None
        if amount is None or column is None or column.type not in _EXACT:
            return []
        fen = self.table.map.money.unit == "fen"
        return [f"{self.column('amount')} = {Decimal(amount) if fen else Decimal(amount) / _MINOR:f}"]

    def question(self, label: str, *conditions: str) -> Question:
        """How many of the rows with some keys fulfil the conditions."""
        before = f"SELECT COUNT(*) AS {label} FROM {self.name} WHERE {self.column('key')} IN ("
        return Question(before, f") AND {' AND '.join(conditions)};")

    def _empties(self, word: str) -> list[str]:
        """What else than NULL means that nothing is there, as far as the column can hold it."""
        column, kind = self.table.column(word), self.table.clock(word)[0]
        if word in ("paid", "started"):
            return [self.value(word, 0)] if kind in _EPOCH else ["''"] if self.family == "sqlite" else []
        if is_number(column):
            return [each for each in map(str, self.table.map.empty) if each.lstrip("-").isdecimal()]
        return [text(self.family, str(each)) for each in self.table.map.empty if not str(each).startswith("0000-")]

    def _one_of(self, theirs: str, values: Collection[Any]) -> str:
        column, quoted = self.table.facts.columns.get(theirs), name(self.family, self.alias, theirs)
        listed = bound(column, [value for value in values if value is not None])
        some = f"{quoted} IN ({', '.join(literal(self.family, value) for value in listed)})"
        some = f"{quoted} = {literal(self.family, listed[0])}" if len(listed) == 1 else some
        if None not in values:
            return some
        return f"({quoted} IS NULL OR {some})" if listed else f"{quoted} IS NULL"
