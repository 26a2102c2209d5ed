"""What one run leaves to the next: a ledger of each event, as JSON of 20 to 35 KiB each."""

from __future__ import annotations

import base64
import binascii
import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from exporter.probes.order_rate.buckets import HOUR, KEPT, History
from exporter.probes.order_rate.ledger import Ledger, Tally


@dataclass(frozen=True, slots=True)
class Memory:
    """`longest`: buckets that one statement about the past may take; halved when one did not come to its end.

    `statuses` were counted when `asked` was the first unfinished bucket; `no_statuses` says why there are none.
    """

    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    longest: int = HOUR
    statuses: Mapping[str, int] = field(default_factory=dict)
    no_statuses: str = ""
    asked: int = 0

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one: the past is counted again, totals begin at 0."""
        try:
            return cls(
                {str(event): _ledger(each) for event, each in stored.get("ledgers", {}).items()},
                min(HOUR, max(1, int(stored.get("longest", HOUR)))),
                {str(kind): int(count) for kind, count in stored.get("statuses", {}).items()},
                str(stored.get("no_statuses", "")),
                int(stored.get("asked", 0)),
            )
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, zlib.error):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return {
            "ledgers": {event: _written(each) for event, each in self.ledgers.items()},
            "longest": self.longest,
            "statuses": dict(self.statuses),
            "no_statuses": self.no_statuses,
            "asked": self.asked,
        }

    def lasting(self) -> tuple[object, ...]:
        """What would be counted a second time, or not at all; the past can be counted again."""
        return tuple((event, each.since, each.totals, each.recent) for event, each in self.ledgers.items())

    def with_ledger(self, event: str, ledger: Ledger) -> Memory:
        return replace(self, ledgers={**self.ledgers, event: ledger})


def _ledger(stored: Mapping[str, Any]) -> Ledger:
    counts = array("i", zlib.decompress(base64.b64decode(stored["counts"], validate=True)))
    if len(counts) != KEPT:
        raise ValueError("another length of history")
    if sys.byteorder == "big":
        counts.byteswap()
    last = stored.get("last")
    return Ledger(
        int(stored["since"]),
        History(int(stored["end"]), counts),
        _tally(stored["totals"]),
        {int(bucket): _tally(each) for bucket, each in stored["recent"].items()},
        datetime.fromisoformat(last) if last else None,
    )


def _written(ledger: Ledger) -> dict[str, Any]:
    counts = ledger.history.counts[:]
    if sys.byteorder == "big":
        counts.byteswap()
    return {
        "since": ledger.since,
        "end": ledger.history.end,
        "counts": base64.b64encode(zlib.compress(counts.tobytes())).decode(),
        "totals": {name: list(pair) for name, pair in ledger.totals.items()},
        "recent": {str(b): {name: list(p) for name, p in each.items()} for b, each in ledger.recent.items()},
        "last": ledger.last.isoformat() if ledger.last else None,
    }


def _tally(stored: Mapping[str, Any]) -> Tally:
    return {str(name): (int(count), int(amount)) for name, (count, amount) in stored.items()}
