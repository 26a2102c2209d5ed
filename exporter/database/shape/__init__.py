"""The whole shape of a table, as it is to be compared or judged; `catalog` holds what every run needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from exporter.database import Database, StatementError
from exporter.database.shape import texts
from exporter.database.shape.nouns import (
    ColumnShape,
    ForeignKey,
    IndexShape,
    Part,
    TableShape,
    TriggerShape,
    ViewShape,
)
from exporter.database.shape.reads import named

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

__all__ = ["ColumnShape", "ForeignKey", "IndexShape", "Part", "TableShape", "TriggerShape", "ViewShape", "shape"]

MOST = 1_000
"""Triggers, and views, of one schema that are read."""

WIDEST = 5_000
"""Tables of a schema above which it is not searched for foreign keys from elsewhere: each would be opened."""


def shape(database: Database, schema: str, names: Collection[str], deadline: Deadline) -> Mapping[str, TableShape]:
    """Each table's shape; those that are missing or hidden from the account are left out.

    `schema`: as `Catalog.schema` gives it. Reads what the account may see: `TableShape.unseen` says what it may not.
    Raises a ShopError when the database cannot answer.
    """
    reader = _Reader(database, schema, deadline)
    found = {name: reader.columns(name) for name in names}
    there = {name: columns for name, columns in found.items() if columns}
    return reader.tables(there) if there else {}


@dataclass(frozen=True, slots=True)
class _Reader:
    database: Database
    schema: str
    deadline: Deadline

    def columns(self, name: str) -> dict[str, ColumnShape]:
        return {str(row[0]): _column(row) for row in self._ask(texts.COLUMNS, name)}

    def tables(self, there: Mapping[str, Mapping[str, ColumnShape]]) -> dict[str, TableShape]:
        triggers, views = self._ask(texts.TRIGGERS), self._ask(texts.VIEWS)
        unseen = self._unseen(triggers, views)
        return {name: self._table(name, columns, triggers, views, unseen) for name, columns in there.items()}

    def _table(
        self,
        name: str,
        columns: Mapping[str, ColumnShape],
        triggers: Sequence[Any],
        views: Sequence[Any],
        unseen: frozenset[str],
    ) -> TableShape:
        family = self.database.family.name
        facts = next(iter(self._ask(texts.FACTS, name)), (0, 0, "", "", "", "", 0))
        return TableShape(
            name,
            columns,
            _indexes(self._ask(texts.INDEXES, name)),
            triggers=tuple(_triggers(triggers, family, name, columns)),
            views=tuple(
                ViewShape(str(row[0]), read)
                for row in views
                if row[0] != name and (read := named(str(row[1] or ""), family, name, columns)) is not None
            ),
            foreign_keys=_keys(self._ask(texts.OWN_KEYS, name)),
            referenced_by=() if "references" in unseen else _keys(self._ask(texts.KEYS_TO, name)),
            rows=int(facts[0] or 0),
            bytes=int(facts[1] or 0),
            engine=str(facts[2] or ""),
            row_format=str(facts[3] or ""),
            charset=str(facts[4] or ""),
            collation=str(facts[5] or ""),
            partitioned=bool(facts[6]),
            unseen=unseen,
        )

    def _unseen(self, triggers: Sequence[Any], views: Sequence[Any]) -> frozenset[str]:
        """MySQL shows the triggers, views and tables of others only to those who have a right to them."""
        unseen = set()
        if len(triggers) >= MOST:
            unseen.add("triggers")
        if len(views) >= MOST or any(not row[1] for row in views):
            unseen.add("views")
        if self.database.family.name == "mysql":
            rights = {str(row[0]) for row in self._ask(texts.RIGHTS)}
            needed = {"triggers": "TRIGGER", "views": "SHOW VIEW", "references": "SELECT"}
            unseen |= {what for what, right in needed.items() if right not in rights}
            if int(self._ask(texts.TABLES)[0][0]) > WIDEST:
                unseen.add("references")
        return frozenset(unseen)

    def _ask(self, family: Mapping[str, str], name: str = "") -> Sequence[Any]:
        words = family[self.database.family.name].replace("{most}", str(MOST))
        words = words.replace("{name}", name.replace('"', '""'))
        binds = {each: value for each, value in (("schema", self.schema), ("name", name)) if f":{each}" in words}
        try:
            return self.database.ask(text(words).bindparams(**binds), self.deadline)
        except StatementError:
            return []  # a view has no rowid, an odd server no such catalogue: then nothing is known


def _column(row: Any) -> ColumnShape:
    name, kind, nullable, default, charset, collation, extra = row
    return ColumnShape(
        str(name),
        str(kind or ""),
        bool(nullable),
        None if default is None or str(default).upper() == "NULL" else str(default),
        str(charset or ""),
        str(collation or ""),
        str(extra or "").lower(),
    )


def _indexes(rows: Iterable[Any]) -> tuple[IndexShape, ...]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(str(row[0]), []).append(row)
    return tuple(
        IndexShape(
            name,
            tuple(Part(str(row[1] or ""), int(row[2]) if row[2] else None, bool(row[3])) for row in parts),
            unique=bool(parts[0][4]),
            kind=str(parts[0][5]).lower(),
            partial=bool(parts[0][6]),
        )
        for name, parts in grouped.items()
    )


def _triggers(rows: Iterable[Any], family: str, table: str, columns: Collection[str]) -> Iterable[TriggerShape]:
    for name, on, timing, event, body in rows:
        read = named(str(body or ""), family, table, columns, on=on == table)
        if read is not None:
            yield TriggerShape(str(name), str(on), str(timing), str(event), read)


def _keys(rows: Iterable[Any]) -> tuple[ForeignKey, ...]:
    grouped = ((key, list(group)) for key, group in groupby(rows, key=lambda row: (str(row[1]), str(row[0]))))
    return tuple(
        ForeignKey(
            name,
            table,
            tuple(str(row[2]) for row in parts),
            str(parts[0][3]),
            tuple(str(row[4]) for row in parts),
            str(parts[0][5]),
            str(parts[0][6]),
        )
        for (table, name), parts in grouped
    )
