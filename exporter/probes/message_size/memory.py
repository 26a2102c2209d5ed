"""What one look at the messages leaves to the next: how far it came, what was counted, what is still told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from exporter.model import Case
from exporter.probes.message_size.blame import HUGE, Blame, blame, case
from exporter.queues import BOUNDS, Arrivals, Mark, Tally

_SLOTS = 30
"""What is told for a while leaves in so many steps."""

_CASES = 50
"""Oversize messages that are named at the most, the huge ones and the latest first."""

_KINDS = 6
"""Kinds of oversize messages that have series of their own, the most frequent; the rest are told without a field."""

_REASONS = 8
_NONE = Tally()


@dataclass(frozen=True, slots=True)
class Slot:
    """What was seen in one step of the time that is told, which began at `at`."""

    at: datetime
    arrived: int = 0
    seen: int = 0
    largest: int = 0
    oversize: Mapping[Blame, int] = field(default_factory=dict)

    def __add__(self, other: Slot) -> Slot:
        oversize = Counter(self.oversize) + Counter(other.oversize)
        largest = max(self.largest, other.largest)
        return Slot(self.at, self.arrived + other.arrived, self.seen + other.seen, largest, oversize)


@dataclass(frozen=True, slots=True)
class Named:
    """An oversize message that was noticed at `at`."""

    at: datetime
    blame: Blame
    case: Case


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one topic: counters since it was first looked at, and what came within the time that is told."""

    mark: Mark | None = None
    stored: Tally = _NONE
    bodies: Tally = _NONE
    oversize: int = 0
    unseen: Mapping[str, int] = field(default_factory=dict)
    slots: tuple[Slot, ...] = ()
    named: tuple[Named, ...] = ()

    def follow(self, arrivals: Arrivals, limit: int, now: datetime, keep: timedelta) -> Self:
        latest = [Named(now, blame(each), case(each, now)) for each in arrivals.largest if each.size > limit]
        named = [each for each in (*latest, *self.named) if now - each.at <= keep]
        unseen = Counter(self.unseen)
        for reason, count in arrivals.unseen.items():
            unseen[reason if reason in unseen or len(unseen) < _REASONS else "other"] += count
        return replace(
            self,
            mark=arrivals.mark,
            stored=self.stored + arrivals.stored,
            bodies=self.bodies + arrivals.bodies,
            oversize=self.oversize + arrivals.oversize,
            unseen=dict(unseen),
            slots=tuple(self._slots(_slot(arrivals, latest, now), keep)),
            named=tuple(sorted(named, key=lambda each: each.blame.size != "huge")[:_CASES]),
        )

    @property
    def recent(self) -> Slot:
        """All that is told now, in one."""
        return sum(self.slots[1:], self.slots[0])

    def kinds(self) -> dict[Blame, int]:
        """Recent oversize messages by kind; both sizes are there, and rare kinds are one."""
        told = {Blame("large"): 0, Blame("huge"): 0}
        for place, (kind, count) in enumerate(Counter(self.recent.oversize).most_common()):
            key = kind if place < _KINDS else Blame(kind.size)
            told[key] = told.get(key, 0) + count
        return told

    def _slots(self, latest: Slot, keep: timedelta) -> Iterator[Slot]:
        slots = [each for each in self.slots if timedelta() <= latest.at - each.at < keep]
        if slots and latest.at - slots[-1].at < keep / _SLOTS:
            latest = slots.pop() + latest
        yield from slots
        yield latest


def _slot(arrivals: Arrivals, named: list[Named], now: datetime) -> Slot:
    """Messages beyond those that are named count as well, huge ones as far as what is stored says so."""
    oversize = Counter(each.blame for each in named)
    huge = arrivals.stored.count - sum(arrivals.stored.buckets[: BOUNDS.index(HUGE) + 1])
    rest = max(0, arrivals.oversize - len(named))
    more = min(rest, max(0, huge - sum(each.blame.size == "huge" for each in named)))
    oversize += Counter({Blame("huge"): more, Blame("large"): rest - more})
    largest = max(arrivals.stored.largest, arrivals.bodies.largest, *(each.size for each in arrivals.largest), 0)
    return Slot(now, arrivals.arrived, arrivals.stored.count, largest, oversize)


@dataclass(frozen=True, slots=True)
class Memory:
    """By topic. Counters and marks are written down together: after a restart none counts a message twice."""

    topics: Mapping[str, Seen] = field(default_factory=dict)

    def of(self, topic: str) -> Seen:
        return self.topics.get(topic, Seen())

    def with_topic(self, topic: str, seen: Seen) -> Memory:
        return Memory({**self.topics, topic: seen})

    def lasting(self) -> object:
        """An oversize message must not be forgotten; how far one came may be older."""
        return {topic: (seen.oversize, seen.named) for topic, seen in self.topics.items()}

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
        "mark": seen.mark,
        "stored": asdict(seen.stored),
        "bodies": asdict(seen.bodies),
        "oversize": seen.oversize,
        "unseen": dict(seen.unseen),
        "slots": [
            [each.at.isoformat(), each.arrived, each.seen, each.largest,
             [[*astuple(kind), count] for kind, count in each.oversize.items()]]
            for each in seen.slots
        ],
        "named": [
            [each.at.isoformat(), *astuple(each.blame), each.case.ref, _text(each.case.since), each.case.note]
            for each in seen.named
        ],
    }  # fmt: skip


def _loaded(kept: Mapping[str, Any]) -> Seen:
    return Seen(
        kept["mark"],
        _tally(kept["stored"]),
        _tally(kept["bodies"]),
        int(kept["oversize"]),
        {str(reason): int(count) for reason, count in kept["unseen"].items()},
        tuple(
            Slot(datetime.fromisoformat(at), arrived, seen, largest, {Blame(*kind): count for *kind, count in oversize})
            for at, arrived, seen, largest, oversize in kept["slots"]
        ),
        tuple(
            Named(datetime.fromisoformat(at), Blame(*kind), Case(ref, _moment(since), note))
            for at, *kind, ref, since, note in kept["named"]
        ),
    )


def _tally(kept: Mapping[str, Any]) -> Tally:
    buckets = tuple(map(int, kept["buckets"]))
    if len(buckets) != len(BOUNDS):
        raise ValueError("written with other buckets")
    return Tally(int(kept["count"]), int(kept["sum"]), buckets, int(kept["largest"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
