"""What the sidecar tells of itself beside its deliveries: reloads, and runs that had to be skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from exporter.model import Metric, Name, Sample
from exporter.promql import History

RELOADED = Metric(
    "order_health_config_last_reload_successful", "Whether the last attempt to read the configuration succeeded."
)
RELOADED_AT = Metric(
    "order_health_config_last_reload_success_timestamp_seconds", "When the configuration was last read, in Unix time."
)
JUDGED_AT = Metric("order_health_last_judged_timestamp_seconds", "When all rules were last judged, in Unix time.")
FAILED_RULES = Metric("order_health_failed_rules", "Rules that could not be evaluated the last time; the log says why.")
UNROUTED = Metric(
    "order_health_unrouted_alerts_total", "Flips that no route takes and that nobody was told.", (), "counter"
)
HISTORY_SERIES = Metric("order_health_history_series", "Series that are kept because a rule reads them.")
HISTORY_SAMPLES = Metric(
    "order_health_history_samples", "Samples of these series, now and as far back as rules look, in memory."
)
HISTORY_BYTES = Metric("order_health_history_bytes", "About how much memory these series and samples take.")
SKIPPED = Metric(
    "order_health_probe_skipped_runs_total",
    "Runs that were due while the one before was still under way.",
    ("probe", "shop"),
    "counter",
)


class Reloads:
    """A failed reload keeps the time of the last good one."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._ok = now, False
        self._good_at: datetime | None = None

    def note(self, *, ok: bool) -> None:
        self._ok = ok
        if ok:
            self._good_at = self._now()

    @property
    def ok(self) -> bool:
        return self._ok

    def samples(self) -> list[Sample]:
        good = [RELOADED_AT(self._good_at.timestamp())] if self._good_at else []
        return [RELOADED(self._ok), *good]


def kept(history: History) -> list[Sample]:
    """How much past the rules need."""
    return [HISTORY_SERIES(history.series), HISTORY_SAMPLES(history.samples), HISTORY_BYTES(history.bytes)]


def skipped(counts: Mapping[Name, int]) -> list[Sample]:
    """The parts of a probe count together."""
    totals: Counter[tuple[str, str]] = Counter()
    for name, count in counts.items():
        totals[name.shop, name.probe] += count
    return [SKIPPED(count, probe=probe, shop=shop) for (shop, probe), count in totals.items()]
