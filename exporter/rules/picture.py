"""The evidence that the samples of one instant bring, made anew for each round and so made cheaply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from exporter.model import Case, Sample
from exporter.promql import Selector
from exporter.rules.agreeing import Agreeing

MOST_CASES = 200
_NEVER = datetime.max.replace(tzinfo=UTC)

Series = Collection[tuple[str, Sample]]
"""Samples with the shop they speak of ("" for what the sidecar says of itself)."""


def _labels(shop: str, sample: Sample) -> Mapping[str, str]:
    return sample.labelled(shop)


class Cases:
    """The evidence of samples, found by metric and labels."""

    def __init__(self, series: Series, labels: Callable[[str, Sample], Mapping[str, str]] = _labels) -> None:
        told: defaultdict[str, list[tuple[Mapping[str, str], Sequence[Case]]]] = defaultdict(list)
        for shop, sample in series:
            if sample.evidence:
                told[sample.metric.name].append((labels(shop, sample), sample.evidence))
        self._told = {metric: Agreeing(each) for metric, each in told.items()}

    def evidence(self, selectors: Iterable[Selector], labels: Mapping[str, str]) -> tuple[Case, ...]:
        """The cases of the samples that are selected and agree with the labels: oldest first, each once, the first."""
        found: dict[Case, None] = {}
        for selector in selectors:
            if told := self._told.get(selector.name or ""):
                for sample_labels, its_cases in told.find(labels):
                    if selector.accepts(sample_labels):
                        found.update(dict.fromkeys(its_cases))
        return tuple(sorted(found, key=lambda case: case.since or _NEVER)[:MOST_CASES])
