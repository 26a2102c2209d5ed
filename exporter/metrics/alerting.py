"""The alerts themselves as series, named and labelled as Prometheus does it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from exporter.model import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exporter.model import Alert

STATES, SINCE = "ALERTS", "ALERTS_FOR_STATE"
_HELP = {
    STATES: "1 for each alert that is pending or firing.",
    SINCE: "When the rule of each alert began to hold, in Unix time.",
}


@lru_cache(maxsize=1000)
def _metric(name: str, labels: tuple[str, ...]) -> Metric:
    """A family whose series have whatever labels their rules give them."""
    return Metric(name, _HELP[name], labels)


def alert_series(active: Iterable[Alert]) -> Iterator[Sample]:
    for alert in active:
        names, values = tuple(alert.labels), tuple(alert.labels.values())
        yield Sample(_metric(STATES, (*names, "alertstate")), 1.0, (*values, alert.status))
        yield Sample(_metric(SINCE, names), alert.since.timestamp(), values)
