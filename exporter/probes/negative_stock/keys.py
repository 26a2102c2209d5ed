"""What keeps one SKU in one row of its warehouse: a unique key, and the rows that are there without one."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import func

from exporter.model import Case
from exporter.shop import Index, Shop, Table


@dataclass(frozen=True, slots=True)
class Duplicates:
    rows: int
    cases: tuple[Case, ...] = ()


def identity(table: Table) -> list[str]:
    """The columns, in our words, that name one row of stock."""
    return [word for word in ("warehouse", "sku") if word in table.c]


def key_missing(table: Table, indexes: tuple[Index, ...]) -> bool:
    """No unique key within (warehouse, sku), in any order; a nullable column or a prefix does not forbid duplicates.

    Columns that the mapping fixes to one value (`where: {deleted: 0}`) may stand in the key as well.
    """
    fixed = {name for name, values in table.map.where.items() if len(values) == 1}
    allowed = {table.theirs(word) for word in identity(table)} | fixed
    return not any(
        index.unique and not index.nullable and not index.partial and allowed.issuperset(index.columns)
        for index in indexes
    )


def duplicates(shop: Shop, table: Table, evidence: int) -> Duplicates:
    """Raises Refused where the table is large and no index on (warehouse, sku) carries the question."""
    columns = [table.c[word].label(word) for word in identity(table)]
    many = func.count()
    statement = sqlalchemy.select(*columns, many.label("n")).group_by(*(table.c[word] for word in identity(table)))
    found = shop.rows(statement.having(many > 1).order_by(many.desc()), word="stock", cap=1000)
    cases = [Case(str(row.sku), None, f"× {row.n}") for row in found[:evidence]]
    return Duplicates(sum(int(row.n) - 1 for row in found), tuple(cases))
