"""An exported file read once, row by row, in memory that does not grow with its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import chain, islice
from typing import IO, Literal

from exporter.probes.export_rows.cells import placed, priced
from exporter.probes.export_rows.nouns import Exported, Fen, Window
from exporter.probes.export_rows.numbers import Numbers, digest
from exporter.probes.export_rows.sampling import Sample
from exporter.sheets import (
    Header,
    Kept,
    Limits,
    SheetFaultError,
    clean,
    damage,
    header,
    is_blank,
    is_summary,
    numbered,
    parts,
    rounded,
)
from exporter.sheets.table import TITLES

BATCH = 5_000

Cells = Sequence[str]
Lines = Iterator[tuple[int, list[str]]]

_NUMBER = re.compile(r"(?=.*\d)[\w./#:-]{1,64}", re.ASCII)
_SUSPECT = frozenset(("", *"合总小汇共GgTtSs \t\"'`="))
"""How a row of sums may begin."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the file is to be read. `columns`: our words number, amount and time → the names they may have in it."""

    columns: Mapping[str, Sequence[str]]
    window: Window
    zone: tzinfo
    unit: Literal["yuan", "fen"] = "yuan"
    caseless: bool = False


class Reader:
    """`keep_on` is asked between batches, and raises when the time is over."""

    def __init__(self, form: Form, keep_on: Callable[[], None]) -> None:
        self._form, self._keep_on = form, keep_on
        self._amounts = Kept(priced(form.unit))
        self._offsets = Kept(placed(form.window.since, form.zone))
        self._numbers, self._sample, self._flaws = Numbers(), Sample(), Counter[str]()
        self._minutes = [0] * int(form.window.seconds // 60)
        self._earliest, self._latest = float("inf"), float("-inf")
        self._rows = self._outside = 0
        self._amount: Fen = 0
        self._first_amount: Fen = 0
        self._has_amounts = False

    def read(self, file: IO[bytes], name: str, limits: Limits) -> Exported:
        """Raises SheetFaultError; its `text` and `advice` hold nothing of the rows."""
        read = False
        for part in parts(file, name, limits):
            lines = numbered(part, limits=limits)
            lines = chain(list(islice(lines, TITLES)), lines)  # what cannot be read is no missing heading
            try:
                head = self._header(part.name, lines)
            except SheetFaultError:
                if read and part.kind == "xlsx":  # a sheet of notes behind the orders
                    continue
                raise
            read = True
            while batch := list(islice(lines, BATCH)):
                self._take(head, batch)
                self._keep_on()
        return self._exported()

    def _header(self, name: str, lines: Lines) -> Header:
        try:
            return header(name, lines, self._form.columns, ("number",))
        except SheetFaultError as error:
            if not error.line:  # no rows at all
                raise
            known = ", ".join(self._form.columns["number"][:6])
            text = f"no heading names a column of order numbers ({known})"
            raise SheetFaultError(name, text, "write number_column as this file has it") from None

    def _take(self, head: Header, batch: Sequence[tuple[int, list[str]]]) -> None:
        at, title, caseless = head.at["number"], head.names[head.at["number"]], self._form.caseless
        for _, cells in batch:
            cell = cells[at] if at < len(cells) else ""
            if type(cell) is not str or not (cell.isascii() and cell.isalnum()) or cells[0][:1] in _SUSPECT:
                if is_blank(cells) or is_summary(cells) or cell == title:
                    continue
                if damage(cell):
                    self._nameless("damaged", head, cells)
                    continue
                cell = clean(cell)
            if not _NUMBER.fullmatch(cell):
                self._nameless("numberless", head, cells)
                continue
            if cell.endswith("000") and rounded(cell):
                self._flaws["rounded"] += 1
            self._order(cell, digest(cell.casefold() if caseless else cell), head, cells)

    def _order(self, number: str, mark: int, head: Header, cells: Cells) -> None:
        amount = self._money(head, cells)
        new = self._numbers.add(mark)
        self._rows += 1
        if amount is not None:
            self._amount += amount
            if new:
                self._first_amount += amount
            else:
                self._sample.more(mark, amount)
        if new:
            self._sample.add(mark, number, amount, self._timed(head, cells))

    def _nameless(self, flaw: str, head: Header, cells: Cells) -> None:
        """A row of an order that nobody can tell."""
        amount = self._money(head, cells)
        if flaw == "numberless" and amount and amount == self._amount:
            return  # the sum of all rows, without a word
        self._rows += 1
        self._flaws[flaw] += 1
        self._amount += amount or 0
        self._first_amount += amount or 0

    def _money(self, head: Header, cells: Cells) -> Fen | None:
        place = head.at.get("amount")
        if place is None or place >= len(cells):
            return None
        try:
            amount, flaw = self._amounts[cells[place]]
        except ValueError:
            self._flaws["unreadable"] += 1
            return None
        if flaw:
            self._flaws[flaw] += 1
        self._has_amounts = self._has_amounts or amount is not None
        return amount

    def _timed(self, head: Header, cells: Cells) -> float | None:
        """Counts the order where its time lies, and gives that."""
        place = head.at.get("time")
        offset = self._offsets[cells[place]] if place is not None and place < len(cells) else None
        if offset is None:
            return None
        if 0 <= offset < self._form.window.seconds:
            self._minutes[int(offset // 60)] += 1
        else:
            self._outside += 1
        self._earliest, self._latest = min(self._earliest, offset), max(self._latest, offset)
        return offset

    def _exported(self) -> Exported:
        timed = self._earliest <= self._latest
        return Exported(
            self._rows,
            len(self._numbers),
            self._amount if self._has_amounts else None,
            self._first_amount if self._has_amounts else None,
            tuple(self._minutes) if timed else (),
            self._outside,
            self._earliest if timed else None,
            self._latest if timed else None,
            dict(self._flaws),
            self._sample.orders(),
            self._numbers,
        )
