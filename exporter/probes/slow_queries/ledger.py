"""What statements cost between two runs: pure, over what the server counted then and counts now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from exporter.probes.slow_queries.statement import Cost, Shape

KNOWN = 500
"""Statements that are remembered: those that ran last, then those that took the most time lately."""

_HALVES = 3600.0
"""Seconds after which the time that a statement took counts half for its place among the first."""

_SECOND, _NOTHING = timedelta(seconds=1), Cost()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the server's statistics. `first` is when the server first saw it, None where all of it is new."""

    shape: Shape
    cost: Cost
    first: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server counted at its own time `at`; `began` is when it started, `server` which one it is."""

    at: datetime
    server: str
    began: datetime
    rows: tuple[Row, ...]
    more: Mapping[str, int] = field(default_factory=dict)
    """Further counters, by name."""


@dataclass(frozen=True, slots=True)
class Known:
    """`counted` is what the server said last, `last` what it came to when the statement last ran, at `ran`.

    `seconds` is the time since it was first seen, `weight` the same, less what is long ago.
    """

    counted: Cost
    first: datetime | None
    seconds: float = 0.0
    weight: float = 0.0
    ran: datetime | None = None
    last: Cost = _NOTHING
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """`slow`: executions above the limit, by schema. `grew`: by how much each further counter rose, if known."""

    at: datetime | None = None
    server: str = ""
    known: Mapping[str, Known] = field(default_factory=dict)
    slow: Mapping[str, int] = field(default_factory=dict)
    more: Mapping[str, int] = field(default_factory=dict)
    grew: Mapping[str, int] = field(default_factory=dict)

    def starting(self, schemas: Collection[str]) -> Ledger:
        return replace(self, slow={**dict.fromkeys(schemas, 0), **self.slow})

    def follow(self, seen: Seen, slow: float) -> Ledger:
        """The next ledger; `slow` is in seconds. What was there before us, or before another server, is not counted."""
        at = self.at if self.server == seen.server else None
        restarted = at is not None and seen.began > at + _SECOND  # the server tells its age in whole seconds
        aged = 0.5 ** (max(0.0, (seen.at - self.at).total_seconds()) / _HALVES) if self.at else 1.0
        known = {key: replace(each, weight=each.weight * aged) for key, each in self.known.items()}
        counts = dict(self.slow)
        for row in _merged(seen.rows):
            before = known.get(row.shape.key, Known(_NOTHING, None))
            since = _since(row, self.known.get(row.shape.key), at, restarted=restarted)
            known[row.shape.key] = _next(before, row, since, seen.at)
            if since and since.runs and since.average > slow:
                counts[row.shape.schema] = counts.get(row.shape.schema, 0) + since.runs
        now = {row.shape.key for row in seen.rows}
        kept = sorted(known, key=lambda key: (key in now, known[key].weight), reverse=True)
        return Ledger(
            seen.at,
            seen.server,
            {key: known[key] for key in kept[:KNOWN]},
            counts,
            seen.more,
            _grown(self.more if at and not restarted else None, seen.more),
        )


def _merged(rows: Collection[Row]) -> list[Row]:
    """Digests are told by their first letters; two that share them are one."""
    merged: dict[str, Row] = {}
    for row in rows:
        if other := merged.get(row.shape.key):
            firsts = [each for each in (row.first, other.first) if each]
            cost = Cost(*(a + b for a, b in zip(row.cost, other.cost, strict=True)))
            row = replace(other, cost=cost, first=min(firsts, default=None))  # noqa: PLW2901 - it is the row from here on
        merged[row.shape.key] = row
    return list(merged.values())


def _since(row: Row, known: Known | None, at: datetime | None, *, restarted: bool) -> Cost | None:
    """None where nobody can tell: the counters began before we looked."""
    if row.first is None:
        return row.cost
    if at is None:
        return None
    if restarted:
        return row.cost
    if known is None:
        return row.cost if row.first + _SECOND > at else None
    if known.first != row.first:
        return row.cost
    return row.cost.less(known.counted) or row.cost


def _next(before: Known, row: Row, since: Cost | None, at: datetime) -> Known:
    if not since or not since.runs:
        return replace(before, counted=row.cost, first=row.first, shape=row.shape)
    return Known(
        row.cost,
        row.first,
        before.seconds + since.seconds,
        before.weight + since.seconds,
        at,
        since,
        row.shape,
    )


def _grown(before: Mapping[str, int] | None, now: Mapping[str, int]) -> dict[str, int]:
    if before is None:
        return {}
    return {name: value - before[name] for name, value in now.items() if 0 <= before.get(name, -1) <= value}
