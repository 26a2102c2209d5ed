"""Tables of metrics: of a probe (`probes.pending_paid`), or of what any other module declares (`delivery`)."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator

from exporter import probes
from exporter.model import Metric
from exporter.web.names import METRICS


def declared(place: str) -> tuple[Metric, ...]:
    """Of a module below `exporter`, in their order there; `metrics.about[SUCCESS,LIMIT]` is only some of them."""
    room, _, names = place.rstrip("]").partition("[")
    if room.startswith("probes."):
        return probes.known()[room.removeprefix("probes.")].METRICS
    module = vars(importlib.import_module(f"exporter.{room}"))
    found = [module[name] for name in names.split(",")] if names else module.values()
    return tuple(each for each in found if isinstance(each, Metric))


def rows(places: Iterable[str]) -> Iterator[str]:
    yield "| metric | kind | what it tells |"
    yield "|---|---|---|"
    for metric in (each for place in places for each in declared(place)):
        yield f"| {_written(metric)} | {metric.kind} | {metric.help.replace('|', '&#124;')} |"


def names(places: Iterable[str]) -> Iterator[str]:
    """As the status page calls them in Chinese."""
    yield "| 指标 | 类型 | 名称 |"
    yield "|---|---|---|"
    for metric in (each for place in places for each in declared(place)):
        yield f"| {_written(metric)} | {metric.kind} | {METRICS[metric.name]['zh']} |"


def _written(metric: Metric) -> str:
    labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
    return f"`{metric.name}{labels}`"
