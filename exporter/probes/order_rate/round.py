"""One run: what is finished is counted, the past a little further, and then the last hour is judged."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from exporter.model import Gap
from exporter.probes.order_rate import plan
from exporter.probes.order_rate.buckets import DAY, HOUR
from exporter.probes.order_rate.ledger import Ledger
from exporter.probes.order_rate.look import LONGER, Look
from exporter.probes.order_rate.memory import Memory
from exporter.probes.order_rate.plan import Stretch
from exporter.shop import Refused, TimedOut

STATEMENTS = 4
"""Statements of one run about anything older than the last hour."""

STATUS_ROWS, INDEX_ROWS = 20_000, 100_000
"""Orders of a day up to which they are counted by their status: read one by one, or along an index."""

STATUS_EVERY = 3
"""Buckets between two counts of a whole day."""


@dataclass
class Round:
    """Counts the finished buckets before `end`; afterwards `memory` is for the next run.

    Nothing that is not urgent begins after `ends` (monotonic). `silence` is in seconds.
    """

    look: Look
    memory: Memory
    end: int
    ends: float
    silence: float
    gaps: list[Gap] = field(default_factory=list)

    def count(self, events: tuple[str, ...]) -> tuple[str, ...]:
        """The last hour of each event, and when the newest was; the events that this shop can answer."""
        return tuple(event for event in events if self._counted(event))

    def _counted(self, event: str) -> bool:
        ledger = self.memory.ledgers.get(event, Ledger()).until(self.end)
        try:
            if stretch := plan.urgent(ledger, self.end):
                ledger = ledger.booked(*self.look.tallies(event, stretch))
            ledger = self._listened(event, ledger)
        except Refused as refused:
            self.gaps.append(Gap(event, str(refused)))
            return False
        self.memory = self.memory.with_ledger(event, ledger)
        return True

    def _listened(self, event: str, ledger: Ledger) -> Ledger:
        """Buckets tell of an order minutes late: when they seem silent, the newest order is asked for."""
        now = self.look.now
        if ledger.last is None or (now - ledger.last).total_seconds() < self.silence / 2 or not self.look.direct(event):
            return ledger
        return ledger.seen(self.look.newest(event, max(ledger.last, now - timedelta(hours=1))))

    def statuses(self) -> None:
        """How many orders of a day have which status; not counted anew in every run."""
        if self.end - self.memory.asked not in range(STATUS_EVERY):
            found, why = self._statuses()
            self.memory = replace(self.memory, statuses=found, no_statuses=why, asked=self.end)
        if self.memory.no_statuses:
            self.gaps.append(Gap("orders_by_status", self.memory.no_statuses))

    def _statuses(self) -> tuple[Mapping[str, int], str]:
        """And why there are none."""
        most = INDEX_ROWS if self.look.by_index() else STATUS_ROWS
        if (self.memory.ledgers["created"].history.total(self.end, HOUR) or 0) * DAY / HOUR > most:
            return {}, f"一天超过 {most:,} 单，不按状态统计 / more than {most:,} orders a day are not counted by status"
        try:
            return self.look.statuses(self.look.now - timedelta(days=1)), ""
        except (Refused, TimedOut) as error:
            return {}, str(error)

    def catch_up(self, events: tuple[str, ...], judged: tuple[str, ...], ends: tuple[int, ...]) -> None:
        """A few statements about what is older; `ends` are where the windows of past verdicts end.

        One that does not come to its end is no fault of the run: the next ones are made shorter.
        """
        left, rows = STATEMENTS, 0
        try:
            for event, stretch, history_only in self._older(events, judged, ends):
                rows += self._expected(event, stretch)
                if not left or (left < STATEMENTS and rows > plan.ROWS) or time.monotonic() > self.ends:
                    return
                left -= 1
                self._book(event, stretch, history_only=history_only)
        except TimedOut:
            self.memory = replace(self.memory, longest=max(1, self.memory.longest // 2))
        except Refused as refused:
            self.gaps.append(Gap("order_rate_history", str(refused)))

    def _older(
        self, events: tuple[str, ...], judged: tuple[str, ...], ends: tuple[int, ...]
    ) -> Iterator[tuple[str, Stretch, bool]]:
        for event in events:
            while stretch := plan.missed(self.memory.ledgers[event], self.end, self._longest(event)):
                yield event, stretch, False
            if stretch := plan.again(self.memory.ledgers[event], self.end, self._longest(event)):
                yield event, stretch, False
        histories = {event: self.memory.ledgers[event].history for event in judged}
        emptiest = sorted(histories, key=lambda event: histories[event].gaps, reverse=True)  # all have their turn
        past = {event: plan.past(histories[event], ends, self._longest(event)) for event in emptiest}
        while past:
            for event in tuple(past):
                if stretch := next(past[event], None):
                    yield event, stretch, True
                else:
                    del past[event]

    def _book(self, event: str, stretch: Stretch, *, history_only: bool) -> None:
        ledger = self.memory.ledgers[event]
        tallies, last = self.look.tallies(event, stretch, money=not history_only)
        if history_only:
            counts = {bucket: sum(count for count, _ in tally.values()) for bucket, tally in tallies.items()}
            ledger = replace(ledger, history=ledger.history.with_counts(counts))
        else:
            ledger = ledger.booked(tallies, last).settled(range(stretch.first, stretch.end))
        self.memory = self.memory.with_ledger(event, ledger)

    def _longest(self, event: str) -> int:
        return min(self.memory.longest, plan.longest(self.memory.ledgers[event].history, self.end))

    def _expected(self, event: str, stretch: Stretch) -> int:
        """Rows that it will read, by the busiest of the last hour."""
        length = stretch.length + (0 if self.look.direct(event) else LONGER)
        return length * self.memory.ledgers[event].history.most(self.end, HOUR)
