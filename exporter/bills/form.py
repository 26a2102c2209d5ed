"""What all bills have in common: a header by names, lines, and a sum that must agree before the bill is believed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from exporter.bills.nouns import BEIJING
from exporter.sheets import Kept, Number, SheetFaultError, clean, damage, fen, folded, is_blank

Line = tuple[int, Sequence[str]]

BATCH = 5_000
"""So many lines are worked on at a time."""

_PLAIN = re.compile(r"(?:[A-Z]{0,8}\d{1,32}\n)*")
"""Numbers that need no cleaning, each on a line."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of data, all their cells in one row; `lines` are their numbers."""

    lines: Sequence[int]
    cells: Sequence[str]
    width: int

    @classmethod
    def of(cls, rows: Sequence[Line], width: int) -> Block:
        return cls([line for line, _ in rows], [cell for _, row in rows for cell in row[:width]], width)

    def column(self, place: int) -> Sequence[str]:
        return self.cells[place :: self.width]


@dataclass
class Page:
    """The lines of one bill below its header. `line` is the one read last, `names` the folded names of the columns.

    `said` is what the bill says of itself, on the line `said_on`: its word → the name of our total, and the value.
    """

    file: str
    names: list[str]
    lines: Iterator[Line]
    line: int = 0
    totals: defaultdict[str, int | Decimal] = field(default_factory=lambda: defaultdict(int))
    said: dict[str, tuple[str, int | Decimal | None]] = field(default_factory=dict)
    said_on: int = 0
    _amounts: Kept[int | Decimal] = field(default_factory=lambda: Kept(lambda cell: fen(cell) or 0))
    _moments: Kept[datetime] = field(default_factory=lambda: Kept(_moment))

    def at(self, *names: str) -> int | None:
        """The place of the first of these columns that the bill has."""
        return next((self.names.index(each) for name in names if (each := folded(name)) in self.names), None)

    def need(self, *names: str) -> int:
        place = self.at(*names)
        if place is None:
            advice = "download the bill again, as it is given by the payment channel"
            raise SheetFaultError(self.file, f"no column {names[0]}", advice, line=self.line)
        return place

    def rows(self) -> Iterator[Sequence[str]]:
        """The cells of each line, blank ones left out; `line` follows."""
        for line, cells in self.lines:
            self.line = line
            if cells[0] or not is_blank(cells):
                yield cells

    def number(self, cell: str) -> str:
        """The shop's number; one that a spreadsheet has damaged is a fault."""
        if lost := damage(cell):
            raise self.fault(lost, "商户订单号")
        return clean(cell)

    def numbers(self, block: Block, place: int) -> list[str]:
        """`number` of each line."""
        found = list(block.column(place))
        if _PLAIN.fullmatch("\n".join([*found, ""])) and Number not in set(map(type, found)):
            return found
        for index, line in enumerate(block.lines):
            self.line = line
            found[index] = self.number(found[index])
        return found

    def fen(self, cells: Sequence[str], place: int | None, name: str = "") -> int | Decimal:
        """An amount of this line, 0 where there is none; it is added to the total of `name`."""
        return (
            0 if place is None else self.amounts(Block((self.line,), (cells[place],), 1), 0, name, self.names[place])[0]
        )

    def amounts(self, block: Block, place: int, name: str = "", column: str = "") -> list[int | Decimal]:
        """`fen` of each line."""
        found = self.column(block, place, self._amounts, column)
        if name:
            self.totals[name] += sum(found)
        return found

    def moment(self, cells: Sequence[str], place: int) -> datetime:
        return self.column(Block((self.line,), (cells[place],), 1), 0, self._moments, self.names[place])[0]

    def moments(self, block: Block, place: int) -> list[datetime]:
        """Times in Beijing as UTC."""
        return self.column(block, place, self._moments)

    def column(self, block: Block, place: int, kept: Kept[Value], name: str = "") -> list[Value]:
        """What the cells of a column mean; the line of one that means nothing is told."""
        cells = block.column(place)
        try:
            return list(map(kept.__getitem__, cells))
        except ValueError:
            for line, cell in zip(block.lines, cells, strict=True):
                self.line = line
                try:
                    kept[cell]
                except ValueError as error:
                    raise self.fault(str(error), name or self.names[place]) from None
            raise

    def fault(self, text: str, column: str = "") -> SheetFaultError:
        advice = "download the bill again; a spreadsheet that saves it may have changed it"
        return SheetFaultError(self.file, text, advice, line=self.line, column=column)

    def agree(self) -> None:
        """Holds `said` against what was read."""
        for name, (ours, value) in self.said.items():
            read = self.totals.get(ours, 0)
            if value is not None and value != read:
                text = f"the bill says {name} {_shown(ours, value)}, its lines give {_shown(ours, read)}"
                raise SheetFaultError(
                    self.file, text, "it is cut or was edited: download it again", line=self.said_on or self.line
                )

    def count(self, name: str) -> None:
        self.totals[name] += 1


def _shown(name: str, value: int | Decimal) -> str:
    return str(value) if name.endswith("count") else f"{Decimal(value) / 100:.2f}"


def text(cell: str) -> str | None:
    """None for an empty cell and for the 0 that bills write in its place."""
    found = clean(cell)
    return found if found and found != "0" else None


def _moment(cell: str) -> datetime:
    try:
        return datetime.fromisoformat(clean(cell)).replace(tzinfo=BEIJING).astimezone(UTC)
    except ValueError:
        raise ValueError(f"{cell[:40]!r} is not a time") from None
