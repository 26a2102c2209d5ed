"""From the number that a payment names to the number that orders are known by there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from exporter.shop import Shop

Fold = Callable[[Iterable[str]], list[str]]


class Leads:
    """`plain`: the number itself leads there. `linked`: it leads over other tables, perhaps to several orders."""

    def __init__(self, shop: Shop, fold: Fold) -> None:
        self._callbacks = shop.mapping.callbacks
        self._shop, self._fold = shop, fold
        self.linked = self._callbacks is not None and bool(self._callbacks.link)
        self.plain = self._callbacks is None or not (self._callbacks.link or "trade_no" in self._callbacks.transform)

    def keys(self, numbers: Sequence[str]) -> list[str]:
        """One for each; where a number pays several orders, that of the first."""
        if self.plain or self._callbacks is None:
            return self._fold(numbers)
        if not self.linked:
            return self._fold([self._callbacks.transformed("trade_no", number.strip()) for number in numbers])
        ends = self._shop.bounded("reconcile", 60.0).resolve(set(numbers))
        return self._fold([next(iter(ends.get(number, ())), number) for number in numbers])
