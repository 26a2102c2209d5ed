"""Readings as the bytes of /metrics: rendered by hand, once per change, never per scrape."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from exporter import __version__
from exporter.metrics import process
from exporter.metrics.about import LAST_SUCCESS, LIMIT, PART_SUCCESS, SECONDS, SUCCESS, Said
from exporter.metrics.alerting import SINCE, STATES, alert_series
from exporter.metrics.coverage import COVERAGE, SCANNED_SHARDS, SHARDS, UNREAD_SHARDS, shards
from exporter.metrics.page import Page, wanted_format
from exporter.metrics.text import line_prefix, lines, prefixes
from exporter.model import Gap, Metric, Name, Reading, Sample

__all__ = [
    "ALERT_SERIES",
    "COVERAGE",
    "LAST_SUCCESS",
    "LIMIT",
    "NOT_APPLICABLE",
    "PART_NOT_APPLICABLE",
    "PART_SUCCESS",
    "SCANNED_SHARDS",
    "SECONDS",
    "SHARDS",
    "SUCCESS",
    "UNREAD_SHARDS",
    "Exposition",
    "Series",
    "alert_series",
]

NOT_APPLICABLE = Metric(
    "order_health_not_applicable",
    "1 for each check that this shop cannot answer; the status page says why. What it would tell is absent, not 0.",
    ("probe", "check"),
)
PART_NOT_APPLICABLE = Metric(
    "order_health_part_not_applicable",
    "1 for each check that cannot be answered for this part of the probe (a replica, a query), as for a whole probe.",
    ("probe", "part", "check"),
)
ALERT_SERIES = frozenset({STATES, SINCE})

BUILD = Metric("order_health_build_info", "The version that is running; always 1.", ("version",))

Series = Sequence[tuple[str, Sample]]
"""(shop, sample) of everything current; the shop is "" for what the sidecar says of itself."""

_OWN, _PROCESS = Name("", ""), Name("", "process")


@dataclass(frozen=True, slots=True)
class Part:
    """What one probe of one shop (or the sidecar itself) contributes; `text` is its finished lines by family."""

    shop: str
    samples: tuple[Sample, ...]
    text: Mapping[str, bytes]
    metrics: Mapping[str, Metric]
    said: Said | None = None
    scheduled: bool = True

    @classmethod
    def of(cls, shop: str, samples: Iterable[Sample], before: Part | None, *, scheduled: bool = True) -> Part:
        """Of two samples with the same name and labels the first stands: Prometheus refuses a page with both."""
        known = before.known() if before else {}
        unique: dict[str, Sample] = {}
        for sample in samples:
            unique.setdefault(known.get((sample.metric.name, sample.labels)) or line_prefix(sample, shop), sample)
        metrics = {sample.metric.family.name: sample.metric.family for sample in reversed(unique.values())}
        return cls(shop, tuple(unique.values()), lines(unique), metrics, scheduled=scheduled)

    def known(self) -> dict[tuple[str, tuple[str, ...]], str]:
        """By metric and labels each line up to its value, so that the next reading only writes numbers.

        Taken from the lines when it is asked for: kept, it would double what thirty thousand series need.
        """
        texts = {name: iter(prefixes(text)) for name, text in self.text.items()}
        return {(each.metric.name, each.labels): next(texts[each.metric.family.name]) for each in self.samples}


class Exposition:
    """Everything current. Any thread may change it; `page()` takes no lock and waits for nobody."""

    def __init__(self, version: str = __version__) -> None:
        self._writing = threading.Lock()
        self._build = BUILD(1, version=version)
        self._parts: Mapping[Name, Part] = {}
        self.own(())

    def put(self, reading: Reading, limits: Mapping[str, float] | None = None) -> None:
        """Replace what this probe of this shop said; after a failed run nothing stands but that it failed."""
        name = reading.name
        with self._writing:
            before = self._parts.get(name)
            said = Said.by(reading, before.said if before else None, limits or {})
            samples = [*reading.samples] if reading.error is None else []
            samples += (_gap(name, gap) for gap in reading.gaps)
            samples += shards(reading)
            samples += said.samples(name.probe) if not name.part else [said.of_part(name)]
            parts = {**self._parts, name: replace(Part.of(reading.shop, samples, before), said=said)}
            self._change(self._summed(parts, name) if name.part else parts)

    def drop(self, name: Name) -> None:
        """Forget what is no longer configured."""
        with self._writing:
            parts = {each: part for each, part in self._parts.items() if each != name}
            self._change(self._summed(parts, name) if name.part else parts)

    def own(self, samples: Sequence[Sample]) -> None:
        """Replace what the sidecar says of itself (deliveries, reloads); it carries no label `shop`."""
        with self._writing:
            before = self._parts.get(_OWN)
            part = Part.of("", (self._build, *samples), before, scheduled=False)
            self._change({**self._parts, _OWN: part})

    def page(self, accept: str | None, gzip: bool = False) -> tuple[bytes, str, bool]:
        """Ready bytes, their content type, and whether they are compressed."""
        body, content_type = self._page.rendered(wanted_format(accept), gzip)
        return body, content_type, gzip

    def series(self) -> Series:
        """Everything on the page at one instant, evidence included."""
        return [(part.shop, sample) for part in self._parts.values() for sample in part.samples]

    @staticmethod
    def _summed(parts: dict[Name, Part], name: Name) -> dict[Name, Part]:
        """What a probe that runs in parts says of itself as a whole stands under the part ""."""
        whole = Name(name.shop, name.probe)
        said = [p.said for each, p in parts.items() if each[:2] == whole[:2] and each.part and p.said]
        if not said:
            parts.pop(whole, None)
            return parts
        return {**parts, whole: Part.of(name.shop, Said.of(said).samples(name.probe), parts.get(whole))}

    def _change(self, parts: Mapping[Name, Part]) -> None:
        about_process = Part.of("", process.samples(), parts.get(_PROCESS), scheduled=False)
        self._parts = {**parts, _PROCESS: about_process}
        self._page = Page(self._parts)  # at once, so that what was is not kept until somebody scrapes again


def _gap(name: Name, gap: Gap) -> Sample:
    if name.part:
        return PART_NOT_APPLICABLE(1, probe=name.probe, part=name.part, check=gap.check)
    return NOT_APPLICABLE(1, probe=name.probe, check=gap.check)
