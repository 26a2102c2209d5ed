"""Statuses that the mapping does not know: orders that bear them are seen by no check, and a 0 would be a lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from exporter.model import Gap
from exporter.shop import ShopError

ENOUGH = 3
"""Fewer orders than this prove nothing: a shop may have a status that is rightly nobody's concern."""

_SHOWN = 5


@dataclass(slots=True)
class Statuses:
    """What the orders of one run say of themselves: how many the mapping knows, and the words that it does not."""

    known: int = 0
    strange: dict[str, int] = field(default_factory=dict)

    def note(self, raw: object, kind: str | None) -> None:
        if kind is not None:
            self.known += 1
        elif raw is not None:
            word = repr(raw)[:24]
            self.strange[word] = self.strange.get(word, 0) + 1

    def gaps(self) -> Iterator[Gap]:
        """One when some are unknown; raises ShopError when nothing but unknown ones came up."""
        if not self.strange:
            return
        words = ", ".join(sorted(self.strange, key=lambda word: -self.strange[word])[:_SHOWN])
        if not self.known and sum(self.strange.values()) >= ENOUGH:
            raise ShopError(
                f"the mapping knows the status of none of the orders looked at: they say {words}; "
                "write these values under tables: orders: status:"
            )
        yield Gap("status", f"映射里没有这些订单状态：{words} / the mapping does not know these statuses: {words}")
