"""Things found by the labels that they share with an alert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Agreeing(Generic[Thing]):
    """Ten thousand alerts must not each look through ten thousand things: every set of names asked for has an index."""

    def __init__(self, labelled: Iterable[tuple[Mapping[str, str], Thing]]) -> None:
        self._by_names: defaultdict[frozenset[str], list[tuple[Mapping[str, str], Thing]]] = defaultdict(list)
        self._indexes: dict[
            tuple[frozenset[str], tuple[str, ...]], dict[tuple[str, ...], list[tuple[Mapping[str, str], Thing]]]
        ] = {}
        for labels, thing in labelled:
            self._by_names[frozenset(labels)].append((labels, thing))

    def find(self, labels: Mapping[str, str]) -> Iterator[tuple[Mapping[str, str], Thing]]:
        """With their own labels, those that say the same wherever both say something."""
        for names in self._by_names:
            shared = tuple(sorted(names & labels.keys()))
            yield from self._index(names, shared).get(tuple(labels[name] for name in shared), ())

    def _index(
        self, names: frozenset[str], shared: tuple[str, ...]
    ) -> dict[tuple[str, ...], list[tuple[Mapping[str, str], Thing]]]:
        if (names, shared) not in self._indexes:
            index = self._indexes[names, shared] = defaultdict(list)
            for labels, thing in self._by_names[names]:
                index[tuple(labels[name] for name in shared)].append((labels, thing))
        return self._indexes[names, shared]
