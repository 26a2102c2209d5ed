"""Why amounts differ, told by orders of which both sides have one: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from exporter.probes.export_rows.findings import Finding, Found
from exporter.probes.export_rows.nouns import Fen, Pair

Both = tuple[Decimal, Decimal]

_MOST = 0.9
_FEWEST = 5
"""So many orders with one ratio are a rate, and no accident."""
_PRECISION = Decimal("0.0005")
_TOLD = 5
_HUNDRED = (Decimal(100), Decimal("0.01"))


def differences(pairs: Sequence[Pair]) -> Iterator[tuple[Finding, Found]]:
    """At most one of float, unit, rate and column; the orders that show it, the largest difference first."""
    odd = [(pair, theirs, ours) for pair in pairs if (both := _both(pair)) for theirs, ours in [both] if theirs != ours]
    if not odd:
        return
    finding = _kind([(theirs, ours) for _, theirs, ours in odd])
    odd.sort(key=lambda each: -abs(each[1] - each[2]))
    seen = tuple((pair.file.number, f"{yuan(theirs)} / {yuan(ours)}") for pair, theirs, ours in odd[:_TOLD])
    yield finding, Found(len(odd), seen)


def _both(pair: Pair) -> Both | None:
    """The file's amount (of the order's rows together, or the one they repeat) and the primary's."""
    total, first, ours = pair.file.total, pair.file.first, pair.amount
    if total is None or first is None or ours is None:
        return None
    return Decimal(first if first == ours else total), Decimal(ours)


def _kind(odd: Sequence[Both]) -> Finding:
    if all(abs(theirs - ours) < 1 for theirs, ours in odd):
        return "amount_float"
    ratios = [theirs / ours for theirs, ours in odd if theirs and ours]
    for ratio in _HUNDRED:
        if ratios and sum(each == ratio for each in ratios) >= _MOST * len(odd):
            return "amount_unit"
    if len(ratios) >= _FEWEST:
        rate = median(ratios)
        fits = sum(abs(theirs - ours * rate) <= max(Decimal(1), abs(ours) * _PRECISION) for theirs, ours in odd)
        if fits >= _MOST * len(odd) and len({ours for _, ours in odd}) >= _FEWEST:
            return "amount_rate"
    return "amount_column"


def yuan(amount: Fen) -> str:
    return f"{Decimal(amount) / 100:,.2f}"
