"""How far a probe has read the shards of a table; told of tables that have several."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.model import Metric, Reading, Sample

SHARDS = Metric(
    "order_health_shards",
    "Shards of a table (orders, callbacks, stock, reservations, or the link between callbacks and orders).",
    ("probe", "table"),
)
SCANNED_SHARDS = Metric(
    "order_health_shards_scanned",
    "Shards of the table that answered the last run of the probe; a silent one counts with its last answer for 10 min.",
    ("probe", "table"),
)
UNREAD_SHARDS = Metric(
    "order_health_shards_unread",
    "Shards of the table without an answer of the last 10 minutes: what the probe counts is too low.",
    ("probe", "table"),
)
COVERAGE = (SHARDS, SCANNED_SHARDS, UNREAD_SHARDS)


def shards(reading: Reading) -> Iterator[Sample]:
    """Of a probe that reads as a whole: its parts would tell of the same tables."""
    for each in reading.coverage if not reading.part else ():
        yield SHARDS(each.total, probe=reading.probe, table=each.table)
        yield SCANNED_SHARDS(each.scanned, probe=reading.probe, table=each.table)
        yield UNREAD_SHARDS(each.unread, probe=reading.probe, table=each.table)
