"""A shop whose one replica is watched, run by run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from exporter.mapping import load
from exporter.model import Gap, Sample
from exporter.probes.replica_lag import ReplicaLag
from exporter.shop import Shop

PART = "reporting"


@dataclass
class Watched:
    """`look()` is one run; the clock of the runs is real, so that memory counts real seconds."""

    primary: str
    replica: str
    settings: dict[str, Any] = field(default_factory=dict)
    memory: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shop = Shop.open("main", self.primary, None, load("plain"), replicas={PART: self.replica}, memory=self)
        self.probe = ReplicaLag.model_validate(self.settings)

    def recall(self, shop: str, probe: str) -> dict:
        return self.memory.get((shop, probe), {})

    def remember(self, shop: str, probe: str, memory: dict) -> None:
        self.memory[shop, probe] = memory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shop.close()

    def look(self) -> Seen:
        view = self.shop.bounded("replica_lag", self.probe.timeout, PART)
        return Seen(list(self.probe.read(view, datetime.now(UTC))))

    def until(self, wanted: Callable[[Seen], object], within: float = 15.0) -> Seen:
        end = time.monotonic() + within
        while not wanted(seen := self.look()):
            assert time.monotonic() < end, seen
            time.sleep(0.05)
        return seen


@dataclass
class Seen:
    told: list[Sample | Gap]

    def value(self, metric: str, *labels: str) -> float | None:
        found = [s.value for s in self._of(metric) if s.labels[1:] == labels]
        return found[0] if found else None

    @property
    def lag(self) -> float | None:
        found = [s.value for s in self._of("lag_seconds") if s.labels[1] != "catch_up"]
        return found[0] if found else None

    @property
    def method(self) -> str | None:
        found = [s.labels[1] for s in self._of("lag_seconds") if s.labels[1] != "catch_up"]
        return found[0] if found else None

    @property
    def threads(self) -> dict[str, float]:
        """Of the nameless channel."""
        return {s.labels[2]: s.value for s in self._of("running") if not s.labels[1]}

    @property
    def gaps(self) -> dict[str, str]:
        return {each.check: each.why for each in self.told if isinstance(each, Gap)}

    def notes(self, metric: str) -> list[str]:
        return [case.note for s in self._of(metric) for case in s.evidence]

    def _of(self, metric: str) -> list[Sample]:
        name = f"order_health_replica_{metric}"
        return [each for each in self.told if isinstance(each, Sample) and each.metric.name == name]
