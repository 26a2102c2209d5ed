"""From the numbers that payment channels know to those that orders bear, over the tables that lie between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy

from exporter.database.errors import NotApplicable
from exporter.shop import decoding
from exporter.shop.lookups import MOST, batches, few
from exporter.shop.run import Place, Run
from exporter.shop.source import Source

if TYPE_CHECKING:
    from collections.abc import Collection

    from exporter.mapping import TableMap
    from exporter.mapping.shards import Shard
    from exporter.mapping.values import Hop
    from exporter.shop.lookups import Sources
    from exporter.shop.shards import Tour


def resolve(
    tour: Tour, source: Sources, callbacks: TableMap | None, trade_numbers: Collection[str]
) -> dict[str, list[str]]:
    """Each trade number → where its transform and then the hops of its link lead."""
    if callbacks is None:
        raise NotApplicable("the mapping has no table of callbacks; write callbacks: {table: …}")
    reached = {number: [callbacks.transformed("trade_no", number.strip())] for number in trade_numbers}
    for hop in callbacks.link:
        values = {value for ends in reached.values() for value in ends}
        onward = follow(tour, source, hop, values) if values else {}
        reached = {
            number: list(dict.fromkeys(end for value in ends for end in onward.get(value, ())))
            for number, ends in reached.items()
        }
    return reached


def follow(tour: Tour, source: Sources, hop: Hop, values: Collection[str]) -> dict[str, list[str]]:
    """Each value's next values over one hop of a link."""
    found: dict[str, list[str]] = {}
    for _, pairs in tour.over(hop.shards, lambda shard, run: _onward(run, source(shard.database), hop, shard, values)):
        for start, end in pairs:
            if end not in found.setdefault(start, []):
                found[start].append(end)
    return found


def _onward(run: Run, source: Source, hop: Hop, shard: Shard, values: Collection[str]) -> list[tuple[str, str]]:
    facts = source.catalog.facts(shard.schema, shard.table, run.deadline)
    place = Place(shard.table, (hop.from_, hop.to, *hop.where), shard.schema)
    here = sqlalchemy.table(shard.table, *map(sqlalchemy.column, dict.fromkeys(place.columns)), schema=shard.schema)
    conditions = [decoding.among(here.c[name], facts.columns.get(name), wanted) for name, wanted in hop.where.items()]
    listed: Any = sqlalchemy.bindparam("batch", expanding=True)
    pair = here.c[hop.from_].label("at"), here.c[hop.to].label("onward")
    chosen = sqlalchemy.select(*pair).where(*conditions, here.c[hop.from_].in_(listed)).limit(MOST + 1)
    pairs: list[tuple[str | None, str | None]] = []
    for batch in batches(facts.columns.get(hop.from_), values):
        rows = few(run, source, chosen, place, hop.from_, batch=batch)
        pairs += ((decoding.text(row.at), decoding.text(row.onward)) for row in rows)
    return [(start, end) for start, end in pairs if start and end]
