"""What a database says about its tables: columns, indexes, sizes; read at most hourly, by literal name."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from exporter.database import Database, StatementError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.database.deadline import Deadline

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is the bare type in lower case (`bigint`, `varchar`, `datetime`)."""

    name: str
    type: str
    nullable: bool
    unsigned: bool = False
    collation: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """`columns` in the table's own names; `partial`: over prefixes, expressions or some of the rows only."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    nullable: bool
    partial: bool = False


@dataclass(frozen=True, slots=True)
class TableFacts:
    """`rows` is the server's estimate. Without `columns` the table is missing or hidden from the account."""

    columns: Mapping[str, Column]
    indexes: tuple[Index, ...]
    rows: int


_COLUMNS = {
    "mysql": "SELECT column_name, data_type, is_nullable, column_type, collation_name FROM information_schema.columns"
    " WHERE table_schema = :schema AND table_name = :name",
    "postgresql": "SELECT column_name, data_type, is_nullable, '', collation_name FROM information_schema.columns"
    " WHERE table_schema = :schema AND table_name = :name",
    "sqlite": "SELECT name, type, CASE WHEN \"notnull\" OR pk THEN 'NO' ELSE 'YES' END, '', ''"
    " FROM pragma_table_info(:name)",
}
_INDEXES = {
    "mysql": "SELECT index_name, column_name, non_unique = 0, nullable = 'YES', sub_part IS NOT NULL"
    " FROM information_schema.statistics WHERE table_schema = :schema AND table_name = :name"
    " ORDER BY index_name, seq_in_index",
    "postgresql": "SELECT c.relname, a.attname, i.indisunique, NOT a.attnotnull, i.indpred IS NOT NULL"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
    " JOIN pg_namespace n ON n.oid = t.relnamespace CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(num, place)"
    " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num AND k.num > 0"
    " WHERE n.nspname = :schema AND t.relname = :name AND i.indisvalid AND k.place <= i.indnkeyatts"
    " ORDER BY c.relname, k.place",
    "sqlite": 'SELECT l.name, i.name, l."unique", NOT t."notnull", l.partial FROM pragma_index_list(:name) l'
    " JOIN pragma_index_info(l.name) i LEFT JOIN pragma_table_info(:name) t ON t.name = i.name"
    " UNION ALL SELECT 'PRIMARY', name, 1, 0, 0 FROM pragma_table_info(:name)"
    " WHERE pk = 1 AND upper(type) = 'INTEGER'",
}
_ROWS = {
    "mysql": "SELECT table_rows FROM information_schema.tables WHERE table_schema = :schema AND table_name = :name",
    "postgresql": "SELECT CASE WHEN reltuples > 0 THEN reltuples ELSE pg_relation_size(t.oid) / 100 END::bigint"
    " FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = :schema AND t.relname = :name",
    "sqlite": 'SELECT max(rowid) FROM "{name}"',
}
_NAMES = {
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = :schema",
    "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = :schema",
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
}


class Catalog:
    """Facts about the tables of one database, kept for an hour."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._facts: dict[tuple[str, str], tuple[float, TableFacts]] = {}
        self._names: dict[str, tuple[float, frozenset[str]]] = {}

    def schema(self, named: str | None) -> str:
        """The schema that a table without one is looked for in; `named` otherwise."""
        own = self.database.url.database or ""
        return named or {"mysql": own, "postgresql": "public"}.get(self.database.family.name, "")

    def facts(self, schema: str | None, name: str, deadline: Deadline) -> TableFacts:
        place = self.schema(schema), name
        known = self._facts.get(place)
        if not known or known[0] + HOUR < time.monotonic():
            known = time.monotonic(), self._read(*place, deadline)
            if known[1].columns:
                self._facts[place] = known
        return known[1]

    def names(self, schema: str | None, deadline: Deadline) -> frozenset[str]:
        """The tables and views of a schema that the account may know of."""
        place = self.schema(schema)
        known = self._names.get(place)
        if not known or known[0] + HOUR < time.monotonic():
            rows = self._ask(_NAMES, place, "", deadline)
            known = self._names[place] = time.monotonic(), frozenset(str(row[0]) for row in rows)
        return known[1]

    def forget(self) -> None:
        """Reads everything anew when it is next asked for."""
        self._facts.clear()
        self._names.clear()

    def _read(self, schema: str, name: str, deadline: Deadline) -> TableFacts:
        columns = {str(row[0]): _column(*row) for row in self._ask(_COLUMNS, schema, name, deadline)}
        if not columns:
            return TableFacts({}, (), 0)
        rows = self._ask(_ROWS, schema, name, deadline)
        return TableFacts(
            columns, _indexes(self._ask(_INDEXES, schema, name, deadline)), int(rows[0][0] or 0) if rows else 0
        )

    def _ask(self, texts: Mapping[str, str], schema: str, name: str, deadline: Deadline) -> Sequence[Any]:
        words = texts[self.database.family.name]
        binds = {each: value for each, value in (("schema", schema), ("name", name)) if f":{each}" in words}
        statement = text(words.replace("{name}", name.replace('"', '""'))).bindparams(**binds)
        try:
            return self.database.ask(statement, deadline)
        except StatementError:
            return []  # a view has no rowid, an odd server no such catalogue: then nothing is known


@lru_cache(maxsize=4096)
def _column(*row: Any) -> Column:
    """Each different one once: two hundred shops of one kind have the same."""
    name, data_type, nullable, column_type, collation = (str(value or "") for value in row)
    bare = data_type.partition("(")[0].strip().lower().removesuffix(" unsigned")
    return Column(name, bare, nullable == "YES", "unsigned" in f"{data_type} {column_type}".lower(), collation)


@lru_cache(maxsize=4096)
def _index(name: str, *parts: Any) -> Index:
    """Likewise. `parts`: the rows of _INDEXES that bear this name."""
    return Index(
        name,
        tuple(str(part[1] or "") for part in parts),
        unique=bool(parts[0][2]),
        nullable=any(part[3] for part in parts),
        partial=any(part[4] or not part[1] for part in parts),
    )


def _indexes(rows: Sequence[Any]) -> tuple[Index, ...]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(str(row[0]), []).append(tuple(row))
    return tuple(_index(name, *parts) for name, parts in grouped.items())
