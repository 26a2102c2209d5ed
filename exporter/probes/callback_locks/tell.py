"""The metrics of `callback_locks`, and locks written as samples of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from exporter.model import Case, Metric, Sample
from exporter.units import written

EVIDENCE = 200
"""Cases that a sample carries at most: pages list them, cards name the first."""

NO_EXPIRY, FAR_EXPIRY = KINDS = ("no_expiry", "far_expiry")

LOCKS = Metric(
    "order_health_callback_locks",
    "Locks of payment callbacks that will not go away in time, by kind: no_expiry, or far_expiry.",
    ("kind",),
)
COVERAGE = Metric(
    "order_health_callback_locks_coverage_ratio",
    "Share of all keys that the last run went through; the next run goes on from there.",
)
ROUND = Metric(
    "order_health_callback_locks_round_seconds",
    "How long a walk through all keys takes: the last one, or the one under way if it is longer already.",
)
TRUNCATED = Metric(
    "order_health_callback_locks_truncated",
    "1 while there are more such locks than the probe follows: the counts are too low.",
)
METRICS = (LOCKS, COVERAGE, ROUND, TRUNCATED)


@dataclass(frozen=True, slots=True)
class Lock:
    """`left`: seconds until it expires, None for never; `since`: when it was first met."""

    number: str
    left: float | None
    since: datetime

    @property
    def kind(self) -> str:
        return NO_EXPIRY if self.left is None else FAR_EXPIRY

    @property
    def note(self) -> str:
        """As Redis says it."""
        return "TTL -1" if self.left is None else f"TTL {written(round(self.left))}"


def locks(found: Iterable[Lock]) -> Iterator[Sample]:
    """Every kind, at 0 or more; the oldest first."""
    of: dict[str, list[Lock]] = {kind: [] for kind in KINDS}
    for lock in sorted(found, key=lambda each: (each.since, each.number)):
        of[lock.kind].append(lock)
    for kind, some in of.items():
        cases = [Case(lock.number, lock.since, lock.note) for lock in some[:EVIDENCE]]
        yield LOCKS(len(some), evidence=cases, kind=kind)
