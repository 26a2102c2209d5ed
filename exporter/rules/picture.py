"""The evidence that the samples of one instant bring, made anew for each round and so made cheaply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from exporter.model import Case, Sample
from exporter.promql import Selector
from exporter.rules.evaluation import agree

MOST_CASES = 200
_NEVER = datetime.max.replace(tzinfo=UTC)

Series = Collection[tuple[str, Sample]]
"""Samples with the shop they speak of ("" for what the sidecar says of itself)."""


def _labels(shop: str, sample: Sample) -> Mapping[str, str]:
    return sample.labelled(shop)


_Told = tuple[Mapping[str, str], Sequence[Case]]


class Cases:
    """The evidence of samples, found by metric and shop: 10,000 alerts must not each look through all of it."""

    def __init__(self, series: Series, labels: Callable[[str, Sample], Mapping[str, str]] = _labels) -> None:
        self._by_metric: defaultdict[str, list[_Told]] = defaultdict(list)
        self._by_shop: defaultdict[tuple[str, str], list[_Told]] = defaultdict(list)
        for shop, sample in series:
            if sample.evidence:
                told = labels(shop, sample), sample.evidence
                self._by_metric[sample.metric.name].append(told)
                self._by_shop[sample.metric.name, told[0].get("shop", "")].append(told)

    def evidence(self, selectors: Iterable[Selector], labels: Mapping[str, str]) -> tuple[Case, ...]:
        """The cases of the samples that are selected and agree with the labels: oldest first, each once, the first."""
        found: dict[Case, None] = {}
        for selector in selectors:
            for sample_labels, its_cases in self._near(selector.name or "", labels.get("shop")):
                if selector.accepts(sample_labels) and agree(sample_labels, labels):
                    found.update(dict.fromkeys(its_cases))
        return tuple(sorted(found, key=lambda case: case.since or _NEVER)[:MOST_CASES])

    def _near(self, metric: str, shop: str | None) -> Sequence[_Told]:
        # Samples without a shop agree with any.
        if shop is None:
            return self._by_metric.get(metric, ())
        return [*self._by_shop.get((metric, shop), ()), *(self._by_shop.get((metric, ""), ()) if shop else ())]
