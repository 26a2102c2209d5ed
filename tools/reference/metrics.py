"""Tables of metrics: of a probe (`probes.pending_paid`), or of what any other module declares (`delivery`)."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator

from exporter import probes
from exporter.model import Metric


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
        labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
        yield f"| `{metric.name}{labels}` | {metric.kind} | {metric.help.replace('|', '&#124;')} |"
