"""The rows of the two kinds of files, as they are held against orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, islice, repeat
from pathlib import Path

from exporter.bills import Entry, Terms, batches
from exporter.reconcile.exported import Line, Table
from exporter.reconcile.leads import Leads
from exporter.reconcile.nouns import Day, Difference, Exported, Paid, known_sum
from exporter.reconcile.reading import Batch
from exporter.reconcile.spill import MARK, Rows, cores, read_core
from exporter.sheets import SheetFaultError, header, numbered, parts, rounded
from exporter.sheets.exports import AMOUNTS, NUMBERS

BATCH = 5_000

_PAID = f"{MARK}True"


@dataclass
class Bill:
    """Reads bills; afterwards `elsewhere` is how many of their lines were of another day."""

    day: Day
    terms: Terms
    leads: Leads
    elsewhere: int = 0

    def batches(self, path: Path) -> Iterator[tuple[Batch, list[bool]]]:
        """Lines of the day, and which of them are payments; raises SheetFaultError, at the latest at the end."""
        for entries in batches(path, terms=self.terms):
            start, end = self.day.start, self.day.end
            here = [each for each in entries if each.trade_no and each.state != "failed" and start <= each.at < end]
            self.elsewhere += sum(not start <= each.at < end for each in entries) if len(here) < len(entries) else 0
            if here:
                yield self._batch(here)

    def _batch(self, entries: Sequence[Entry]) -> tuple[Batch, list[bool]]:
        number, transaction, amount, currency, at, _, state, *_ = zip(*entries, strict=True)
        paid = [each == "paid" for each in state]
        money = known_sum(compress(amount, paid))
        moments = map(repr, map(datetime.timestamp, at))
        rests = list(map(MARK.join, zip([each or "" for each in transaction], moments, map(str, paid), strict=True)))
        currencies = [each or "" for each in currency]
        keys, amounts, (money_of, told) = self.leads.spread(number, amount, None, currencies, rests)
        rows = Rows(cores(keys, amounts, money_of), list(told))
        return Batch(keys, rows, money), [rest.endswith(_PAID) for rest in told]


def whole_payment(row: tuple[str, str]) -> Paid:
    core, rest = row
    transaction, at, paid = rest.split(MARK)
    return Paid(*read_core(core), transaction, float(at), back=paid != "True")


@dataclass
class Export:
    """Reads exports. Afterwards `rows_read` counts their rows of data, `rounded` those whose number ends in 000."""

    keys: Callable[[Sequence[str]], list[str]]
    currency: str
    number: str = ""
    amount: str = ""
    rows_read: int = 0
    rounded: int = 0

    def batches(self, path: Path) -> Iterator[tuple[Batch, list[Difference]]]:
        """Rows, and those that cannot be told apart any more; raises SheetFaultError."""
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
            table = Table(part.name, head)
            while lines := list(islice(found, BATCH)):
                yield self._batch(table, lines)

    def _batch(self, table: Table, lines: Sequence[Line]) -> tuple[Batch, list[Difference]]:
        numbers, amounts, places, lost = table.taken(lines)
        self.rows_read += len(numbers) + len(lost)
        self.rounded += sum(map(rounded, numbers)) if any(map(rounded, numbers[:100])) else 0
        keys = self.keys(numbers)
        found = cores(keys, amounts, repeat(self.currency, len(keys)))
        rests = list(map(MARK.join, zip(numbers, map(str, places), strict=True)))
        return Batch(keys, Rows(found, rests), known_sum(amounts)), lost

    @property
    def _columns(self) -> Mapping[str, Sequence[str]]:
        return {
            "number": (self.number,) if self.number else NUMBERS,
            "amount": (self.amount,) if self.amount else AMOUNTS,
        }


def whole_row(row: tuple[str, str]) -> Exported:
    core, rest = row
    key, amount, _ = read_core(core)
    number, _, line = rest.rpartition(MARK)
    return Exported(key, amount, number, int(line))
