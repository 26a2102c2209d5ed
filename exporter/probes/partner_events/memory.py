"""What one run leaves to the next: how far rows were read, partners, digests, duplicates that are still told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any

from exporter.probes.partner_events.nouns import Duplicate, Partner


@dataclass(frozen=True, slots=True)
class Memory:
    """`seen`: the newest keys, None before the first look; `digests` of events, and when each was last told."""

    seen: tuple[int, ...] | None = None
    partners: Mapping[str, Partner] = field(default_factory=dict)
    digests: Mapping[str, datetime] = field(default_factory=dict)
    duplicates: tuple[Duplicate, ...] = ()

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            seen = stored.get("seen")
            return cls(
                None if seen is None else tuple(map(int, seen)),
                {str(name): _partner(*each) for name, each in stored.get("partners", {}).items()},
                {str(mark): datetime.fromisoformat(at) for mark, at in stored.get("digests", {}).items()},
                tuple(_duplicate(*each) for each in stored.get("duplicates", ())),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return {
            "seen": None if self.seen is None else list(self.seen),
            "partners": {name: list(map(_plain, astuple(each))) for name, each in self.partners.items()},
            "digests": {mark: at.isoformat() for mark, at in self.digests.items()},
            "duplicates": [list(map(_plain, astuple(each))) for each in self.duplicates],
        }

    def lasting(self) -> tuple[object, ...]:
        """What is told by name. An older rest is only read once more: counts and how far they go are of one moment."""
        return (self.duplicates,)

    def with_partners(self, names: Iterable[str]) -> Memory:
        return replace(self, partners={**{name: Partner() for name in names}, **self.partners})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _partner(events: Any, first: Any, last: Any, pause: Any) -> Partner:
    return Partner(int(events), _moment(first), _moment(last), float(pause))


def _duplicate(at: Any, *more: Any) -> Duplicate:
    partner, order, event, extra, times = more
    return Duplicate(datetime.fromisoformat(at), str(partner), str(order), str(event), int(extra), int(times))
