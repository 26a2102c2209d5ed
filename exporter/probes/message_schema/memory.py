"""What one look at the messages leaves to the next: how far it came, what was counted, what is still told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from exporter.model import Case
from exporter.probes.message_schema.judging import Fault
from exporter.queues import Mark

_SLOTS = 30
"""What is told for a while leaves in so many steps."""

SERIES = 20
"""Faults of one topic that have series of their own: those that came first, for a counter must not shrink."""

OTHER = Fault("other", "other")
_CASES = 50
_REASONS = 8


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a topic made of what came: `failed`: fault → of how many messages it was the first."""

    mark: Mark
    arrived: int
    checked: int
    too_large: int
    unread: Mapping[str, int]
    failed: Mapping[Fault, int]
    named: Collection[tuple[Fault, Case]]


@dataclass(frozen=True, slots=True)
class Slot:
    """What was seen in one step of the time that is told, which began at `at`."""

    at: datetime
    arrived: int = 0
    checked: int = 0
    failed: Mapping[Fault, int] = field(default_factory=dict)

    def __add__(self, other: Slot) -> Slot:
        failed = Counter(self.failed) + Counter(other.failed)
        return Slot(self.at, self.arrived + other.arrived, self.checked + other.checked, failed)


@dataclass(frozen=True, slots=True)
class Named:
    """A message that breaks the schema, noticed at `at`."""

    at: datetime
    fault: Fault
    case: Case


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one topic: counters since it was first looked at, and what came within the time that is told.

    `schema`: the print of what it was judged by.
    """

    schema: str = ""
    mark: Mark | None = None
    checked: int = 0
    too_large: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[Fault, int] = field(default_factory=dict)
    slots: tuple[Slot, ...] = ()
    named: tuple[Named, ...] = ()

    def follow(self, look: Look, now: datetime, keep: timedelta) -> Self:
        failed, unread = Counter(self.failed), Counter(self.unread)
        recent = Counter[Fault]()
        for fault, count in look.failed.items():
            kind = fault if fault in failed or len(failed) < SERIES else OTHER
            failed[kind] += count
            recent[kind] += count
        for reason, count in look.unread.items():
            unread[reason if reason in unread or len(unread) < _REASONS else "other"] += count
        latest = [Named(now, each if each in failed else OTHER, case) for each, case in look.named]
        return replace(
            self,
            mark=look.mark,
            checked=self.checked + look.checked,
            too_large=self.too_large + look.too_large,
            unread=dict(unread),
            failed=dict(failed),
            slots=tuple(self._slots(Slot(now, look.arrived, look.checked, recent), keep)),
            named=tuple(each for each in (*latest, *self.named) if now - each.at <= keep)[:_CASES],
        )

    @property
    def recent(self) -> Slot:
        """All that is told now, in one."""
        return sum(self.slots[1:], self.slots[0])

    def _slots(self, latest: Slot, keep: timedelta) -> Iterator[Slot]:
        slots = [each for each in self.slots if timedelta() <= latest.at - each.at < keep]
        if slots and latest.at - slots[-1].at < keep / _SLOTS:
            latest = slots.pop() + latest
        yield from slots
        yield latest


@dataclass(frozen=True, slots=True)
class Memory:
    """By topic. Counters and marks are written down together: after a restart none counts a message twice."""

    topics: Mapping[str, Seen] = field(default_factory=dict)

    def of(self, topic: str, schema: str) -> Seen:
        """What another schema said of the messages before is told no more; its counts stay counted."""
        seen = self.topics.get(topic, Seen())
        return seen if seen.schema == schema else replace(seen, schema=schema, slots=(), named=())

    def with_topic(self, topic: str, seen: Seen) -> Memory:
        return Memory({**self.topics, topic: seen})

    def lasting(self) -> object:
        """A message that breaks the schema must not be forgotten; how far one came may be older."""
        return {topic: (seen.failed, seen.named) for topic, seen in self.topics.items()}

    @classmethod
    def loads(cls, kept: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            return cls({str(topic): _loaded(each) for topic, each in kept.get("topics", {}).items()})
        except (KeyError, ValueError, TypeError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return {"topics": {topic: _dumped(each) for topic, each in self.topics.items()}}


def _dumped(seen: Seen) -> dict[str, Any]:
    return {
        "schema": seen.schema,
        "mark": seen.mark,
        "checked": seen.checked,
        "too_large": seen.too_large,
        "unread": dict(seen.unread),
        "failed": _counts(seen.failed),
        "slots": [[each.at.isoformat(), each.arrived, each.checked, _counts(each.failed)] for each in seen.slots],
        "named": [
            [each.at.isoformat(), *astuple(each.fault), each.case.ref,
             each.case.since.isoformat() if each.case.since else None, each.case.note]
            for each in seen.named
        ],
    }  # fmt: skip


def _loaded(kept: Mapping[str, Any]) -> Seen:
    return Seen(
        str(kept["schema"]),
        kept["mark"],
        int(kept["checked"]),
        int(kept["too_large"]),
        {str(reason): int(count) for reason, count in kept["unread"].items()},
        _faults(kept["failed"]),
        tuple(
            Slot(datetime.fromisoformat(at), arrived, checked, _faults(failed))
            for at, arrived, checked, failed in kept["slots"]
        ),
        tuple(
            Named(
                datetime.fromisoformat(at),
                Fault(path, keyword),
                Case(ref, datetime.fromisoformat(since) if since else None, note),
            )
            for at, path, keyword, ref, since, note in kept["named"]
        ),
    )


def _counts(failed: Mapping[Fault, int]) -> list[list[Any]]:
    return [[*astuple(fault), count] for fault, count in failed.items()]


def _faults(kept: Any) -> dict[Fault, int]:
    return {Fault(str(path), str(keyword)): int(count) for path, keyword, count in kept}
