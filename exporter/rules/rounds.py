"""What the rules of one round see: the past up to now, and what recording rules make of it meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from exporter.model import External
from exporter.promql import STALE, History, Instant, Value, Version, compiled
from exporter.rules import evaluation
from exporter.rules.picture import Cases
from exporter.rules.templates import Scene


class Round:
    """One instant of a history, and the evidence that its samples brought."""

    def __init__(self, history: History, at: datetime, external: External, cases: Cases, version: Version) -> None:
        self.history, self.cases = history, cases
        self.now = now = Instant(history, at.timestamp())
        self.scene = Scene(external, now.at, lambda text: evaluation.vector(compiled(text, version).run(now)))

    def record(self, new: Iterable[Value], old: Iterable[Value]) -> None:
        """What one rule has recorded: its series now, and those of the time before, which end if they are not made."""
        self.scene.asked.clear()
        kept = {frozenset(value.labels.items()) for value in new}
        for value in new:
            self.history.append(value.labels, self.now.at, value.value)
        for value in old:
            if frozenset(value.labels.items()) not in kept:
                self.history.append(value.labels, self.now.at, STALE)
