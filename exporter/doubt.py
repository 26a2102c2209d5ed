"""What cannot be known at one instant: alerts that must not flip now, and alerts that end without having recovered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from exporter import probes
from exporter.alerts import Unsure
from exporter.metrics import (
    ALERT_SERIES,
    COVERAGE,
    LAST_SUCCESS,
    NOT_APPLICABLE,
    PART_NOT_APPLICABLE,
    PART_SUCCESS,
    SECONDS,
    SUCCESS,
    UNREAD_SHARDS,
)
from exporter.model import Alert, Name
from exporter.rules import Rulebook, Series

_GAPS = frozenset(metric.name for metric in (NOT_APPLICABLE, PART_NOT_APPLICABLE))
_ABOUT = _GAPS | {metric.name for metric in (SUCCESS, PART_SUCCESS, SECONDS, LAST_SUCCESS, *COVERAGE)}


class Doubt:
    """Over the samples of one instant; `watched` is what the configuration names, with the metrics that each makes."""

    def __init__(self, rulebook: Rulebook, watched: Mapping[Name, frozenset[str]], series: Series) -> None:
        self._rulebook, self._watched, self._series = rulebook, watched, series

    def unsure(self) -> set[Unsure]:
        """The alerts of rules that read a probe which is silent now.

        Of a probe that has not run yet not even its failure is known.
        """
        silent = [(name, name in self._answered) for name in self._watched if not self._answered.get(name)]
        readers = {
            (self._watched[name], known): self._rulebook.readers(
                self._watched[name] | (frozenset() if known else _ABOUT)
            )
            for name, known in silent
        }
        return {
            Unsure(rule, place, *_part(name))
            for name, known in silent
            for rule in readers[self._watched[name], known]
            for place in (name.shop, "")
        }

    def partial(self) -> set[Unsure]:
        """The alerts of rules that read a probe while some shards have long been unread: what it counts is too low."""
        unread = {
            (shop, sample.labels[0])
            for shop, sample in self._series
            if sample.metric.name == UNREAD_SHARDS.name and sample.value
        }
        return {
            Unsure(rule, place)
            for name, made in self._watched.items()
            if name[:2] in unread
            for rule in self._rulebook.readers(made)
            for place in (name.shop, "")
        }

    def lost(self, alert: Alert) -> bool:
        """Whether this alert, which holds no more, ended because nobody looks any more, be it for a gap.

        A gap is about a metric that has the check in its name, or about an alert that has it as a label, or as two
        (a topic and a group: `topic/group`).
        """
        if alert.rule not in self._rulebook.names():
            return True
        shop, named = alert.labels.get("shop", ""), alert.labels.get("probe", "")
        inputs = self._rulebook.inputs(alert.rule)
        readers = [name for name, made in self._watched.items() if name.probe == named or made & inputs]
        seen = {name for name in readers if shop in ("", name.shop) and _of(name, alert)}
        if not seen and (named in probes.known() or any(map(_of_a_probe, inputs))):
            return True
        if shop and shop not in {name.shop for name in self._watched}:
            return True
        return any(self._hides(check, name, alert) for name, check in self._gaps if name in seen)

    def _hides(self, check: str, name: Name, alert: Alert) -> bool:
        hidden = {metric for metric in self._watched[name] if check in metric}
        said = alert.labels.values()
        named = check in said or any(check == f"{one}/{other}" for one in said for other in said)
        return named or alert.rule in self._rulebook.readers(hidden)

    @cached_property
    def _answered(self) -> dict[Name, bool]:
        """Of what has run, whether it got an answer."""
        return {
            Name(shop, *sample.labels): bool(sample.value)
            for shop, sample in self._series
            if sample.metric.name in (SUCCESS.name, PART_SUCCESS.name)
        }

    @cached_property
    def _gaps(self) -> list[tuple[Name, str]]:
        return [
            (Name(shop, *sample.labels[:-1]), sample.labels[-1])
            for shop, sample in self._series
            if sample.metric.name in _GAPS
        ]


def _of_a_probe(metric: str) -> bool:
    """The sidecar's own metrics are always there; what else a rule reads comes from a probe, or from a query."""
    if metric in ALERT_SERIES:
        return False
    declared = (each.name for probe in probes.known().values() for metric in probe.METRICS for each in metric.series)
    return not metric.startswith("order_health_") or metric in declared


def _part(name: Name) -> tuple[str, str]:
    """The label and the value by which alerts of this part are told from those of others."""
    return (probes.known()[name.probe].PART, name.part) if name.part else ("", "")


def _of(name: Name, alert: Alert) -> bool:
    label, part = _part(name)
    return alert.labels.get(label, part) == part
