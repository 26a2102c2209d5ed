"""Some hundred orders of a file, spread over all of it, for holding them against the primary one by one."""

from __future__ import annotations

from exporter.probes.export_rows.nouns import Fen, Sampled

SIZE = 200


class Sample:
    """The orders with the smallest digests: which they are depends on nothing else."""

    def __init__(self) -> None:
        self._kept: dict[int, Sampled] = {}
        self._below = 1 << 64

    def add(self, mark: int, number: str, amount: Fen | None, offset: float | None) -> None:
        if mark < self._below:
            self._kept[mark] = Sampled(number, amount, amount, offset)
            if len(self._kept) > 2 * SIZE:
                self._thin()

    def more(self, mark: int, amount: Fen) -> None:
        """A further row of an order."""
        if known := self._kept.get(mark):
            known.total = (known.total or 0) + amount

    def orders(self) -> tuple[Sampled, ...]:
        self._thin()
        return tuple(self._kept.values())

    def _thin(self) -> None:
        marks = sorted(self._kept)[:SIZE]
        if len(marks) == SIZE:
            self._below = marks[-1] + 1
        self._kept = {mark: self._kept[mark] for mark in marks}
