"""What an account may see of a database: its tables, their columns, and a short look at the newest rows of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from exporter.database import Database, StatementError, faults
from exporter.database.catalog import Catalog
from exporter.database.deadline import Deadline
from exporter.database.errors import TimedOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TAIL = 1000
_SECONDS = 10.0
"""For each statement, on the server too."""

# By literal name, and not as SHOW CREATE TABLE: an account with grants on single columns may ask these.
_TABLES = {
    "mysql": "SELECT table_name, table_type <> 'VIEW' FROM information_schema.tables WHERE table_schema = :schema",
    "postgresql": "SELECT table_name, table_type <> 'VIEW' FROM information_schema.tables WHERE table_schema = :schema",
    "sqlite": "SELECT name, type = 'table' FROM sqlite_master"
    " WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'",
}
_COLUMNS = {
    "mysql": "SELECT column_name, data_type, column_type, column_comment, column_key = 'PRI'"
    " FROM information_schema.columns WHERE table_schema = :schema AND table_name = :name ORDER BY ordinal_position",
    "postgresql": "SELECT c.column_name, c.data_type, '', col_description(t.oid, CAST(c.ordinal_position AS int)),"
    " EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary"
    " AND CAST(c.ordinal_position AS smallint) = ANY (i.indkey))"
    " FROM information_schema.columns c JOIN pg_namespace n ON n.nspname = c.table_schema"
    " JOIN pg_class t ON t.relnamespace = n.oid AND t.relname = c.table_name"
    " WHERE c.table_schema = :schema AND c.table_name = :name ORDER BY c.ordinal_position",
    "sqlite": "SELECT name, type, type, '', pk > 0 FROM pragma_table_info(:name)",
}
_KINDS = {
    "time": re.compile(r"datetime|timestamp"),
    "decimal": re.compile(r"decimal|numeric|float|double|real"),
    "number": re.compile(r"(tiny|small|medium|big)?int(eger)?\d?\b|bool"),
    "text": re.compile(r".*(char|text)|enum|set\b"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A column as the database describes it; `kind` is text, number, decimal, time or other."""

    name: str
    kind: str
    unsigned: bool
    comment: str
    primary: bool


class Survey:
    """Reads what the account may see, each table when it is asked for, and once. Raises ShopError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._columns: dict[str, dict[str, Seen]] = {}
        self._hides: dict[str, bool] = {}

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Views only where there is nothing else: they have no key."""
        found = {str(name): bool(table) for name, table in self._described(_TABLES)}
        return tuple(sorted([name for name, table in found.items() if table] or found))

    def columns(self, table: str) -> dict[str, Seen]:
        """By their lower-cased names; empty when there is no such table, or it may not be seen."""
        if table not in self._columns:
            rows = self._described(_COLUMNS, table) if table in self.tables else ()
            self._columns[table] = {str(row[0]).lower(): _seen(*row) for row in rows}
        return self._columns[table]

    def hides(self, table: str) -> bool:
        """Whether the table, or columns of it, may be there without this account seeing them."""
        if table not in self._hides:
            try:
                self._ask(sa.select(sa.text("*")).select_from(sa.table(table)).limit(0))
            except StatementError as error:
                self._hides[table] = error.fault.kind == "denied"
            else:
                self._hides[table] = False
        return self._hides[table]

    def grant(self, table: str, columns: Sequence[str]) -> str:
        """The statement that lets this account see these columns; empty where there are no accounts."""
        return faults.grant(self._catalog, None, table, columns, self.account)

    def grant_all(self) -> tuple[str, ...]:
        """The statement that lets this account see every table; none where there are no accounts."""
        family, user = self._database.family.name, self.account.rpartition("@")
        texts = {
            "mysql": f"GRANT SELECT ON `{self._catalog.schema(None)}`.* TO '{user[0]}'@'{user[2]}';",
            "postgresql": f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{self.account}";',
        }
        return (texts[family],) if family in texts else ()

    def key(self, table: str) -> str | None:
        """The single primary key column."""
        columns = [seen.name for seen in self.columns(table).values() if seen.primary]
        return columns[0] if len(columns) == 1 else None

    def newest(self, table: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """At most `TAIL` rows from the end of the primary key; none without one, for that would read the table."""
        key = self.key(table)
        if key is None:
            return []
        source = sa.table(table, *(sa.column(name) for name in {key, *columns}))
        wanted = sa.select(*(source.c[name] for name in columns)).order_by(source.c[key].desc()).limit(TAIL)
        try:
            return [tuple(row) for row in self._ask(wanted)]
        except (StatementError, TimedOut):
            return []

    @cached_property
    def account(self) -> str:
        """What the server calls it; may be set where the server told it by refusing a connection."""
        return faults.account(self._catalog.database, Deadline(_SECONDS))

    def _described(self, texts: dict[str, str], name: str = "") -> Sequence[Any]:
        words = texts[self._database.family.name]
        binds = {"schema": self._catalog.schema(None), "name": name}
        return self._ask(sa.text(words).bindparams(**{each: binds[each] for each in binds if f":{each}" in words}))

    def _ask(self, statement: sa.Executable) -> Sequence[Any]:
        return self._database.ask(statement, Deadline(_SECONDS))


def sharded(tables: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """`orders_00` … `orders_63` → `orders_{00..63}` with its tables; only unbroken rows of two and more."""
    rows: dict[tuple[str, int], list[str]] = {}
    for table in tables:
        if found := re.fullmatch(r"(.*?_)(\d{1,4})", table):
            rows.setdefault((found[1], len(found[2])), []).append(table)
    result = {}
    for (head, width), names in rows.items():
        numbers = sorted(int(name[-width:]) for name in names)
        if len(names) > 1 and numbers == list(range(numbers[0], numbers[0] + len(names))):
            first, last = (f"{number:0{width}}" for number in (numbers[0], numbers[-1]))
            result[f"{head}{{{first}..{last}}}"] = tuple(sorted(names))
    return result


def _seen(name: Any, data_type: Any, whole: Any, comment: Any, primary: Any) -> Seen:
    bare = str(data_type).lower()
    kind = next((kind for kind, words in _KINDS.items() if words.match(bare)), "other")
    return Seen(str(name), kind, "unsigned" in str(whole).lower(), str(comment or ""), bool(primary))
