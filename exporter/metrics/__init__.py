"""Readings as the bytes of /metrics: rendered by hand, once per change, never per scrape."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from exporter import __version__
from exporter.metrics import process
from exporter.metrics.page import Page, wanted_format
from exporter.metrics.text import line_prefix, lines
from exporter.model import Metric, Reading, Sample

if TYPE_CHECKING:
    from datetime import datetime

SUCCESS = Metric(
    "order_health_probe_success", "Whether the last run of the probe got an answer (1) or not (0).", ("probe",)
)
SECONDS = Metric("order_health_probe_duration_seconds", "How long the last run of the probe took.", ("probe",))
LAST_SUCCESS = Metric(
    "order_health_probe_last_success_timestamp_seconds", "When the probe last got an answer, in Unix time.", ("probe",)
)
LIMIT = Metric(
    "order_health_limit", "A threshold from the configuration, which the rules compare with.", ("probe", "limit")
)
NOT_APPLICABLE = Metric(
    "order_health_not_applicable",
    "1 for each check that this shop cannot answer; the status page says why. What it would tell is absent, not 0.",
    ("probe", "check"),
)
BUILD = Metric("order_health_build_info", "The version that is running; always 1.", ("version",))

Series = Sequence[tuple[str, Sample]]
"""(shop, sample) of everything current; the shop is "" for what the sidecar says of itself."""

_Prefixes = Mapping[tuple[str, tuple[str, ...]], str]


@dataclass(frozen=True, slots=True)
class Part:
    """What one probe of one shop (or the sidecar itself) contributes; `text` is its finished lines by family.

    `prefixes` keeps each line up to its value, so that the next reading only writes numbers.
    """

    shop: str
    samples: tuple[Sample, ...]
    text: Mapping[str, bytes]
    metrics: Mapping[str, Metric]
    prefixes: _Prefixes
    last_success: datetime | None = None
    scheduled: bool = True

    @classmethod
    def of(cls, shop: str, samples: Iterable[Sample], before: Part | None, *, scheduled: bool = True) -> Part:
        """Of two samples with the same name and labels the first stands: Prometheus refuses a page with both."""
        known = before.prefixes if before else {}
        unique: dict[str, Sample] = {}
        prefixes = {}
        for sample in samples:
            key = sample.metric.name, sample.labels
            prefix = prefixes[key] = known.get(key) or line_prefix(sample, shop)
            unique.setdefault(prefix, sample)
        metrics = {sample.metric.name: sample.metric for sample in reversed(unique.values())}
        return cls(shop, tuple(unique.values()), lines(unique), metrics, prefixes, scheduled=scheduled)


class Exposition:
    """Everything current. Any thread may change it; `page()` takes no lock and waits for nobody."""

    def __init__(self, version: str = __version__) -> None:
        self._writing = threading.Lock()
        self._build = BUILD(1, version=version)
        self._parts: Mapping[tuple[str, str], Part] = {}
        self._page = Page({})
        self.own(())

    def put(self, reading: Reading, limits: Mapping[str, float] | None = None) -> None:
        """Replace what this probe of this shop said; after a failed run nothing stands but that it failed."""
        key = reading.shop, reading.probe
        with self._writing:
            before = self._parts.get(key)
            last = reading.last_success or (before.last_success if before else None)
            if reading.error is None:
                last = reading.last_success or reading.at
            samples = [*reading.samples] if reading.error is None else []
            samples += _about(reading, last, limits or {})
            part = replace(Part.of(reading.shop, samples, before), last_success=last)
            self._change({**self._parts, key: part})

    def drop(self, probe: str, shop: str) -> None:
        """Forget a probe that is no longer configured."""
        with self._writing:
            self._change({key: part for key, part in self._parts.items() if key != (shop, probe)})

    def own(self, samples: Sequence[Sample]) -> None:
        """Replace what the sidecar says of itself (deliveries, reloads); it carries no label `shop`."""
        with self._writing:
            before = self._parts.get(("", ""))
            part = Part.of("", (self._build, *samples), before, scheduled=False)
            self._change({**self._parts, ("", ""): part})

    def page(self, accept: str | None, gzip: bool = False) -> tuple[bytes, str, bool]:
        """Ready bytes, their content type, and whether they are compressed."""
        page, parts = self._page, self._parts
        if page.parts is not parts:
            page = self._page = Page(parts)
        body, content_type = page.rendered(wanted_format(accept), gzip)
        return body, content_type, gzip

    def series(self) -> Series:
        """Everything on the page at one instant, evidence included."""
        return [(part.shop, sample) for part in self._parts.values() for sample in part.samples]

    def _change(self, parts: Mapping[tuple[str, str], Part]) -> None:
        about_process = Part.of("", process.samples(), parts.get(("", "process")), scheduled=False)
        self._parts = {**parts, ("", "process"): about_process}


def _about(reading: Reading, last: datetime | None, limits: Mapping[str, float]) -> Iterable[Sample]:
    yield SUCCESS(reading.error is None, probe=reading.probe)
    yield SECONDS(reading.seconds, probe=reading.probe)
    if last:
        yield LAST_SUCCESS(last.timestamp(), probe=reading.probe)
    for gap in reading.gaps:
        yield NOT_APPLICABLE(1, probe=reading.probe, check=gap.check)
    for name, value in limits.items():
        yield LIMIT(value, probe=reading.probe, limit=name)
