"""The whole shape of a table, as it is to be compared or judged; `catalog` holds what every run needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import text

from exporter.database import StatementError
from exporter.database.errors import ShopError
from exporter.database.shape import rows, texts
from exporter.database.shape.nouns import (
    ColumnShape,
    ForeignKey,
    IndexShape,
    Part,
    TableShape,
    TriggerShape,
    ViewShape,
)

if TYPE_CHECKING:
    from sqlalchemy import Executable

    from exporter.database.deadline import Deadline
    from exporter.database.session import Family

__all__ = ["ColumnShape", "ForeignKey", "IndexShape", "Part", "TableShape", "TriggerShape", "ViewShape", "shape"]

MOST = 1_000
"""Triggers, and views, of one schema that are read."""

WIDEST = 5_000
"""Tables of a schema above which it is not searched for foreign keys from elsewhere: each would be opened."""

AT_ONCE = 32
"""Tables that one statement asks about."""


class Asks(Protocol):
    """A `Database`, or what notes down each statement on its way there."""

    @property
    def family(self) -> Family: ...
    def ask(self, statement: Executable, deadline: Deadline, /) -> Sequence[Any]: ...


def shape(
    database: Asks, schema: str, names: Collection[str], deadline: Deadline, *, whole: bool = True
) -> Mapping[str, TableShape]:
    """Each table's shape; those that are missing or hidden from the account are left out.

    `schema`: as `Catalog.schema` gives it. Reads what the account may see: `TableShape.unseen` says what it may not.
    `whole=False` leaves out sizes, formats and foreign keys: five statements, however many the tables.
    Raises a ShopError when the database cannot answer.
    """
    return _Reader(database, schema, deadline, whole).tables(tuple(names))


@dataclass(slots=True)
class _Reader:
    database: Asks
    schema: str
    deadline: Deadline
    whole: bool
    unread: set[str] = field(default_factory=set)

    def tables(self, names: Sequence[str]) -> dict[str, TableShape]:
        columns = self._about(texts.COLUMNS, names, "columns")
        if "columns" in self.unread:
            raise ShopError("the database does not tell the columns of its tables")
        there = {name: {str(row[0]): rows.column(row) for row in columns[name]} for name in names if columns[name]}
        if not there:
            return {}
        indexes = self._about(texts.INDEXES, tuple(there), "indexes")
        triggers, views = self._ask(texts.TRIGGERS, unread="triggers"), self._ask(texts.VIEWS, unread="views")
        rights = self._rights()
        unseen = self._unseen(triggers, views, rights)
        found = {}
        for name, own in there.items():
            hidden = {"columns"} if rights is not None and "SELECT" not in rights[""] | rights[name] else set()
            found[name] = TableShape(
                name,
                own,
                rows.indexes(indexes[name]),
                tuple(rows.triggers(triggers, self._family, name, own)),
                tuple(rows.views(views, self._family, name, own)),
                unseen=unseen | hidden,
            )
        return {name: self._wholly(table) for name, table in found.items()} if self.whole else found

    def _wholly(self, table: TableShape) -> TableShape:
        facts = next(iter(self._ask(texts.FACTS, table.name)), (0, 0, "", "", "", "", 0))
        return replace(
            table,
            foreign_keys=rows.keys(self._ask(texts.OWN_KEYS, table.name)),
            referenced_by=() if "references" in table.unseen else rows.keys(self._ask(texts.KEYS_TO, table.name)),
            rows=int(facts[0] or 0),
            bytes=int(facts[1] or 0),
            engine=str(facts[2] or ""),
            row_format=str(facts[3] or ""),
            charset=str(facts[4] or ""),
            collation=str(facts[5] or ""),
            partitioned=bool(facts[6]),
        )

    def _rights(self) -> Mapping[str, set[str]] | None:
        """By table, "" for the whole schema; None where all may see the shape of everything."""
        if self._family != "mysql":
            return None
        rights = defaultdict[str, set[str]](set)
        for table, right in self._ask(texts.RIGHTS):
            rights[str(table)].add(str(right))
        return rights

    def _unseen(
        self, triggers: Sequence[Any], views: Sequence[Any], rights: Mapping[str, set[str]] | None
    ) -> frozenset[str]:
        """MySQL shows the triggers, views and tables of others only to those who have a right to them."""
        unseen = set(self.unread)
        if len(triggers) >= MOST:
            unseen.add("triggers")
        if len(views) >= MOST or any(not row[1] for row in views):
            unseen.add("views")
        if rights is not None:
            needed = {"triggers": "TRIGGER", "views": "SHOW VIEW", "references": "SELECT"}
            unseen |= {what for what, right in needed.items() if right not in rights[""]}
            if self.whole and int(self._ask(texts.TABLES)[0][0]) > WIDEST:
                unseen.add("references")
        return frozenset(unseen)

    @property
    def _family(self) -> str:
        return self.database.family.name

    def _about(self, family: Mapping[str, str], names: Sequence[str], what: str) -> Mapping[str, list[Any]]:
        """The rows about each of the tables, without its name and their place, in the order of the place."""
        found = defaultdict[str, list[Any]](list)
        for start in range(0, len(names), AT_ONCE):
            words, binds = texts.many(family[self._family], self._family, names[start : start + AT_ONCE])
            for row in sorted(self._run(words, binds, what), key=lambda row: row[1]):
                found[str(row[0])].append(row[2:])
        return found

    def _ask(self, family: Mapping[str, str], name: str = "", unread: str = "") -> Sequence[Any]:
        words = family[self._family].replace("{most}", str(MOST)).replace("{name}", name.replace('"', '""'))
        return self._run(words, {"name": name}, unread)

    def _run(self, words: str, binds: Mapping[str, object], unread: str) -> Sequence[Any]:
        used = {each: value for each, value in {**binds, "schema": self.schema}.items() if f":{each}" in words}
        try:
            return self.database.ask(text(words).bindparams(**used), self.deadline)
        except StatementError:
            self.unread |= {unread} - {""}
            return []  # a view has no rowid, an odd server no such catalogue: then nothing is known
