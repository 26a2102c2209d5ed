"""Rows that were added to a table since the last look, along its growing key: for logs of what happened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy

from exporter.shop import Record, Shop, Table
from exporter.shop.indexes import has_growing_key

CAP = 500
"""Rows of one look."""

KEPT = 50
"""Keys that are remembered: rows among them are read again, for one may be committed after those with higher keys."""


@dataclass(frozen=True, slots=True)
class Tail:
    """New rows in the order of their keys; hand `seen` to the next look. `whole`: there are no more of them now."""

    records: list[Record]
    seen: tuple[int, ...]
    whole: bool = True


def why_not(shop: Shop, word: str) -> str:
    """Why new rows of this table cannot be told from old ones; empty where they can."""
    table = shop.require(word)
    if len(table.shards) > 1:
        return f"{table.name} 是分表，无法按主键认出新行 / {table.name} is sharded: its keys do not tell what is new"
    if not has_growing_key(table):
        key = table.map.key
        return f"{table.name}.{key} 不是自增主键 / {table.name}.{key} is no growing whole number with a unique index"
    return ""


def tail(shop: Shop, word: str, seen: Collection[int] | None, cap: int = CAP) -> Tail:
    """At most `cap` rows with keys that were not seen; the first look (None) sees where the table ends and no row.

    A table that was emptied and begins with its first key again is read from its start by the next look.
    """
    table = shop.require(word)
    if seen is None:
        newest = _newest(shop, table)
        return Tail([], () if newest is None else (newest,))
    floor = min(seen, default=0)
    rows = _from(shop, table, floor, cap + len(seen))
    known = set(seen)
    records = [record for record in table.records(rows) if int(record["key"]) not in known][:cap]
    keys = sorted({*known, *(int(record["key"]) for record in records)})[-KEPT:]
    if rows or not seen:
        return Tail(records, tuple(keys), whole=len(records) < cap)
    newest = _newest(shop, table)
    return Tail([], () if newest is None or newest < floor else tuple(seen))


def _from(shop: Shop, table: Table, floor: int, most: int) -> list[Any]:
    binds = {"floor": floor}
    key = table.c.key

    def build() -> sqlalchemy.Select[Any]:
        return table.select().where(key >= sqlalchemy.bindparam("floor", floor)).order_by(key)

    return list(shop.rows(table.kept("tail", binds, build), word=table.word, cap=most, binds=binds))


def _newest(shop: Shop, table: Table) -> int | None:
    rows = shop.rows(sqlalchemy.select(sqlalchemy.func.max(table.c.key)), word=table.word)
    return next((int(row[0]) for row in rows if row[0] is not None), None)
