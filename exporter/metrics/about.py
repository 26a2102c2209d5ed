"""What every probe says of itself, as a whole where it runs in parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exporter.model import Case, Metric, Name, Reading, Sample

SUCCESS = Metric(
    "order_health_probe_success", "Whether the last run of the probe got an answer (1) or not (0).", ("probe",)
)
SECONDS = Metric("order_health_probe_duration_seconds", "How long the last run of the probe took.", ("probe",))
LAST_SUCCESS = Metric(
    "order_health_probe_last_success_timestamp_seconds", "When the probe last got an answer, in Unix time.", ("probe",)
)
PART_SUCCESS = Metric(
    "order_health_probe_part_success",
    "Whether the last run of this part of the probe (a replica, a query) got an answer (1) or not (0).",
    ("probe", "part"),
)
LIMIT = Metric(
    "order_health_limit", "A threshold from the configuration, which the rules compare with.", ("probe", "limit")
)


@dataclass(frozen=True, slots=True)
class Said:
    """`last` is when it last got an answer; `failed` names the parts that did not, and why, for cards and pages."""

    ok: bool
    seconds: float
    last: datetime | None
    limits: Mapping[str, float] = field(default_factory=dict)
    failed: tuple[Case, ...] = ()

    @classmethod
    def by(cls, reading: Reading, before: Said | None, limits: Mapping[str, float]) -> Said:
        """A failed run keeps the time of the last good one."""
        last = reading.last_success or (before.last if before else None)
        if reading.error is None:
            last = reading.last_success or reading.at
        failed = (Case(reading.part, note=reading.error),) if reading.error and reading.part else ()
        return cls(reading.error is None, reading.seconds, last, limits, failed)

    @classmethod
    def of(cls, parts: Sequence[Said]) -> Said:
        """A probe is as well as its worst part: it answered when the last of them did, and its time is their sum."""
        answered = [each.last for each in parts if each.last]
        limits: dict[str, float] = {}
        for each in parts:
            for name, value in each.limits.items():
                limits[name] = max(value, limits.get(name, value))
        return cls(
            all(each.ok for each in parts),
            sum(each.seconds for each in parts),
            min(answered) if len(answered) == len(parts) else None,
            limits,
            tuple(case for each in parts for case in each.failed),
        )

    def samples(self, probe: str) -> Iterator[Sample]:
        yield SUCCESS(self.ok, probe=probe, evidence=self.failed)
        yield SECONDS(self.seconds, probe=probe)
        if self.last:
            yield LAST_SUCCESS(self.last.timestamp(), probe=probe)
        for name, value in self.limits.items():
            yield LIMIT(value, probe=probe, limit=name)

    def of_part(self, name: Name) -> Sample:
        return PART_SUCCESS(self.ok, probe=name.probe, part=name.part, evidence=self.failed)
