"""What one run leaves to the next, over restarts too: when the export was last asked for, and what was told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exporter.model import Case, Gap, Sample
from exporter.probes.export_rows.tell import METRICS

_METRICS = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Memory:
    """`asked` is when the shop was last asked for the export `what`; `told` is what came of it, or `error`."""

    what: str = ""
    asked: datetime | None = None
    told: tuple[Sample | Gap, ...] = ()
    error: str = ""

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            asked = datetime.fromisoformat(stored["asked"])
            told = tuple(_told(each) for each in stored["told"])
            return cls(str(stored["what"]), asked, told, str(stored["error"]))
        except (KeyError, TypeError, ValueError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        asked = self.asked.isoformat() if self.asked else None
        return {"what": self.what, "asked": asked, "told": list(map(_written, self.told)), "error": self.error}


def _written(each: Sample | Gap) -> list[Any]:
    if isinstance(each, Gap):
        return [each.check, each.why]
    cases = [[case.ref, case.since.isoformat() if case.since else None, case.note] for case in each.evidence]
    return [each.metric.name, each.value, list(each.labels), cases]


def _told(written: list[Any]) -> Sample | Gap:
    if len(written) == len(("check", "why")):
        return Gap(*map(str, written))
    name, value, labels, cases = written
    evidence = tuple(Case(ref, datetime.fromisoformat(at) if at else None, note) for ref, at, note in cases)
    metric = _METRICS[name]
    return metric(value, evidence=evidence, **dict(zip(metric.labels, labels, strict=True)))
