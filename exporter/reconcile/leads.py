"""From the number that a payment names to the number that orders are known by there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from exporter.shop import Shop

Fold = Callable[[Iterable[str]], list[str]]
Amount = TypeVar("Amount")

_SECONDS = 60.0


class Leads:
    """`plain`: the number itself leads there. `linked`: it leads over other tables, perhaps to several orders."""

    def __init__(self, shop: Shop, fold: Fold) -> None:
        self._callbacks = shop.mapping.callbacks
        self._shop, self._fold = shop, fold
        self.linked = self._callbacks is not None and bool(self._callbacks.link)
        self.plain = self._callbacks is None or not (self._callbacks.link or "trade_no" in self._callbacks.transform)

    def keys(self, numbers: Sequence[str]) -> list[str]:
        """One for each; of a linked number the number itself."""
        if self.plain or self.linked or self._callbacks is None:
            return self._fold(numbers)
        return self._fold([self._callbacks.transformed("trade_no", number.strip()) for number in numbers])

    def spread(
        self, numbers: Sequence[str], amounts: Sequence[Amount], unknown: Amount, *columns: Sequence[str]
    ) -> tuple[list[str], Sequence[Amount], Sequence[Sequence[str]]]:
        """Keys, amounts and columns; where a number pays several orders a row for each, of an `unknown` amount."""
        if not self.linked:
            return self.keys(numbers), amounts, columns
        ends = self._shop.bounded("reconcile", _SECONDS).resolve(set(numbers))
        rows = [(row, lead) for row, number in enumerate(numbers) for lead in ends.get(number) or [number]]
        alone = [len(ends.get(number, ())) <= 1 for number in numbers]
        picked = [row for row, _ in rows]
        spread_amounts = [amounts[row] if alone[row] else unknown for row in picked]
        return (
            self._fold([lead for _, lead in rows]),
            spread_amounts,
            [[each[row] for row in picked] for each in columns],
        )
