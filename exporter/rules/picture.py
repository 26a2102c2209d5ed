"""All samples of one instant as rules see them, made anew for each round and so made cheaply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from exporter.model import Case, Sample
from exporter.promql import Samples, Selector, Value, filled
from exporter.rules.evaluation import agree

MOST_CASES = 200
_NEVER = datetime.max.replace(tzinfo=UTC)

Series = Collection[tuple[str, Sample]]
"""Samples with the shop they speak of ("" for what the sidecar says of itself)."""

_Told = tuple[Mapping[str, str], Sequence[Case]]


class Cases:
    """The evidence of samples, found by metric and shop: 10,000 alerts must not each look through all of it."""

    def __init__(self, series: Series) -> None:
        self._by_metric: defaultdict[str, list[_Told]] = defaultdict(list)
        self._by_shop: defaultdict[tuple[str, str], list[_Told]] = defaultdict(list)
        for shop, sample in series:
            if sample.evidence:
                told = sample.labelled(shop), sample.evidence
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


class Values:
    """Samples as series with labels, kept from one round to the next: most of them are the very same objects."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, Sample, Value]] = {}

    def of(self, series: Series) -> Samples:
        before = self._known
        now: dict[int, tuple[str, Sample, Value]] = {}
        values = []
        for shop, sample in series:
            known = before.get(id(sample))
            if known is None or known[1] is not sample or known[0] != shop:
                labels = filled({**sample.labelled(shop), "__name__": sample.metric.name})
                known = shop, sample, Value(labels, sample.value)
            now[id(sample)] = known
            values.append(known[2])
        self._known = now
        return Samples.ready(values)
