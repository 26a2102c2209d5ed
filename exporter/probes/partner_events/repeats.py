"""Which new events were told before: by an index on the order, or by digests of what came within the window."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from exporter import masking
from exporter.probes.partner_events.nouns import ONLY, UNKNOWN
from exporter.shop import Index, Record, Shop, Table
from exporter.text import one_line

REMEMBERED = 5_000
"""Digests that are remembered where no index leads to earlier events of an order."""

_LABEL, _EVENT = 40, 24

Digests = Mapping[str, datetime]
"""Of each event that was told, and when it last was."""


class Identity(NamedTuple):
    """As the table compares them."""

    partner: str
    order: str
    event: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """An event of which `extra` of the new rows are too many; it is there `times` in all."""

    record: Record
    extra: int
    times: int


def partner_of(record: Record) -> str:
    """As a label: what looks like a person's number is hidden."""
    if "partner" not in record:
        return ONLY
    return one_line(masking.value(str(record["partner"] or "")), _LABEL) or UNKNOWN


def event_of(record: Record) -> str:
    return one_line(masking.value(str(record.get("event") or "")), _EVENT) or "?"


def identity(table: Table, record: Record) -> Identity:
    """None of the three is unknown: rows without an order or an event are left out before."""
    partner = str(record.get("partner") or "")
    return Identity(
        table.fold(partner, "partner"),
        table.fold(str(record["order"]), "order"),
        table.fold(str(record["event"]), "event"),
    )


def key_missing(table: Table, indexes: Iterable[Index]) -> bool:
    """No unique key within (partner, order, event); a nullable column or a prefix does not forbid duplicates."""
    fixed = {name for name, values in table.map.where.items() if len(values) == 1}
    allowed = {table.theirs(word) for word in ("partner", "order", "event") if word in table.c} | fixed
    return not any(
        index.unique and not index.nullable and not index.partial and allowed.issuperset(index.columns)
        for index in indexes
    )


def leads(table: Table, indexes: Iterable[Index]) -> bool | None:
    """Does an index lead to the rows of an order; None where it does once the partner is given as well."""
    order = table.theirs("order")
    whole = [index.columns for index in indexes if not index.partial]
    if any(columns[0] == order for columns in whole):
        return True
    partner = table.theirs("partner") if "partner" in table.c else ""
    return None if any(columns[:2] == (partner, order) for columns in whole) else False


def by_lookup(
    shop: Shop, table: Table, records: list[Record], *, with_partner: bool, since: datetime
) -> Iterator[Repeat]:
    """All rows of these orders since then, held against each other."""
    match = (
        {"partner": sorted({str(r["partner"]) for r in records if r["partner"] is not None})} if with_partner else {}
    )
    orders = {str(record["order"]) for record in records}
    rows = shop.lookup("partner_events", "order", orders, match=match) if orders else []
    told = [row for row in rows if row.get("event") is not None and _recent(row, since)]
    there = Counter(identity(table, row) for row in told)
    new = Counter(identity(table, record) for record in records)
    for record in {identity(table, each): each for each in records}.values():
        name = identity(table, record)
        times = max(there[name], new[name])
        if extra := new[name] - (times == new[name]):
            yield Repeat(record, extra, times)


def by_digests(table: Table, records: list[Record], known: Digests, now: datetime) -> tuple[list[Repeat], Digests]:
    """And the digests that are known from now on, the newest last."""
    after, found = dict(known), list[Repeat]()
    new = Counter(identity(table, record) for record in records)
    for record in {identity(table, each): each for each in records}.values():
        name = identity(table, record)
        mark = hashlib.blake2b("\0".join(name).encode("utf-8", "replace"), digest_size=8).hexdigest()
        before = after.pop(mark, None) is not None
        after[mark] = now
        if extra := new[name] - (not before):
            found.append(Repeat(record, extra, new[name] + before))
    return found, after


def within(digests: Digests, now: datetime, window: timedelta) -> tuple[Digests, bool]:
    """Those that still count, and whether none had to be left out."""
    recent = {mark: at for mark, at in digests.items() if now - at < window}
    return dict(list(recent.items())[-REMEMBERED:]), len(recent) <= REMEMBERED


def _recent(row: Record, since: datetime) -> bool:
    received: datetime | None = row.get("received")
    return received is None or received >= since
