"""A file held against what databases counted before it was asked for and after it came: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from exporter.probes.export_rows.amounts import differences
from exporter.probes.export_rows.findings import Finding, Found, Verdict
from exporter.probes.export_rows.nouns import Bracket, Count, Exported, Fen, Pair

SHIFT = 8
"""Hours between UTC and Beijing."""

_MOST = 0.8
_TOLD = 5
_MINUTE = 60.0
"""Files may show no seconds."""
_FEWEST = 3
_ENOUGH = 100
"""So many orders are not the same number by accident, or rarely."""


@dataclass(frozen=True, slots=True)
class Further:
    """What is asked only of a file that does not agree with the first count.

    `replicas`: how many orders each showed before and after; `pairs` and `unknown`: the sampled orders, and the sampled
    numbers that nobody knows; `shifted`: how many orders the primary has in the window moved by so many hours, asked
    where there are no pairs.
    """

    replicas: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    shifted: Mapping[int, int] = field(default_factory=dict)
    pairs: Sequence[Pair] = ()
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How the file is meant: `items`: several rows may be one order's; `page`: so many rows are read at a time."""

    items: bool = False
    page: int | None = None
    float_column: str = ""


def agrees(file: Exported, count: Count, terms: Terms) -> bool:
    """Nothing needs to be asked any more."""
    return (
        _orders(file) == count.orders
        and not file.outside
        and (terms.items or not file.repeated)
        and _difference(file, count, items=terms.items) in {None, 0}
    )


def compare(file: Exported, bracket: Bracket, terms: Terms, further: Further | None = None) -> Verdict:
    return _Comparison(file, bracket, terms, further or Further()).verdict()


@dataclass(frozen=True)
class _Comparison:
    file: Exported
    bracket: Bracket
    terms: Terms
    further: Further

    def verdict(self) -> Verdict:
        outside = self.file.outside if self._times_are_true else 0
        inside = _orders(self.file) - outside
        missing, extra = max(0, self.bracket.low - inside), max(0, inside - self.bracket.high) + outside
        difference = None
        if self.bracket.settled:
            difference = _difference(self.file, self.bracket.after, items=self.terms.items)
        found = dict((*differences(self.further.pairs), *self._of_rows(missing), *self._of_cells()))
        return Verdict(missing, extra, difference, found)

    # --- which rows

    def _of_rows(self, missing: int) -> Iterator[tuple[Finding, Found]]:
        zone = self._zone()
        if zone:
            yield "time_zone", Found(max(missing, self.file.outside, 1), ((zone, ""),))
        elif self._times_are_true and self.file.outside:
            yield "boundary", Found(self.file.outside, (self._edge(),))
        elif strays := [] if self.file.minutes else self._strays:
            yield "boundary", Found(len(strays), tuple((each, "") for each in strays[:_TOLD]))
        if missing:
            yield from self._why_missing(missing)
        if self.file.repeated > 0 and not self.terms.items:
            yield "repeated", Found(self.file.repeated)
        if self.further.unknown:
            yield (
                "unknown_orders",
                Found(len(self.further.unknown), tuple((each, "") for each in self.further.unknown[:_TOLD])),
            )

    def _why_missing(self, missing: int) -> Iterator[tuple[Finding, Found]]:
        from exporter.sheets.exports import looks_cut  # noqa: PLC0415 - reading tables is for those who need it

        rows = self.file.rows
        if looks_cut(rows) or (self.terms.page and rows and rows % self.terms.page == 0):
            yield "truncated", Found(missing, ((f"{rows:,}", ""),))
        behind = [
            name
            for name, shown in self.further.replicas.items()
            if min(shown) <= _orders(self.file) <= max(shown) and min(shown) < self.bracket.low
        ]
        if behind:
            yield "replica", Found(missing, tuple((name, "") for name in behind))

    def _zone(self) -> str:
        """`+8 h` where the file's window, or the times that it shows, lie eight hours later than they should."""
        hours = self._times_off or self._window_off
        return f"{hours:+d} h" if hours else ""

    @property
    def _window_off(self) -> int:
        """Told by where the sampled orders lie; without them by how many orders there would be."""
        orders, true = _orders(self.file), [pair.offset for pair in self.further.pairs if pair.offset is not None]
        for hours in (SHIFT, -SHIFT):
            shift, length = hours * 3600.0, self.bracket.window.seconds
            if true:
                moved = all(shift <= each < length + shift for each in true)
                if moved and sum(not 0 <= each < length for each in true) >= _FEWEST:
                    return hours
            elif orders >= _ENOUGH and orders == self.further.shifted.get(hours):
                return 0 if self.bracket.low <= orders <= self.bracket.high else hours
        return 0

    def _edge(self) -> tuple[str, str]:
        """The first instant of the next day is what BETWEEN takes in."""
        first, last, length = self.file.earliest or 0.0, self.file.latest or 0.0, self.bracket.window.seconds
        if first >= 0 and last == length:
            return "BETWEEN", "= 24:00:00"
        return ("< 00:00:00" if first < 0 else ">= 24:00:00"), ""

    @property
    def _strays(self) -> list[str]:
        """Sampled orders that lie outside of the window."""
        length, pairs = self.bracket.window.seconds, self.further.pairs
        return [each.file.number for each in pairs if each.offset is not None and not 0 <= each.offset < length]

    # --- the times that the file shows

    @property
    def _offsets(self) -> list[float]:
        both = ((pair.file.offset, pair.offset) for pair in self.further.pairs)
        return [theirs - ours for theirs, ours in both if theirs is not None and ours is not None]

    @property
    def _times_are_true(self) -> bool:
        """Its column of times is that by which the window is meant, and in its zone."""
        offsets = self._offsets
        return bool(offsets) and sum(abs(each) < _MINUTE for each in offsets) >= _MOST * len(offsets)

    @property
    def _times_off(self) -> int:
        """By how many whole hours all its times differ; 0 where they do not, or each by something else."""
        offsets = self._offsets
        hours = round(offsets[0] / 3600) if len(offsets) >= _FEWEST else 0
        fits = sum(abs(each - hours * 3600) < _MINUTE for each in offsets)
        return hours if hours and fits >= _MOST * len(offsets) else 0

    # --- which cells

    def _of_cells(self) -> Iterator[tuple[Finding, Found]]:
        flaws = self.file.flaws
        damaged = flaws.get("damaged", 0)
        cut = flaws.get("rounded", 0)
        if cut >= _FEWEST and cut * 2 >= self.file.rows:
            damaged += cut
        counts: dict[Finding, int] = {
            "numbers_damaged": damaged,
            "numbers_missing": flaws.get("numberless", 0),
            "amount_float": flaws.get("float", 0),
            "amount_scale": flaws.get("scale", 0),
            "amount_scientific": flaws.get("scientific", 0),
            "amount_unreadable": flaws.get("unreadable", 0),
        }
        yield from ((finding, Found(count)) for finding, count in counts.items() if count)
        if self.terms.float_column:
            yield "float_column", Found(1, ((self.terms.float_column, ""),))


def _orders(file: Exported) -> int:
    """A row whose number is damaged is an order nevertheless."""
    return file.orders + file.flaws.get("damaged", 0) + file.flaws.get("numberless", 0)


def _difference(file: Exported, count: Count, *, items: bool) -> Fen | None:
    """Items may each repeat the order's amount, or bear their own."""
    if count.amount is None or file.amount is None or file.first_amount is None:
        return None
    of_rows, of_orders = Decimal(file.amount) - count.amount, Decimal(file.first_amount) - count.amount
    return of_orders if items and abs(of_orders) < abs(of_rows) else of_rows
