"""What the indexes of a table are good for, and which one a read would want."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.shop import decoding

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from exporter.shop.table import Table


def has_index(table: Table, by: str, match: Mapping[str, Collection[Any]]) -> bool:
    """Is there an index with this time first, or right after columns that are compared with fixed values."""
    fixed = {table.theirs(word) for word in match} | set(table.map.where)
    time = table.theirs(by)
    return any(
        time in index.columns and not index.partial and fixed.issuperset(index.columns[: index.columns.index(time)])
        for index in table.facts.indexes
    )


def has_growing_key(table: Table) -> bool:
    """Is the key a whole number that leads a unique index, so that one row is found by one read."""
    key = table.map.key
    leads = any(index.unique and not index.partial and index.columns[0] == key for index in table.facts.indexes)
    return leads and decoding.is_integer(table.facts.columns.get(key))


def advice(table: Table, by: str, match: Mapping[str, Collection[Any]]) -> str:
    """The index that this window wants: fixed columns first, the time last."""
    columns = [*dict.fromkeys(map(table.theirs, match)), table.theirs(by)]
    return f"{table.name} ({', '.join(columns)})"
