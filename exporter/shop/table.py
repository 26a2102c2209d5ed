"""One of our words as a table of the shop: our columns as SQLAlchemy columns, its rows as records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import ColumnElement

from exporter.database.errors import NotApplicable, ShopError
from exporter.shop import decoding
from exporter.shop.columns import Columns, drawn
from exporter.shop.run import Place

if TYPE_CHECKING:
    from exporter.database.catalog import Column, TableFacts
    from exporter.mapping import Mapping as ShopMapping
    from exporter.mapping import TableMap
    from exporter.mapping.shards import Shard

Record = Mapping[str, Any]

TIMES = frozenset(("created", "paid", "started", "shipped", "delivered", "updated", "received", "expires", "at"))
_MONEY = frozenset(("amount",))
_NUMBERS = frozenset(("quantity", "reserved"))
_RAW = frozenset(("status", "state", "paid_flag"))


@dataclass(frozen=True)
class Table:
    """`at` is the shard that `c` points at; `on()` gives the same table on another one."""

    word: str
    mapping: ShopMapping
    map: TableMap
    at: Shard
    facts: TableFacts
    as_text: bool = False

    def __post_init__(self) -> None:
        ours = {"key": self.map.key, **self.map.columns}
        source, columns = drawn(self.word, self.at.table, self.at.schema, tuple(ours.items()), tuple(self.map.where))
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "c", columns)

        object.__setattr__(self, "_kept", {})
        object.__setattr__(self, "_others", {})

    source: sqlalchemy.TableClause = None  # type: ignore[assignment] # set above
    c: Columns = None  # type: ignore[assignment] # set above

    @property
    def name(self) -> str:
        return self.at.table

    @property
    def shards(self) -> tuple[Shard, ...]:
        return self.map.shards

    def on(self, shard: Shard) -> Table:
        """Made once for each shard: its statements are kept with it."""
        if shard == self.at:
            return self
        others: dict[Shard, Table] = self._others  # type: ignore[attr-defined] # set above
        if shard not in others:
            others[shard] = replace(self, at=shard)
        return others[shard]

    @property
    def place(self) -> Place:
        return Place(self.at.table, self.names, self.at.schema)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that reading this table needs, in its own names."""
        return tuple(column.name for column in self.source.c)

    def column(self, word: str) -> Column | None:
        """What the database says about it; None when it hides it from the account."""
        return self.facts.columns.get(self.theirs(word))

    def theirs(self, word: str) -> str:
        """The table's own name of our column."""
        self.c[word]  # raises NotApplicable
        return self.map.columns.get(word, self.map.key)

    def statuses(self, *kinds: str) -> tuple[str | int, ...]:
        return self.map.statuses(*kinds)

    def status_kind(self, raw: object) -> str | None:
        """Pending | paid | shipped | done | closed; None for a status that the mapping does not know."""
        return self.map.status_kind(raw)

    def clock(self, word: str) -> tuple[str, tzinfo]:
        """How a column writes moments. TIMESTAMP columns are shown in the session's zone, which is UTC."""
        kind, zone = self.mapping.clock(self.word, word)
        column = self.column(word)
        zoned = column is not None and column.type in _ZONED and not self.as_text
        return kind, UTC if zoned else zone

    def when(self, moment: datetime, by: str | None = None) -> datetime | int | str:
        """The moment as the column `by` writes it (the first mapped time column, if none is named)."""
        by = by or next((word for word in self.c if word in TIMES), None)
        if by is None:
            raise NotApplicable(f"the mapping names no time column of {self.word}")
        return decoding.instant(moment, *self.clock(by), as_text=self.as_text)

    def only(self, match: Mapping[str, Collection[Any]]) -> list[ColumnElement[bool]]:
        """Conditions: the mapping's own filter, and our columns among these raw values."""
        return [
            *(self._among(name, values) for name, values in self.map.where.items()),
            *(self._among(self.theirs(word), values) for word, values in match.items()),
        ]

    def _among(self, name: str, values: Collection[Any]) -> ColumnElement[bool]:
        try:
            return decoding.among(self.source.c[name], self.facts.columns.get(name), values)
        except ValueError as error:
            raise ShopError(f"{self.word}: column {name}: {error}; correct the raw values in the mapping") from None

    def select(self, *words: str) -> sqlalchemy.Select[Any]:
        """SELECT of our columns (all that are mapped, when none is named) under our names."""
        return sqlalchemy.select(*(self.c[word].label(word) for word in words or self.c))

    def kept(
        self, name: Hashable, binds: Mapping[str, Any], build: Callable[[], sqlalchemy.Select[Any]]
    ) -> sqlalchemy.Select[Any]:
        """The statement that `build` makes, made once for each kind of its `binds`: to make one costs as much as a run.

        Kinds matter because a parameter takes its type from the first value: a number of 32 bits is not one of 64.
        """
        known: dict[Hashable, sqlalchemy.Select[Any]] = self._kept  # type: ignore[attr-defined] # set above
        key = name, *map(_kind, binds.values())
        if key not in known:
            known[key] = build()
        return known[key]

    def record(self, row: Any) -> Record:
        """A row of `select()` in our words and values. Columns under other labels than our words are left out."""
        return {word: self._readers[word](value) for word, value in row._mapping.items() if word in self._readers}  # noqa: SLF001 - public in SQLAlchemy

    def records(self, rows: Iterable[Any]) -> list[Record]:
        """The rows of `select()` with all columns."""
        readers = list(self._readers.items())
        return [{word: read(value) for (word, read), value in zip(readers, row, strict=True)} for row in rows]

    def value(self, word: str, stored: Any) -> Any:
        """A stored value in our representation; None when it is not set."""
        return self._readers[word](stored)

    @cached_property
    def _readers(self) -> dict[str, Callable[[Any], Any]]:
        return {word: self._reader(word) for word in self.c}

    def _reader(self, word: str) -> Callable[[Any], Any]:
        if word in _RAW:
            return decoding.raw
        if word in _NUMBERS:
            return decoding.whole
        if word in _MONEY:
            return partial(decoding.minor, unit=self.map.money.unit)
        empty = frozenset(str(each) for each in self.map.empty)
        if word in TIMES:
            return decoding.moments(*self.clock(word), empty)
        return decoding.texts(empty)

    def fold(self, value: str, by: str = "") -> str:
        """The form in which two values of `by` (the numbers, when not named) are compared.

        Stripped; casefolded when the mapping says so or the column's collation ignores case.
        """
        return value.strip().casefold() if by in self._caseless else value.strip()

    @cached_property
    def _caseless(self) -> frozenset[str]:
        named = [word for word in self.c if self.map.casefold or _ignores_case(self.column(word))]
        return frozenset([*named, ""] if {"number", "trade_no"} & set(named) else named)


def _kind(value: Any) -> Hashable:
    if isinstance(value, list):
        return list, _kind(value[0])
    return type(value), isinstance(value, int) and value.bit_length() >= _WIDE


def _ignores_case(column: Column | None) -> bool:
    return column is not None and column.collation.endswith("_ci")


_WIDE = 31
_ZONED = ("timestamp", "timestamp with time zone")
