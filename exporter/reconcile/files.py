"""The rows of the two kinds of files, as they are held against orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from exporter.bills import Terms, entries
from exporter.reconcile.nouns import Day, Difference, Fen
from exporter.sheets import (
    Header,
    Number,
    SheetFaultError,
    clean,
    damage,
    fen,
    header,
    is_blank,
    is_summary,
    numbered,
    parts,
    rounded,
)

Row = tuple[Any, ...]

BATCH = 5_000

NUMBERS = (
    "订单编号", "订单号", "订单编码", "订单流水号", "主订单编号", "order_no", "order_sn", "orderno", "ordernumber",
    "orderid", "订单ID", "单号", "商户订单号",
)  # fmt: skip
AMOUNTS = (
    "实付金额", "实付款", "实付金额(元)", "实际支付金额", "买家实付金额", "支付金额", "支付金额(元)", "应付金额",
    "订单金额", "订单金额(元)", "订单总金额", "订单总额", "总金额", "金额", "金额(元)", "pay_amount", "orderamount",
    "amount", "total",
)  # fmt: skip
"""Blanks in a file's header do not count: `order number` is `ordernumber`."""


@dataclass
class Bill:
    """Reads bills; afterwards `elsewhere` is how many of their lines were of another day."""

    day: Day
    terms: Terms
    key: Callable[[str], str]
    elsewhere: int = 0

    def rows(self, path: Path) -> Iterator[list[Row]]:
        """Tuples in the form of `Paid`; raises SheetFaultError, at the latest at the end."""
        start, end = self.day.seconds
        found = entries(path, terms=self.terms)
        while batch := list(islice(found, BATCH)):
            rows: list[Row] = []
            for entry in batch:
                at = entry.at.timestamp()
                if not start <= at < end:
                    self.elsewhere += 1
                elif entry.trade_no and entry.state != "failed":
                    key, back = self.key(entry.trade_no), entry.state != "paid"
                    rows.append((key, entry.amount, entry.currency or "", entry.transaction or "", at, back))
            yield rows


@dataclass
class Export:
    """Reads exports. Afterwards `rows_read` counts their rows of data, `rounded` those whose number ends in 000."""

    key: Callable[[str], str]
    number: str = ""
    amount: str = ""
    rows_read: int = 0
    rounded: int = 0

    def rows(self, path: Path, file: int) -> Iterator[tuple[list[Row], list[Difference]]]:
        """Tuples in the form of `Exported`, and the rows that cannot be told apart any more."""
        read = False
        for part in parts(path):
            found = numbered(part)
            try:
                head = header(part.name, found, self._columns, ("number",))
            except SheetFaultError:
                if read and part.kind == "xlsx":  # a sheet of notes behind the orders
                    continue
                raise
            read = True
            table = _Table(part.name, head, self)
            while batch := list(islice(found, BATCH)):
                yield table.taken(batch, file)

    @property
    def _columns(self) -> Mapping[str, Sequence[str]]:
        return {
            "number": (self.number,) if self.number else NUMBERS,
            "amount": (self.amount,) if self.amount else AMOUNTS,
        }


class _Table:
    """One table of an export."""

    def __init__(self, file: str, head: Header, export: Export) -> None:
        self._file, self._head, self._export = file, head, export
        self._number, self._amount = head.at["number"], head.at.get("amount")
        self._amounts: dict[str, Fen] = {}

    def taken(self, batch: Sequence[tuple[int, Sequence[str]]], file: int) -> tuple[list[Row], list[Difference]]:
        rows: list[Row] = []
        lost: list[Difference] = []
        width, place, key = self._head.width, self._number, self._export.key
        for line, cells in batch:
            if len(cells) > width and any(cells[width:]):
                raise self._fault(line, f"{len(cells)} cells under a header of {width}", 'quote texts with commas: "…"')
            cell = cells[place] if place < len(cells) else ""
            if not cell.isalnum() or isinstance(cell, Number):
                if is_blank(cells) or is_summary(cells):
                    continue
                if why := damage(cell):
                    lost.append(
                        Difference("damaged", clean(cell), export=self._fen(line, cells), note=f"{line}: {why}")
                    )
                    continue
                cell = clean(cell)
                if not cell:
                    raise self._fault(line, "no order number", "correct the row, or name the column: --number-column")
            if cell.endswith("000"):
                self._export.rounded += rounded(cell)
            rows.append((key(cell), self._fen(line, cells), cell, file, line))
        self._export.rows_read += len(rows) + len(lost)
        return rows, lost

    def _fen(self, line: int, cells: Sequence[str]) -> Fen:
        place = self._amount
        if place is None or place >= len(cells):
            return None
        cell = cells[place]
        try:
            return self._amounts[cell]
        except KeyError:
            try:
                amount = fen(cell)
            except ValueError as error:
                name = self._head.names[place]
                raise SheetFaultError(self._file, str(error), "correct the cell", line=line, column=name) from None
            if len(self._amounts) < 50_000:  # noqa: PLR2004 - prices repeat
                self._amounts[cell] = amount
            return amount

    def _fault(self, line: int, text: str, advice: str) -> SheetFaultError:
        return SheetFaultError(self._file, text, advice, line=line)
