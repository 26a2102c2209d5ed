"""The present held against the past: how far orders have fallen, and how many a silence has cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from exporter.probes.order_rate.baseline import ENOUGH, Excepted, Past, Total, Usual, day_of
from exporter.probes.order_rate.buckets import DAY, HOUR, SECONDS, History, bucket_of
from exporter.probes.order_rate.ledger import Ledger

OF_CREATED = "paid_of_created"
"""Payments as a part of the orders created in the same window, held against what that part usually is."""

WINDOWS = (HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`value` orders in the window of `length` buckets, and what is `usual` there; `judged` unless that is too little.

    `hour` is what is usual in the last hour.
    """

    value: int
    length: int
    usual: Usual
    hour: Usual
    judged: bool

    @property
    def ratio(self) -> float:
        return self.value / self.usual.expected


@dataclass(frozen=True)
class Bench:
    """What is judged by: all finished buckets are before `end`. `least` orders must be usual in a window."""

    ledgers: Mapping[str, Ledger]
    end: int
    zone: tzinfo
    excepted: Excepted
    least: int
    _pasts: dict[int, Past] = field(default_factory=dict)

    def touches_excepted(self, length: int) -> bool:
        return any(map(self.excepted, {day_of(self.end - 1, self.zone), day_of(self.end - length, self.zone)}))

    def verdict(self, event: str) -> Verdict | None:
        """Over the shortest window that usually has enough orders, else over an hour; None without a present."""
        hour = self._over(event, HOUR)
        if hour is None:
            return None
        for length in WINDOWS:
            found = self._over(event, length)
            if found and found[1].points >= ENOUGH and found[1].expected >= self.least:
                return Verdict(found[0], length, found[1], hour[1], judged=not self.touches_excepted(length))
        return Verdict(hour[0], HOUR, hour[1], hour[1], judged=False)

    def missed(self, event: str, now: datetime, silence: float) -> float | None:
        """Orders that would have come since the last one: by the same stretch of the past, and by the hour before.

        The smaller of both, so that neither a shop that closes at night nor a quiet day is taken for a standstill.
        None where one of them is not known.
        """
        ledger = self.ledgers[event]
        if ledger.last is None:
            return None
        quiet = (now - ledger.last).total_seconds()
        if quiet < silence:
            return 0.0
        length = min(DAY, int(quiet // SECONDS))
        usual = self._past(length).usual(_told(ledger.history, length))
        before = ledger.history.total(min(self.end, bucket_of(ledger.last) + 1), HOUR)
        if before is None or usual.points < ENOUGH:
            return None
        return min(usual.expected, before * length / HOUR)

    def ends(self) -> tuple[int, ...]:
        """Where the windows end that the verdicts on the last hour need: the hour before it, and its past."""
        past = self._past(HOUR)
        return (self.end - HOUR, *past.weeks, *past.days)

    def _past(self, length: int) -> Past:
        if length not in self._pasts:
            self._pasts[length] = Past.of(self.end, length, self.zone, self.excepted)
        return self._pasts[length]

    def _over(self, event: str, length: int) -> tuple[int, Usual] | None:
        if event == OF_CREATED:
            return self._paid_of_created(length)
        history = self.ledgers[event].history
        value = history.total(self.end, length)
        return None if value is None else (value, self._past(length).usual(_told(history, length)))

    def _paid_of_created(self, length: int) -> tuple[int, Usual] | None:
        created, paid = self.ledgers["created"].history, self.ledgers["paid"].history
        value, now = paid.total(self.end, length), created.total(self.end, length)
        if value is None or now is None:
            return None

        def total(end: int) -> float | None:
            orders, payments = created.total(end, length), paid.total(end, length)
            return None if payments is None or not orders or orders < self.least else now * payments / orders

        return value, self._past(length).usual(total)


def _told(history: History, length: int) -> Total:
    """Of a day without a single order nothing is known: the shop was not there yet, or its orders are archived."""

    def total(end: int) -> float | None:
        found = history.total(end, length)
        return None if found == 0 and history.total(end, DAY) == 0 else found

    return total
