"""What a table's shape alone tells: indexes that cost and serve nothing, money in floats, joins of unlike columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from exporter.probes.schema_watch.findings import Found
from exporter.shop import ColumnShape, IndexShape, TableShape

MONEY = re.compile(
    r"amount|price|fee|total|money|refund|discount|freight|balance|cost|income|commission", re.IGNORECASE
)
PHONE = re.compile(r"phone|mobile|(?:^|_)tel(?:$|_)|telephone|msisdn|shouji", re.IGNORECASE)
_FLOAT = re.compile(r"(float|double|real)", re.IGNORECASE)
_TIME = re.compile(r"(date|timestamp)", re.IGNORECASE)


def redundant(shape: TableShape) -> Iterator[Found]:
    """Indexes that are equal to another, or its beginning; a unique one is kept for what it forbids."""
    plain = [index for index in shape.indexes if not index.partial and index.kind in ("btree", "hash")]
    for index in plain:
        for other in plain:
            if other is not index and _covers(other, index):
                equal = other.parts == index.parts
                yield Found(f"{shape.name}.{index.name}", f"{'=' if equal else '⊂'} {other.name}")
                break


def _covers(other: IndexShape, index: IndexShape) -> bool:
    if index.name == "PRIMARY" or other.kind != index.kind or "" in index.columns:
        return False
    if any(part.prefix for part in index.parts):
        return False
    if other.parts == index.parts:
        return (other.unique, index.name) > (index.unique, other.name)
    return not index.unique and other.parts[: len(index.parts)] == index.parts


def secondary(shape: TableShape) -> int:
    return sum(index.name != "PRIMARY" and not index.name.endswith("_pkey") for index in shape.indexes)


def range_first(shape: TableShape, times: frozenset[str], equals: frozenset[str]) -> Iterator[Found]:
    """Indexes that begin with a time and go on with a column that is searched for one value.

    Behind a range a column only filters. `times` and `equals` are the mapped columns, in lower case.
    """
    leading = {index.columns[0].lower() for index in shape.indexes if index.columns}
    for index in shape.indexes:
        first, *rest = index.columns or ("",)
        if index.unique or not _is_time(shape.columns.get(first), times):
            continue
        late = [name for name in rest if (name.lower() in equals or PHONE.search(name)) and name.lower() not in leading]
        if late:
            better = [*late, first, *(name for name in rest if name not in late)]
            yield Found(f"{shape.name}.{index.name}", f"({', '.join(index.columns)}) → ({', '.join(better)})")


def _is_time(column: ColumnShape | None, times: frozenset[str]) -> bool:
    return column is not None and (column.name.lower() in times or bool(_TIME.match(column.type)))


def float_money(shape: TableShape, mapped: str) -> Iterator[Found]:
    """`mapped` is the table's own name of its amount, "" where it has none."""
    for column in shape.columns.values():
        if _FLOAT.match(column.type) and (column.name == mapped or MONEY.search(column.name)):
            yield Found(f"{shape.name}.{column.name}", column.type.lower())


def phones(shape: TableShape) -> list[str]:
    return [name for name, column in shape.columns.items() if PHONE.search(name) and _holds_numbers(column)]


def _holds_numbers(column: ColumnShape) -> bool:
    return bool(re.search(r"char|text|bigint|numeric|decimal", column.type, re.IGNORECASE))


def mismatch(one: TableShape, column: str, other: TableShape, theirs: str) -> Iterator[Found]:
    """Two columns that are joined and differ in character set, collation or kind: their index may not serve."""
    here, there = one.columns.get(column), other.columns.get(theirs)
    if here is None or there is None or _joins(here) == _joins(there):
        return
    said = (" ".join(filter(None, (side.type.lower(), side.collation))) for side in (here, there))
    yield Found(f"{one.name}.{column} = {other.name}.{theirs}", " ≠ ".join(said))


def _joins(column: ColumnShape) -> tuple[str, str]:
    return "number" if re.match(r"\w*int|serial|numeric|decimal", column.type.lower()) else "text", column.collation


def columns_of(mapped: Mapping[str, str], *words: str) -> frozenset[str]:
    return frozenset(mapped[word].lower() for word in words if word in mapped)
