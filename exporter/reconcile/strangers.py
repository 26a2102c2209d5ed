"""Numbers that one side names and the day's rows do not have: asked for one by one, as far as that is bearable."""

from __future__ import annotations

from collections.abc import Collection

from exporter.reconcile.nouns import Order, Paid
from exporter.reconcile.reading import Callbacks, Orders
from exporter.shop import Refused

MOST = 20_000
"""So many are looked up in all; of more it is said that they were not."""


class Strangers:
    """Looks up; `note` says what was left out."""

    def __init__(self, orders: Orders, callbacks: Callbacks | None) -> None:
        self._orders, self._callbacks = orders, callbacks
        self._left, self.skipped, self._refused = MOST, 0, ""

    def orders(self, by: str, keys: Collection[str]) -> dict[str, list[Order]]:
        """Orders of any day by their key."""
        wanted = self._allowed(keys)
        try:
            return self._orders.found(by, wanted) if wanted else {}
        except Refused as refused:
            return self._given_up(refused, wanted)

    def callbacks(self, keys: Collection[str]) -> dict[str, list[Paid]] | None:
        """Callbacks of any time by their key; None where they cannot be asked for by number."""
        if self._callbacks is None or not self._callbacks.leads.plain:
            return None
        wanted = self._allowed(keys)
        try:
            return self._callbacks.found(wanted) if len(wanted) == len(keys) else None
        except Refused as refused:
            self._given_up(refused, wanted)
            return None

    def notes(self) -> list[str]:
        if not self.skipped:
            return []
        why = self._refused or f"more than {MOST:,} of them"
        return [f"{self.skipped:,} numbers without an order of the day were not looked up on other days: {why}"]

    def _allowed(self, keys: Collection[str]) -> list[str]:
        wanted = sorted(keys)[: self._left] if not self._refused else []
        self._left -= len(wanted)
        self.skipped += len(keys) - len(wanted)
        return wanted

    def _given_up(self, refused: Refused, wanted: Collection[str]) -> dict[str, list[Order]]:
        self._refused = str(refused)
        self.skipped += len(wanted)
        return {}
