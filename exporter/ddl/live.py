"""The live schema of one database, read for one migration: its tables only, by name, through the read-only session."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from exporter.database import Database, StatementError
from exporter.database.catalog import Catalog
from exporter.database.deadline import Deadline
from exporter.database.errors import ShopError
from exporter.database.server import server
from exporter.database.shape import TableShape, shape
from exporter.ddl.nouns import Asked
from exporter.ddl.online import Flavour
from exporter.ddl.reading import named
from exporter.ddl.reliance import Reader, tables_of
from exporter.ddl.scene import Ground
from exporter.ddl.schema import Tables
from exporter.mapping import Mapping as ShopMapping

SECONDS = 30.0
"""For everything that is asked of one database."""

_OWNER = {
    "postgresql": "SELECT tablename FROM pg_indexes WHERE schemaname = :schema AND indexname = :name",
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = :name",
}
_GRANTS = {
    "columns": "SELECT",
    "indexes": "SELECT",
    "views": "SHOW VIEW",
    "triggers": "TRIGGER",
    "references": "SELECT",
}


@dataclass(frozen=True)
class Place:
    """A database as the configuration knows it; `name` is "" for the shop's own. See `Reader` for the rest."""

    at: str
    name: str
    database: Database
    mapping: ShopMapping
    probes: Mapping[str, Collection[str]]
    selects: Mapping[str, str]
    large: int

    def ground(self, migration: Sequence[Asked]) -> tuple[Ground, list[str]]:
        """What to judge on, and what could not be seen. Raises a ShopError when the database does not answer."""
        deadline = Deadline(SECONDS)
        own = Catalog(self.database).schema(None)
        tables = Tables(own, self.database.family.name)
        for schema, names in self._named(migration, own, deadline).items():
            for name, found in shape(self.database, schema, sorted(names), deadline).items():
                tables.known[schema.lower(), name.lower()] = found
        known = {key[1]: {each.lower() for each in table.columns} for key, table in tables.known.items()}
        reader = Reader(self.mapping, self.name, own, tables.family, self.probes, self.selects, known)
        told = server(self.database, deadline)
        reliance = reader.reliance()
        notes = [
            *self._unseen(tables.known.values()),
            *(f"{self.at}: {who} could not be read" for who in reader.unread),
        ]
        flavour = Flavour.of(told.product, told.version)
        return Ground(self.at, tables, reliance, flavour, self.large, self._estimate), notes

    def _named(self, migration: Sequence[Asked], own: str, deadline: Deadline) -> dict[str, set[str]]:
        """Schema → the tables that the migration names, and those that searches read beside them."""
        found: dict[str, set[str]] = {}
        current = own
        for each in migration:
            current = each.schema or current
            for name in named(each, self.database.family.name):
                table = name.table or self._owner(each, own, deadline)
                found.setdefault(name.schema or current, set()).add(table)
        if found and not self.name:
            for name in tables_of(tuple(self.selects.values()), self.database.family.name):
                found.setdefault(name.schema or own, set()).add(name.table)
        return found

    def _owner(self, each: Asked, schema: str, deadline: Deadline) -> str:
        """The table of an index that is named alone."""
        words = _OWNER.get(self.database.family.name)
        if not words:
            return ""
        binds = {"schema": schema, "name": each.changes[0].name}
        used = {name: value for name, value in binds.items() if f":{name}" in words}
        rows = self.database.ask(text(words).bindparams(**used), deadline)
        return str(rows[0][0]) if rows else ""

    def _unseen(self, tables: Collection[TableShape]) -> Iterator[str]:
        unseen = sorted({what for table in tables for what in table.unseen})
        if unseen:
            grants = ", ".join(dict.fromkeys(_GRANTS[what] for what in unseen))
            yield (
                f"{self.at}: the account may not see all {', '.join(unseen)} of this schema, so what they break is not "
                f"told; an account with {grants} on the schema sees them"
            )

    def _estimate(self, select: str) -> int | None:
        """Rows by EXPLAIN, which runs nothing; None when the server does not say, or does not let the account ask."""
        family = self.database.family
        words = text((family.explain + select).replace(":", "\\:"))  # no colon of it is a parameter
        try:
            rows = self.database.ask(words, Deadline(5.0))
            steps = family.steps([dict(row._mapping) for row in rows])  # noqa: SLF001 - public in SQLAlchemy
        except (StatementError, ShopError):
            return None
        return max((int(step["rows"]) for step in steps or ()), default=None)
