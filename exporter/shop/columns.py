"""The columns of a table by our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
