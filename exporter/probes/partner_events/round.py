"""One run: new events counted by partner, and held against what was told before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exporter.model import Gap, Sample
from exporter.probes.partner_events import repeats, tell
from exporter.probes.partner_events.memory import Memory
from exporter.probes.partner_events.nouns import OTHER, Duplicate, Partner
from exporter.probes.partner_events.repeats import Repeat
from exporter.shop import Record, Shop, Table
from exporter.shop.tails import tail, why_not

PARTNERS = 20
"""So many partners get series of their own: a label has few values."""

KEPT = 1_000
"""Duplicates that are told at a time."""


@dataclass
class Round:
    """Yields as it goes; afterwards `memory` is for the next run."""

    shop: Shop
    now: datetime
    memory: Memory
    whole: bool = True

    def events(self, once: Collection[str], window: timedelta, keep: timedelta) -> Iterator[Sample | Gap]:
        if self.shop.mapping.partner_events is None:
            yield Gap("partner_events", "映射里没有 partner_events / the mapping has no table of partner_events")
            return
        if why := why_not(self.shop, "partner_events"):
            yield Gap("partner_events", why)
            return
        table = self.shop.require("partner_events", "order", "event")
        new = tail(self.shop, "partner_events", self.memory.seen)
        self.memory = replace(self.memory, seen=new.seen)
        self.whole = new.whole
        self._count(new.records)
        judged = [record for record in new.records if _complete(record) and (not once or record["event"] in once)]
        missing = repeats.key_missing(table, self.shop.index("partner_events"))
        if missing:
            self._notice(self._repeats(table, judged, window))
        told = [each for each in self.memory.duplicates if self.now - each.at < keep]
        self.memory = replace(self.memory, duplicates=tuple(told[-KEPT:]))
        yield from tell.partners(self.memory.partners)
        yield from tell.duplicates(self.memory.duplicates, self.memory.partners)
        yield tell.KEY_MISSING(1 if missing else 0)
        yield tell.TRUNCATED(0 if self.whole and len(told) <= KEPT else 1)

    def _count(self, records: Collection[Record]) -> None:
        partners = dict(self.memory.partners)
        for record in records:
            name = self._named(record)
            at = min(record.get("received") or self.now, self.now)
            partners[name] = partners.get(name, Partner()).told(at)
            self.memory = replace(self.memory, partners=partners)

    def _named(self, record: Record) -> str:
        """The partner, or "other" when there are too many already."""
        name = repeats.partner_of(record)
        return name if name in self.memory.partners or len(self.memory.partners) < PARTNERS else OTHER

    def _repeats(self, table: Table, records: list[Record], window: timedelta) -> list[Repeat]:
        leads = repeats.leads(table, self.shop.index("partner_events"))
        if leads is not False:
            since = self.now - window
            with_partner = leads is None
            return list(repeats.by_lookup(self.shop, table, records, with_partner=with_partner, since=since))
        known, _ = repeats.within(self.memory.digests, self.now, window)
        found, digests = repeats.by_digests(table, records, known, self.now)
        kept, all_of_them = repeats.within(digests, self.now, window)
        self.memory, self.whole = replace(self.memory, digests=kept), self.whole and all_of_them
        return found

    def _notice(self, found: Collection[Repeat]) -> None:
        duplicates = [
            Duplicate(
                self.now,
                self._named(each.record),
                str(each.record["order"]),
                repeats.event_of(each.record),
                each.extra,
                each.times,
            )
            for each in found
        ]
        self.memory = replace(self.memory, duplicates=(*self.memory.duplicates, *duplicates))


def _complete(record: Record) -> bool:
    return record.get("order") is not None and record.get("event") is not None
