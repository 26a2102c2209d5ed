"""What one run leaves to the next: warehouses, the walk, the last count of duplicates, stale reservations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from exporter.model import Case
from exporter.probes.negative_stock.keys import Duplicates
from exporter.probes.negative_stock.stock import Walk
from exporter.shop.stretches import Behind

WAREHOUSES = 100
"""So many warehouses get series of their own: a label has few values."""

_START, _NONE = Walk(), Duplicates(0)


@dataclass(frozen=True, slots=True)
class Memory:
    """`counted` is when duplicates were counted, `read` up to which creation reservations were; `stale` are keys.

    `behind`: shards of reservations that are not read so far.
    """

    warehouses: tuple[str, ...] = ()
    walk: Walk = _START
    counted: datetime | None = None
    duplicates: Duplicates = _NONE
    read: datetime | None = None
    stale: tuple[str, ...] = ()
    behind: Behind = field(default_factory=dict)

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            after, once, met, *holes = stored.get("walk", (None, False, ()))
            rows, cases = stored.get("duplicates", (0, ()))
            return cls(
                tuple(map(str, stored.get("warehouses", ()))),
                Walk(after, bool(once), tuple(map(str, met)), any(holes)),
                _moment(stored.get("counted")),
                Duplicates(int(rows), tuple(Case(str(ref), None, str(note)) for ref, note in cases)),
                _moment(stored.get("read")),
                tuple(map(str, stored.get("stale", ()))),
                {str(shard): datetime.fromisoformat(at) for shard, at in stored.get("behind", {}).items()},
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        moments = {name: at.isoformat() for name, at in (("counted", self.counted), ("read", self.read)) if at}
        return {
            **moments,
            "warehouses": list(self.warehouses),
            "walk": [self.walk.after, self.walk.round, list(self.walk.met), self.walk.holes],
            "duplicates": [self.duplicates.rows, [[case.ref, case.note] for case in self.duplicates.cases]],
            "stale": list(self.stale),
            "behind": {shard: at.isoformat() for shard, at in self.behind.items()},
        }

    def lasting(self) -> tuple[object, ...]:
        """What cannot be read again from the shop; an older rest is only walked and read once more."""
        return self.warehouses, self.walk.met, self.walk.round, self.duplicates, self.stale

    def with_warehouses(self, seen: Iterable[str]) -> Memory:
        names = list(dict.fromkeys((*self.warehouses, *sorted(set(seen)))))
        return replace(self, warehouses=tuple(names[:WAREHOUSES]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
