"""How many orders came and how many payments went wrong since a moment, counted from one look to the next. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from exporter.model import Sample

_ORDERED = "order_health_orders_total"
_WRONG = frozenset({"order_health_pending_paid_orders", "order_health_payment_anomalies"})


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one shop. `ordered` is None while nothing counts its orders; `wrong` are faults that came up, or more.

    `total` and `open` are the figures of the last look, by which the next one is measured: a fault that is mended while
    another comes up between two looks is not seen as a new one.
    """

    ordered: float | None = None
    wrong: float = 0.0
    total: float | None = None
    open: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float | None:
        """Faults among orders; None where the orders are not known."""
        return self.wrong / self.ordered if self.ordered else None

    def seen(self, total: float | None, opened: Mapping[str, float]) -> Self:
        """After one more look; what it does not tell is as it was."""
        wrong = self.wrong + sum(max(0.0, value - self.open.get(name, 0.0)) for name, value in opened.items())
        if total is None:
            return replace(self, wrong=wrong, open={**self.open, **opened})
        rise = 0.0 if self.total is None else max(0.0, total - self.total)
        ordered = (self.ordered or 0.0) + rise
        return replace(self, ordered=ordered, wrong=wrong, total=total, open={**self.open, **opened})

    def begun(self) -> Self:
        """The same figures to be measured by, and nothing counted yet."""
        return replace(self, ordered=None if self.total is None else 0.0, wrong=0.0)


Tallies = dict[str, Tally]
"""By shop."""


def look(before: Mapping[str, Tally], series: Iterable[tuple[str, Sample]]) -> Tallies:
    totals: dict[str, float] = {}
    opened: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for shop, sample in series:
        name = sample.metric.name
        if name == _ORDERED and "created" in sample.labels:
            totals[shop] = sample.value
        elif name in _WRONG:
            # by kind and not by age: an order that grows older is no new one
            kind = dict(zip(sample.metric.labels, sample.labels, strict=True)).get("kind", "")
            opened[shop][kind] += sample.value
    after = dict(before)
    for shop in totals.keys() | opened.keys():
        after[shop] = before.get(shop, Tally()).seen(totals.get(shop), opened.get(shop, {}))
    return after


def stored(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    return {shop: asdict(tally) for shop, tally in tallies.items()}


def read(found: Mapping[str, Any]) -> Tallies:
    return {shop: Tally(**tally) for shop, tally in found.items()}
