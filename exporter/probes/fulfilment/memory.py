"""What one run leaves to the next: how far orders were read, what they took, who is late, which events are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from exporter.model import Case
from exporter.probes.fulfilment.events import KEPT, Noticed
from exporter.probes.fulfilment.late import Open
from exporter.probes.fulfilment.ledger import Ledger
from exporter.probes.fulfilment.look import Feed


@dataclass(frozen=True, slots=True)
class Memory:
    """`feeds` by the time that orders are read along, `promised` for those past their promise. `open`: not shipped.

    `seen`: the newest keys of the log of events, None before the first look.
    """

    feeds: Mapping[str, Feed] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    open: tuple[Open, ...] = ()
    warehouses: tuple[str, ...] = ()
    seen: tuple[int, ...] | None = None
    noticed: tuple[Noticed, ...] = ()

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            seen = stored.get("seen")
            return cls(
                {str(name): _feed(*each) for name, each in stored.get("feeds", {}).items()},
                Ledger.loads(stored.get("ledger", {})),
                tuple(_open(*each) for each in stored.get("open", ())),
                tuple(map(str, stored.get("warehouses", ()))),
                None if seen is None else tuple(map(int, seen)),
                tuple(_noticed(*each) for each in stored.get("noticed", ())),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return {
            "feeds": {
                name: [
                    feed.mark.isoformat() if feed.mark else None,
                    feed.span,
                    {shard: at.isoformat() for shard, at in feed.behind.items()},
                ]
                for name, feed in self.feeds.items()
            },
            "ledger": self.ledger.dumps(),
            "open": [[o.key, o.number, o.since.isoformat(), o.warehouse, o.stage] for o in self.open],
            "warehouses": list(self.warehouses),
            "seen": None if self.seen is None else list(self.seen),
            "noticed": [
                [each.at.isoformat(), each.event, each.level, each.count, list(map(_written, each.cases))]
                for each in self.noticed
            ],
        }

    def lasting(self) -> tuple[object, ...]:
        """What is told by name. An older rest is only read once more: counts and how far they go are of one moment."""
        return self.noticed, frozenset(order.key for order in self.open)

    def with_feed(self, name: str, feed: Feed) -> Memory:
        return replace(self, feeds={**self.feeds, name: feed})

    def with_noticed(self, noticed: Iterable[Noticed], now: datetime, keep: timedelta) -> Memory:
        told = [each for each in (*self.noticed, *noticed) if now - each.at < keep]
        return replace(self, noticed=tuple(told[-KEPT:]))


def _feed(mark: Any, span: Any, behind: Any) -> Feed:
    late = {str(shard): datetime.fromisoformat(at) for shard, at in behind.items()}
    return Feed(datetime.fromisoformat(mark) if mark else None, float(span), late)


def _open(key: Any, number: Any, since: Any, warehouse: Any, stage: Any) -> Open:
    return Open(str(key), str(number), datetime.fromisoformat(since), str(warehouse), str(stage))


def _written(case: Case) -> list[str | None]:
    return [case.ref, case.since.isoformat() if case.since else None, case.note]


def _noticed(at: Any, event: Any, level: Any, count: Any, cases: Any) -> Noticed:
    read = tuple(Case(str(ref), datetime.fromisoformat(s) if s else None, str(note)) for ref, s, note in cases)
    return Noticed(datetime.fromisoformat(at), str(event), str(level), int(count), read)
