"""The rows of one table of an export: which are data, which order each names, and for how much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import itemgetter

from exporter.reconcile.nouns import Difference, Fen
from exporter.sheets import Header, Kept, Number, SheetFaultError, clean, damage, fen, is_blank, is_summary

Line = tuple[int, Sequence[str]]
Taken = tuple[list[str], list[Fen], list[int], list[Difference]]

_PLAIN = re.compile(r"(?:[A-Z]{0,8}\d{1,32}\n)*")
"""Numbers that need no cleaning, each on a line; no damage and no 合计 looks like that."""
_ROW, _LINE = itemgetter(1), itemgetter(0)


class Table:
    """`taken` reads a batch by its columns, and row by row where a row is out of the ordinary."""

    def __init__(self, file: str, head: Header) -> None:
        self._file, self._head = file, head
        self._number, self._amount = head.at["number"], head.at.get("amount")
        self._amounts = Kept(fen)

    def taken(self, lines: Sequence[Line]) -> Taken:
        """Numbers, amounts, lines, and the rows whose number is damaged; raises SheetFaultError."""
        rows = list(map(_ROW, lines))
        if max(map(len, rows)) <= self._head.width:
            try:
                numbers = list(map(itemgetter(self._number), rows))
                if _PLAIN.fullmatch("\n".join([*numbers, ""])) and Number not in set(map(type, numbers)):
                    return numbers, self._amounts_of(rows), list(map(_LINE, lines)), []
            except (IndexError, ValueError):
                pass  # a row that is short, or an amount that is none: row by row its line is known
        return self._by_row(lines)

    def _amounts_of(self, rows: Sequence[Sequence[str]]) -> list[Fen]:
        if self._amount is None:
            return [None] * len(rows)
        return list(map(self._amounts.__getitem__, map(itemgetter(self._amount), rows)))

    def _by_row(self, lines: Sequence[Line]) -> Taken:
        taken: Taken = ([], [], [], [])
        numbers, amounts, places, lost = taken
        width = self._head.width
        for line, cells in lines:
            if len(cells) > width and any(cells[width:]):
                raise self._fault(line, f"{len(cells)} cells under a header of {width}", 'quote texts with commas: "…"')
            if is_blank(cells) or is_summary(cells):
                continue
            cell = cells[self._number] if self._number < len(cells) else ""
            amount, number = self._fen(line, cells), clean(cell)
            if why := damage(cell):
                lost.append(Difference("damaged", number, export=amount, note=f"line {line}: {why}"))
                continue
            if not number:
                raise self._fault(line, "no order number", "correct the row, or name the column: --number-column")
            numbers.append(number)
            amounts.append(amount)
            places.append(line)
        return taken

    def _fen(self, line: int, cells: Sequence[str]) -> Fen:
        place = self._amount
        if place is None or place >= len(cells):
            return None
        try:
            return fen(cells[place])
        except ValueError as error:
            name = self._head.names[place]
            raise SheetFaultError(self._file, str(error), "correct the cell", line=line, column=name) from None

    def _fault(self, line: int, text: str, advice: str) -> SheetFaultError:
        return SheetFaultError(self._file, text, advice, line=line)
