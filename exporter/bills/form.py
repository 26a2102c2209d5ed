"""What all bills have in common: a header by names, lines, and a sum that must agree before the bill is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from exporter.bills.nouns import BEIJING
from exporter.sheets import SheetFaultError, clean, damage, fen, folded, is_blank

Line = tuple[int, Sequence[str]]


@dataclass
class Page:
    """The lines of one bill below its header. `line` is the one read last, `names` the folded names of the columns."""

    file: str
    names: list[str]
    lines: Iterator[Line]
    line: int = 0
    totals: dict[str, int | Decimal] = field(default_factory=dict)

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
            if not is_blank(cells):
                yield cells

    def number(self, cell: str) -> str:
        """The shop's number; one that a spreadsheet has damaged is a fault."""
        if lost := damage(cell):
            raise self.fault(lost, "商户订单号")
        return clean(cell)

    def fen(self, cells: Sequence[str], place: int | None, name: str = "") -> int | Decimal:
        """An amount of this line, 0 where there is none; it is added to the total of `name`."""
        if place is None:
            return 0
        try:
            amount = fen(cells[place]) or 0
        except ValueError as error:
            raise self.fault(str(error), self.names[place]) from None
        if name:
            self.totals[name] = self.totals.get(name, 0) + amount
        return amount

    def moment(self, text: str, column: str) -> datetime:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)
        except ValueError:
            raise self.fault(f"{text[:40]!r} is not a time", column) from None

    def fault(self, text: str, column: str = "") -> SheetFaultError:
        advice = "download the bill again; a spreadsheet that saves it may have changed it"
        return SheetFaultError(self.file, text, advice, line=self.line, column=column)

    def agree(self, said: Mapping[str, tuple[str, int | Decimal | None]]) -> None:
        """Holds what the bill's last lines say (their name → our name, value) against what was read."""
        for name, (ours, value) in said.items():
            read = self.totals.get(ours, 0)
            if value is not None and value != read:
                text = f"the bill says {name} {_shown(ours, value)}, its lines give {_shown(ours, read)}"
                raise SheetFaultError(self.file, text, "it is cut or was edited: download it again", line=self.line)

    def count(self, name: str) -> None:
        self.totals[name] = self.totals.get(name, 0) + 1


def _shown(name: str, value: int | Decimal) -> str:
    return str(value) if name.endswith("count") else f"{Decimal(value) / 100:.2f}"


def text(cell: str) -> str | None:
    """None for an empty cell and for the 0 that bills write in its place."""
    found = clean(cell)
    return found if found and found != "0" else None
