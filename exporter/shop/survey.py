"""What stands in a database: its tables, their columns, and a short look at the newest rows of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import types

if TYPE_CHECKING:
    from collections.abc import Iterable

TAIL = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """A column as the database describes it; `kind` is text, number, decimal, time or other."""

    name: str
    kind: str
    nullable: bool
    unsigned: bool
    comment: str


class Survey:
    """Reads what `connection` may see. Columns are read for the tables that are asked for, and once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._inspector = sa.inspect(connection)
        self._columns: dict[str, dict[str, Seen]] = {}

    @cached_property
    def tables(self) -> tuple[str, ...]:
        return tuple(sorted(self._inspector.get_table_names()))

    def columns(self, table: str) -> dict[str, Seen]:
        """By their lower-cased names; empty when there is no such table, or it may not be read."""
        if table not in self._columns:
            self._columns[table] = self._read(table) if table in self.tables else {}
        return self._columns[table]

    def key(self, table: str) -> str | None:
        """The single primary key column."""
        columns = self._inspector.get_pk_constraint(table)["constrained_columns"]
        return columns[0] if len(columns) == 1 else None

    def newest(self, table: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """At most `TAIL` rows from the end of the primary key; none without one, for that would read the table."""
        key = self.key(table)
        if key is None:
            return []
        source = sa.table(table, sa.column(key), *(sa.column(name) for name in columns))
        wanted = sa.select(*(source.c[name] for name in columns)).order_by(source.c[key].desc()).limit(TAIL)
        try:
            return [tuple(row) for row in self._connection.execute(wanted)]
        except sa.exc.DBAPIError:
            return []

    def _read(self, table: str) -> dict[str, Seen]:
        try:
            found = self._inspector.get_columns(table)
        except sa.exc.SQLAlchemyError:
            return {}
        return {
            column["name"].lower(): Seen(
                column["name"],
                _kind(column["type"]),
                bool(column.get("nullable", True)),
                bool(getattr(column["type"], "unsigned", False)) or "UNSIGNED" in str(column["type"]).upper(),
                column.get("comment") or "",
            )
            for column in found
        }


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


def _kind(column: types.TypeEngine[Any]) -> str:
    kinds = {
        "time": (types.DateTime,),
        "decimal": (types.Numeric,),
        "number": (types.Integer, types.Boolean),
        "text": (types.String,),
    }
    return next((kind for kind, classes in kinds.items() if isinstance(column, classes)), "other")
