"""What cannot be known at one instant: alerts that must not flip now, and alerts that end without having recovered."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from exporter import probes
from exporter.alerts import Unsure
from exporter.metrics import LAST_SUCCESS, NOT_APPLICABLE, PART_SUCCESS, SECONDS, SUCCESS, UNREAD_SHARDS
from exporter.model import Alert, Name, Sample
from exporter.rules import Rulebook

_ABOUT = frozenset(metric.name for metric in (SUCCESS, PART_SUCCESS, SECONDS, LAST_SUCCESS, NOT_APPLICABLE))


class Doubt:
    """Over the samples of one instant; `watched` is what the configuration names."""

    def __init__(self, rulebook: Rulebook, watched: frozenset[Name], series: Collection[tuple[str, Sample]]) -> None:
        self._rulebook, self._watched, self._series = rulebook, watched, series

    def unsure(self) -> set[Unsure]:
        """The alerts of rules that read a probe which is silent now.

        Of a probe that has not run yet not even its failure is known.
        """
        answered = self._answered
        silent = [(name, name in answered) for name in self._watched if not answered.get(name)]
        readers = {
            (name.probe, known): self._rulebook.readers(_made(name.probe) | (frozenset() if known else _ABOUT))
            for name, known in silent
        }
        return {
            Unsure(rule, place, *_part(name))
            for name, known in silent
            for rule in readers[name.probe, known]
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
            for shop, probe in unread
            for rule in self._rulebook.readers(_made(probe))
            for place in (shop, "")
        }

    def lost(self, alert: Alert) -> bool:
        """Whether this alert, which holds no more, ended because nobody looks any more, be it for a gap.

        A gap is about a metric that has the check in its name, or about an alert that has it as a label.
        """
        shop, named = alert.labels.get("shop", ""), alert.labels.get("probe", "")
        read = [probe for probe in probes.known() if alert.rule in self._rulebook.readers(_made(probe))]
        read += [named] if named in probes.known() else []
        seen = [name for name in self._watched if name.probe in read and shop in ("", name.shop) and _of(name, alert)]
        if alert.rule not in self._rulebook.names() or (read and not seen):
            return True
        if shop and shop not in {name.shop for name in self._watched}:
            return True
        places = {name[:2] for name in seen}
        return any(self._hides(check, alert) for place, check in self._gaps if place in places)

    def _hides(self, check: str, alert: Alert) -> bool:
        hidden = {name for probe in probes.known() for name in _made(probe) if check in name}
        return check in alert.labels.values() or alert.rule in self._rulebook.readers(hidden)

    @cached_property
    def _answered(self) -> dict[Name, bool]:
        """Of what has run, whether it got an answer."""
        return {
            Name(shop, *sample.labels): bool(sample.value)
            for shop, sample in self._series
            if sample.metric.name in (SUCCESS.name, PART_SUCCESS.name)
        }

    @cached_property
    def _gaps(self) -> list[tuple[tuple[str, str], str]]:
        return [
            ((shop, sample.labels[0]), sample.labels[1])
            for shop, sample in self._series
            if sample.metric.name == NOT_APPLICABLE.name
        ]


def _made(probe: str) -> frozenset[str]:
    return frozenset(metric.name for metric in probes.known()[probe].METRICS)


def _part(name: Name) -> tuple[str, str]:
    """The label and the value by which alerts of this part are told from those of others."""
    return (probes.known()[name.probe].PART, name.part) if name.part else ("", "")


def _of(name: Name, alert: Alert) -> bool:
    label, part = _part(name)
    return alert.labels.get(label, part) == part
