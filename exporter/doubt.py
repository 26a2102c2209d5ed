"""What cannot be known at one instant: alerts that must not flip now, and alerts that end without having recovered."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from exporter import probes
from exporter.metrics import LAST_SUCCESS, NOT_APPLICABLE, SECONDS, SUCCESS
from exporter.model import Alert, Sample
from exporter.rules import Rulebook

Name = tuple[str, str]
"""(shop, probe)."""

_ABOUT = frozenset(metric.name for metric in (SUCCESS, SECONDS, LAST_SUCCESS, NOT_APPLICABLE))


class Doubt:
    """Over the samples of one instant; `watched` are the probes that the configuration names."""

    def __init__(self, rulebook: Rulebook, watched: frozenset[Name], series: Collection[tuple[str, Sample]]) -> None:
        self._rulebook, self._watched, self._series = rulebook, watched, series

    def unsure(self) -> set[tuple[str, str]]:
        """(rule, shop) of which nothing is known: the rule reads a probe that is silent in that shop.

        A shop of "" means the alerts without a shop. Of a probe that has not run yet not even its failure is known.
        """
        success = {
            (shop, sample.labels[0]): sample.value
            for shop, sample in self._series
            if sample.metric.name == SUCCESS.name
        }
        silent = [
            (shop, probe, (shop, probe) in success) for shop, probe in self._watched if not success.get((shop, probe))
        ]
        readers = {
            (probe, known): self._rulebook.readers(_made(probe) if known else _made(probe) | _ABOUT)
            for _, probe, known in silent
        }
        return {
            (rule, place) for shop, probe, known in silent for rule in readers[probe, known] for place in (shop, "")
        }

    def lost(self, alert: Alert) -> bool:
        """Whether this alert, which holds no more, ended because nobody looks any more, be it for a gap.

        A gap is about a metric that has the check in its name, or about an alert that has it as a label.
        """
        shop, named = alert.labels.get("shop", ""), alert.labels.get("probe", "")
        read = [probe for probe in probes.known() if alert.rule in self._rulebook.readers(_made(probe))]
        read += [named] if named in probes.known() else []
        seen = [each for each in self._watched if each[1] in read and shop in ("", each[0])]
        if alert.rule not in self._rulebook.names() or (read and not seen):
            return True
        if shop and shop not in {name for name, _ in self._watched}:
            return True
        return any(self._hides(check, alert) for name, check in self._gaps if name in seen)

    def _hides(self, check: str, alert: Alert) -> bool:
        hidden = {name for probe in probes.known() for name in _made(probe) if check in name}
        return check in alert.labels.values() or alert.rule in self._rulebook.readers(hidden)

    @cached_property
    def _gaps(self) -> list[tuple[Name, str]]:
        return [
            ((shop, sample.labels[0]), sample.labels[1])
            for shop, sample in self._series
            if sample.metric.name == NOT_APPLICABLE.name
        ]


def _made(probe: str) -> frozenset[str]:
    return frozenset(metric.name for metric in probes.known()[probe].METRICS)
