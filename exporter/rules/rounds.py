"""What the rules of one round see: samples, and what recording rules make of them meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from exporter.model import External
from exporter.promql import STALE, History, Instant, Samples, Source, Value, compiled
from exporter.rules import evaluation
from exporter.rules.picture import Cases
from exporter.rules.templates import Scene

Made = Mapping[str, Sequence[Value]]
"""The series of each rule that records one title."""


class Round:
    """Over samples of one instant; `made` is what was recorded in the rounds before, by title."""

    def __init__(
        self, samples: Samples, made: Mapping[str, Made], at: datetime, external: External, cases: Cases
    ) -> None:
        self._scraped, self._external, self._at, self.cases = samples, external, at.timestamp(), cases
        self._samples = samples
        self._see(samples)
        for title, each in made.items():
            self.record(title, each, (), ())

    def _see(self, source: Source) -> None:
        self.now = now = Instant(source, self._at)
        self.scene = Scene(self._external, now.at, lambda text: evaluation.vector(compiled(text).run(now)))

    def record(self, title: str, made: Made, new: Iterable[Value], old: Iterable[Value]) -> None:
        """What one rule has recorded: all series of the title, and its own now and the time before."""
        del new, old
        values = [*self._scraped.named(title), *(value for each in made.values() for value in each)]
        self._samples = self._samples.replaced(title, values)
        self._see(self._samples)


class PastRound(Round):
    """Over a history, into which recording rules write."""

    def __init__(self, past: History, at: datetime, external: External) -> None:
        self._past = past
        super().__init__(Samples({}), {}, at, external, Cases(()))
        self._see(past)

    def record(self, title: str, made: Made, new: Iterable[Value], old: Iterable[Value]) -> None:
        del title, made
        kept = {frozenset(value.labels.items()) for value in new}
        for value in new:
            self._past.append(value.labels, self._at, value.value)
        for value in old:
            if frozenset(value.labels.items()) not in kept:
                self._past.append(value.labels, self._at, STALE)
        self._see(self._past)
