"""Differences counted, summed and kept by kind, in bounded memory."""

from __future__ import annotations

import marshal
import tempfile
from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field
from decimal import Decimal
from typing import IO, Self

from exporter.reconcile.nouns import KINDS, NOTES, Difference, Kind

FIRST = 10
"""So many of a kind are shown on the terminal."""

_IN_MEMORY = 1 << 18
_SORTED = 50_000


@dataclass
class Tally:
    """One kind: how many, the money in question in fen, the first ones by time, and all of them in a file."""

    count: int = 0
    money: int | Decimal = 0
    first: list[Difference] = field(default_factory=list)
    _file: IO[bytes] = field(default_factory=lambda: tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - close()

    def add(self, difference: Difference) -> None:
        self.count += 1
        self.money += difference.at_stake
        if len(self.first) < FIRST or _order(difference) < _order(self.first[-1]):
            insort(self.first, difference, key=_order)
            del self.first[FIRST:]
        plain = tuple(str(each) if isinstance(each, Decimal) else each for each in astuple(difference))
        marshal.dump(plain, self._file)

    def __iter__(self) -> Iterator[Difference]:
        """Oldest first, as long as they are not too many to be sorted."""
        return iter(sorted(self._kept(), key=_order)) if self.count <= _SORTED else self._kept()

    def _kept(self) -> Iterator[Difference]:
        self._file.seek(0)
        for _ in range(self.count):
            kind, number, order, bill, callback, export, state, at, note = marshal.load(self._file)  # noqa: S302 - ours
            amounts = (Decimal(each) if isinstance(each, str) else each for each in (order, bill, callback, export))
            order, bill, callback, export = amounts
            yield Difference(kind, number, order, bill, callback, export, state, at, note)

    def close(self) -> None:
        self._file.close()


def _order(difference: Difference) -> tuple[float, str]:
    return difference.at or 0.0, difference.number


@dataclass
class Tallies:
    """By kind, those that occur."""

    by_kind: dict[Kind, Tally] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for tally in self.by_kind.values():
            tally.close()

    def add(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            tally = self.by_kind.get(difference.kind)
            if tally is None:
                tally = self.by_kind[difference.kind] = Tally()
            tally.add(difference)

    def count(self, kind: Kind) -> int:
        return self.by_kind[kind].count if kind in self.by_kind else 0

    def rename(self, old: Kind, new: Kind) -> None:
        if old in self.by_kind:
            self.by_kind[new] = self.by_kind.pop(old)

    def __iter__(self) -> Iterator[tuple[Kind, Tally]]:
        return ((kind, self.by_kind[kind]) for kind in KINDS if kind in self.by_kind)

    @property
    def equal(self) -> bool:
        return not set(self.by_kind) - NOTES
