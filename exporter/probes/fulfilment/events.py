"""New rows of the shop's own log of order events, each told once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from exporter import masking
from exporter.model import Case
from exporter.shop import Record, Shop
from exporter.shop.tails import Tail, tail
from exporter.text import SEPARATOR, one_line

Level = Literal["info", "warning"]
Unit = Literal["ms", "s", "m", "h"]

CASES, KEPT = 20, 60
"""Events that one look names of a kind, and looks that are told at a time."""

_UNITS: Mapping[Unit, float] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_LONGEST = 10 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Noticed:
    """The new events of one kind at one look; `cases` are the first, `count` is how many there are."""

    at: datetime
    event: str
    level: str
    count: int
    cases: tuple[Case, ...]


def look(
    shop: Shop, seen: tuple[int, ...] | None, wanted: Mapping[str, Level], unit: Unit, now: datetime
) -> tuple[list[Noticed], Tail]:
    """What is new of the wanted kinds, in the order of `wanted`."""
    new = tail(shop, "events", seen)
    found: dict[str, list[Record]] = {event: [] for event in wanted}
    for record in new.records:
        if (event := str(record.get("event") or "")) in found:
            found[event].append(record)
    return [
        Noticed(now, event, wanted[event], len(rows), tuple(_case(row, unit) for row in rows[:CASES]))
        for event, rows in found.items()
        if rows
    ], new


def _case(record: Record, unit: Unit) -> Case:
    order, owner = str(record.get("order") or "?"), record.get("owner")
    parts = _elapsed(record.get("elapsed"), unit), one_line(masking.value(str(owner)), 24) if owner else ""
    return Case(order, record.get("at"), SEPARATOR.join(filter(None, parts)))


def _elapsed(written: Any, unit: Unit) -> str:
    """A number as hours, minutes and seconds; what is no such number as it stands, without what is about a person."""
    if written is None:
        return ""
    try:
        seconds = float(written) * _UNITS[unit]
    except (ValueError, OverflowError):
        seconds = math.inf
    if not abs(seconds) < _LONGEST:  # NaN is not below it either
        return one_line(masking.value(str(written)), 24)
    return f"{'-' if seconds < 0 else ''}{timedelta(seconds=abs(round(seconds)))}"
