"""What orders took, hour by hour, so that a window of hours is a sum of counts and no order is read twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from exporter.probes.fulfilment import durations
from exporter.probes.fulfilment.durations import BACKWARDS, BOUNDS, STEPS, Took

HOUR = 3600
START_MISSING, UNTIMED = "start_missing", "shipped_untimed"
KINDS = (*BACKWARDS, UNTIMED)
"""Moments of an order that cannot be right, or are lacking though it is said to be shipped."""

SLOW = "slow"
CASES = 20
"""Orders that are kept as evidence: of each kind the newest, of the slow ones the slowest."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An order worth naming: in which hour, its number, since when, and how many seconds it is about."""

    hour: int
    number: str
    since: datetime | None
    seconds: float = 0.0


@dataclass(slots=True)
class Hour:
    """`counts` by step; `events` counts kinds; `shipped`: orders that were, with or without a start."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    shipped: int = 0


@dataclass(slots=True)
class Ledger:
    """`hours` by Unix time divided by 3600; `cases` by kind."""

    hours: dict[int, Hour] = field(default_factory=dict)
    cases: dict[str, list[Seen]] = field(default_factory=dict)

    def book(self, record: Mapping[str, Any], end: str, at: datetime, *, starts: bool) -> None:
        """An order that came to `end`, into the hour of `at`. `starts`: the shop tells when fulfilment began."""
        hour, number = int(at.timestamp()) // HOUR, str(record.get("number") or "?")
        found, slot = durations.took(record, end), self.hours.setdefault(hour, Hour())
        self._count(slot, found)
        since = record.get("paid") or record.get("created")
        for kind, seconds in found.faults.items():
            self._kind(kind, Seen(hour, number, since, seconds))
        if end != "shipped":
            return
        slot.shipped += 1
        if starts and record.get("started") is None:
            self._kind(START_MISSING, Seen(hour, number, since))
        if "paid_to_shipped" in found.seconds:
            seen = Seen(hour, number, since, found.seconds["paid_to_shipped"])
            slowest = sorted((*self.cases.get(SLOW, ()), seen), key=_slowest)
            self.cases[SLOW] = slowest[:CASES]

    def untimed(self, record: Mapping[str, Any], at: datetime) -> None:
        """An order that is said to be shipped, and nobody knows when."""
        number, since = str(record.get("number") or "?"), record.get("paid") or record.get("created")
        self._kind(UNTIMED, Seen(int(at.timestamp()) // HOUR, number, since))

    def _kind(self, kind: str, seen: Seen) -> None:
        slot = self.hours.setdefault(seen.hour, Hour())
        slot.kinds[kind] = slot.kinds.get(kind, 0) + 1
        self.cases[kind] = [*self.cases.get(kind, ()), seen][-CASES:]

    @staticmethod
    def _count(slot: Hour, found: Took) -> None:
        for step, seconds in found.seconds.items():
            slot.counts.setdefault(step, durations.empty())[durations.bucket(seconds)] += 1

    def until(self, end: datetime, seconds: float) -> None:
        """Forgets what is older than this window, which ends with the hour of `end`."""
        first = int(end.timestamp() - seconds) // HOUR
        self.hours = {hour: slot for hour, slot in self.hours.items() if hour >= first}
        self.cases = {kind: kept for kind, seen in self.cases.items() if (kept := [s for s in seen if s.hour >= first])}

    def counts(self, step: str) -> list[int]:
        slots = [slot.counts[step] for slot in self.hours.values() if step in slot.counts]
        return [sum(column) for column in zip(*slots, strict=True)] if slots else durations.empty()

    def kind(self, kind: str) -> int:
        return sum(slot.kinds.get(kind, 0) for slot in self.hours.values())

    @property
    def shipped(self) -> int:
        return sum(slot.shipped for slot in self.hours.values())

    def dumps(self) -> dict[str, Any]:
        return {
            "hours": {
                str(hour): [slot.shipped, slot.kinds, {step: _packed(each) for step, each in slot.counts.items()}]
                for hour, slot in self.hours.items()
            },
            "cases": {
                kind: [[s.hour, s.number, s.since.isoformat() if s.since else None, s.seconds] for s in seen]
                for kind, seen in self.cases.items()
            },
        }

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Ledger:
        """Raises ValueError, TypeError, KeyError or AttributeError for what `dumps` did not write."""
        hours = {int(hour): _hour(*each) for hour, each in stored.get("hours", {}).items()}
        cases = {str(kind): [_seen(*each) for each in seen] for kind, seen in stored.get("cases", {}).items()}
        return cls(hours, cases)


def _slowest(seen: Seen) -> float:
    return -seen.seconds


def _packed(counts: Iterable[int]) -> dict[str, int]:
    return {str(place): count for place, count in enumerate(counts) if count}


def _hour(shipped: Any, kinds: Any, counts: Any) -> Hour:
    unpacked = {}
    for step, packed in counts.items():
        if step in STEPS:
            unpacked[step] = [int(packed.get(str(place), 0)) for place in range(len(BOUNDS) + 1)]
    return Hour(unpacked, {str(kind): int(count) for kind, count in kinds.items()}, int(shipped))


def _seen(hour: Any, number: Any, since: Any, seconds: Any) -> Seen:
    at = datetime.fromisoformat(since).astimezone(UTC) if since else None
    return Seen(int(hour), str(number), at, float(seconds))
