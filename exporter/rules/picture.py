"""The evidence that the samples of one instant bring, made anew for each round and so made cheaply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from exporter.model import Case, Sample
from exporter.promql import Selector

MOST_CASES = 200
_NEVER = datetime.max.replace(tzinfo=UTC)

Series = Collection[tuple[str, Sample]]
"""Samples with the shop they speak of ("" for what the sidecar says of itself)."""


def _labels(shop: str, sample: Sample) -> Mapping[str, str]:
    return sample.labelled(shop)


_Told = tuple[Mapping[str, str], Sequence[Case]]


class Cases:
    """The evidence of samples, found by the labels that they share with an alert.

    Ten thousand alerts must not each look through ten thousand samples: an index is made for each set of labels asked for.
    """

    def __init__(self, series: Series, labels: Callable[[str, Sample], Mapping[str, str]] = _labels) -> None:
        self._told: defaultdict[str, defaultdict[frozenset[str], list[_Told]]] = defaultdict(lambda: defaultdict(list))
        self._indexes: dict[tuple[str, frozenset[str], tuple[str, ...]], dict[tuple[str, ...], list[_Told]]] = {}
        for shop, sample in series:
            if sample.evidence:
                its_labels = labels(shop, sample)
                self._told[sample.metric.name][frozenset(its_labels)].append((its_labels, sample.evidence))

    def evidence(self, selectors: Iterable[Selector], labels: Mapping[str, str]) -> tuple[Case, ...]:
        """The cases of the samples that are selected and agree with the labels: oldest first, each once, the first."""
        found: dict[Case, None] = {}
        for selector in selectors:
            for sample_labels, its_cases in self._agreeing(selector.name or "", labels):
                if selector.accepts(sample_labels):
                    found.update(dict.fromkeys(its_cases))
        return tuple(sorted(found, key=lambda case: case.since or _NEVER)[:MOST_CASES])

    def _agreeing(self, metric: str, labels: Mapping[str, str]) -> Iterator[_Told]:
        """Those that say the same wherever both say something."""
        for names in self._told.get(metric, ()):
            shared = tuple(sorted(names & labels.keys()))
            yield from self._index(metric, names, shared).get(tuple(labels[name] for name in shared), ())

    def _index(
        self, metric: str, names: frozenset[str], shared: tuple[str, ...]
    ) -> Mapping[tuple[str, ...], Sequence[_Told]]:
        if (metric, names, shared) not in self._indexes:
            index: defaultdict[tuple[str, ...], list[_Told]] = defaultdict(list)
            for told in self._told[metric][names]:
                index[tuple(told[0][name] for name in shared)].append(told)
            self._indexes[metric, names, shared] = index
        return self._indexes[metric, names, shared]
