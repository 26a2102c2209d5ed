"""From the number that a payment names to the number that orders are known by there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exporter.shop import Shop

Row = tuple[Any, ...]


class Leads:
    """`key` folds a number, and transforms it where the mapping says so; `applied` follows a link over other tables."""

    def __init__(self, shop: Shop, fold: Callable[[str], str]) -> None:
        callbacks = shop.mapping.callbacks
        self._shop, self._fold = shop, fold
        self._linked = callbacks is not None and bool(callbacks.link)
        self.plain = callbacks is None or not (callbacks.link or "trade_no" in callbacks.transform)
        self.key: Callable[[str], str] = fold
        if self._linked:
            self.key = str.strip
        elif callbacks is not None and not self.plain:
            self.key = lambda number: fold(callbacks.transformed("trade_no", number.strip()))

    def applied(self, rows: list[Row]) -> list[Row]:
        """Rows whose first is a `key`. One that pays several orders becomes a row for each, its amount not known."""
        if not self._linked:
            return rows
        ends = self._shop.bounded("reconcile", 60.0).resolve({row[0] for row in rows})
        found: list[Row] = []
        for row in rows:
            leads = ends.get(row[0]) or [row[0]]
            if len(leads) == 1:
                found.append((self._fold(leads[0]), *row[1:]))
            else:
                found += [(self._fold(lead), None, *row[2:]) for lead in leads]
        return found
