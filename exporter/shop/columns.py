"""The columns of a table by our words."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy

from exporter.database.errors import NotApplicable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement


class Columns:
    """`table.c.created`: our word as a SQLAlchemy column; `key` is the table's key."""

    def __init__(self, word: str, columns: Mapping[str, ColumnElement[Any]]) -> None:
        self._word, self._columns = word, columns

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        if name not in self._columns:
            raise NotApplicable(f"the mapping does not say which column is {self._word}.{name}; write {name}: its_name")
        return self._columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)


@lru_cache(maxsize=1024)
def drawn(
    word: str, name: str, schema: str | None, ours: tuple[tuple[str, str], ...], more: tuple[str, ...]
) -> tuple[sqlalchemy.TableClause, Columns]:
    """A table for SQLAlchemy, and its columns by our words; one for all shops whose table has these names.

    `ours` are our words with the table's own names, `more` further names that conditions need.
    """
    columns: list[Any] = [sqlalchemy.column(each) for each in dict.fromkeys((*(theirs for _, theirs in ours), *more))]
    source = sqlalchemy.table(name, *columns, schema=schema)
    return source, Columns(word, {each: source.c[theirs] for each, theirs in ours})
