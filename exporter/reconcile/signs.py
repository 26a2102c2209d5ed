"""What many differences together point at: a shifted clock, a cut file, numbers that were rounded."""

from __future__ import annotations

from dataclasses import dataclass, field

from exporter.reconcile.nouns import Day, Difference
from exporter.sheets.exports import looks_cut

_SHIFT = 8 * 3600.0
_FEWEST, _SHARE = 3, 0.9


@dataclass
class Hours:
    """When the orders lie that the export lacks, and those that it has too many: eight hours give a zone away."""

    day: Day
    lacking: list[int] = field(default_factory=lambda: [0, 0, 0])
    """In the first eight hours of the day, in its last eight, between."""
    foreign: list[int] = field(default_factory=lambda: [0, 0, 0])
    """In the eight hours before the day, in those after it, elsewhere."""

    def saw(self, difference: Difference) -> None:
        if difference.at is None:
            return
        start, end = self.day.seconds
        if difference.kind == "not_in_export":
            place = 0 if difference.at < start + _SHIFT else 1 if difference.at >= end - _SHIFT else 2
            self.lacking[place] += 1
        elif difference.kind == "other_day":
            before, after = start - _SHIFT <= difference.at < start, end <= difference.at < end + _SHIFT
            self.foreign[0 if before else 1 if after else 2] += 1

    def notes(self) -> list[str]:
        """A shift shows as a whole edge that is lacking, and never on both edges."""
        for edge, other, word in ((0, 1, "later"), (1, 0, "earlier")):
            lacking, foreign = self.lacking[edge], self.foreign[other]
            if lacking >= _FEWEST and lacking >= _SHARE * sum(self.lacking) and foreign >= _SHARE * sum(self.foreign):
                which = "first" if edge == 0 else "last"
                return [
                    f"{lacking:,} of {sum(self.lacking):,} orders that the export lacks lie in the {which} 8 hours"
                    + (f", and {foreign:,} that it has too many lie 8 hours beyond the other edge" if foreign else "")
                    + f": its window seems to be 8 hours {word} than the day (UTC against Beijing time)"
                ]
        return []


def cut(rows: int) -> list[str]:
    """Numbers of rows at which programs stop."""
    if looks_cut(rows):
        return [f"the export has exactly {rows:,} rows: a program may have cut it there"]
    return []


def rounded(count: int, rows: int) -> list[str]:
    if rows >= _FEWEST and count >= rows / 2:
        return [
            f"{count:,} of {rows:,} order numbers in the export end in 000: a spreadsheet has cut them to 15 digits"
        ]
    return []
