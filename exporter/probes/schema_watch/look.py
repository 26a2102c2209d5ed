"""The mapped tables as they are now: where each lies, its shape, and whether one that is not seen is really gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from exporter.mapping import TableMap
from exporter.mapping.shards import Shard
from exporter.probes.schema_watch.compare import Needs
from exporter.probes.schema_watch.outline import Outline
from exporter.shop import Denied, Missing, Shop, TableShape

Word = Literal["orders", "callbacks", "stock", "reservations", "events", "partner_events"]
WORDS: tuple[Word, ...] = ("orders", "callbacks", "stock", "reservations", "events", "partner_events")

SEARCHED = {
    "orders": ("key", "number", "trade_no", "created"),
    "callbacks": ("trade_no", "received"),
    "stock": ("key", "sku", "quantity"),
    "reservations": ("key", "created"),
    "events": ("key",),
    "partner_events": ("key", "order"),
}
"""By which of our columns the probes look for rows: there an index must stay."""

_ASKED = 20
"""Columns that are asked for by name, one statement each; of more the rest is as these are."""


class Place(NamedTuple):
    database: str
    schema: str | None
    table: str

    @property
    def key(self) -> str:
        return "/".join(filter(None, self))


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table of the shop: whose word it is (the first, where several share it), and what is needed of it."""

    word: Word
    needs: Needs


def mapped(shop: Shop) -> dict[Place, Mapped]:
    """The tables of all words, and those that a link leads over."""
    found: dict[Place, Mapped] = {}
    for word in WORDS:
        table = shop.mapping.table(word)
        if table is None:
            continue
        needs = _needs(word, table)
        lies = [(_place(shard), needs) for shard in table.shards]
        for hop in table.link:
            columns = frozenset(map(str.lower, (hop.from_, hop.to, *hop.where)))
            needs = Needs(columns, ((hop.from_.lower(), frozenset(map(str.lower, hop.where))),))
            lies += [(_place(shard), needs) for shard in hop.shards]
        for place, needs in lies:
            known = found.get(place)
            found[place] = Mapped(known.word, known.needs | needs) if known else Mapped(word, needs)
    return found


def _place(shard: Shard) -> Place:
    return Place(shard.database or "", shard.schema, shard.table)


def _needs(word: Word, table: TableMap) -> Needs:
    ours = {"key": table.key, **table.columns}
    fixed = frozenset(name.lower() for name in (*table.where, *_named(ours, "status", "state", "warehouse")))
    searches = tuple((name.lower(), fixed) for name in _named(ours, *SEARCHED[word]))
    return Needs(frozenset(map(str.lower, (*ours.values(), *table.where))), searches)


def _named(ours: Mapping[str, str], *words: str) -> list[str]:
    return [ours[word] for word in words if word in ours]


def shapes(shop: Shop, places: Iterable[Place]) -> dict[Place, TableShape]:
    """Those that are there; each database and schema is asked once for all its tables."""
    grouped = defaultdict[tuple[str, str | None], list[Place]](list)
    for place in places:
        grouped[place[:2]].append(place)
    found: dict[Place, TableShape] = {}
    for (database, schema), group in grouped.items():
        shapes = shop.node(database).shapes([place.table for place in group], schema)
        found |= {place: shapes[place.table] for place in group if place.table in shapes}
    return found


def outline(shop: Shop, place: Place, shape: TableShape | None, before: Outline | None) -> Outline | None:
    """None for a table that is gone. Raises Denied for one that is there and hidden."""
    if shape is None:
        return None if before is None or _gone(shop, place, "1") else before
    seen = Outline.of(shape)
    if before is None or "columns" not in shape.unseen:
        return seen
    return seen.with_columns(before, _hidden(shop, place, before, seen))


def _hidden(shop: Shop, place: Place, before: Outline, seen: Outline) -> frozenset[str]:
    """Columns that are not seen any more because the account may not, not because they are gone."""
    there = set(seen.names("column"))
    missed = [name for name in before.names("column") if name not in there]
    hidden = set()
    for name in missed[:_ASKED]:
        try:
            if not _gone(shop, place, shop.node(place.database).quoted(name)):
                hidden.add(name)
        except Denied:
            hidden.add(name)
    return frozenset(missed if len(hidden) == _ASKED else hidden)


def _gone(shop: Shop, place: Place, what: str) -> bool:
    """Asked by name, for the catalogue leaves out what is hidden as well."""
    node = shop.node(place.database)
    name = ".".join(node.quoted(part) for part in (place.schema, place.table) if part)
    try:
        node.ask(f"SELECT {what} FROM {name} LIMIT 0", about=place.table)
    except Missing:
        return True
    return False
