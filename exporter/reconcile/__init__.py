"""One business day held against itself: orders, callbacks, the payment channel's bill, and what finance exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import and_
from pathlib import Path
from typing import TypeVar

from exporter.bills import Terms as BillTerms
from exporter.reconcile import exports, payments, signs
from exporter.reconcile.files import Bill, Export, whole_payment, whole_row
from exporter.reconcile.leads import Leads
from exporter.reconcile.nouns import KINDS, NOTES, Day, Difference, Kind, Order
from exporter.reconcile.reading import Batch, Callbacks, Orders
from exporter.reconcile.spill import Rows, Spill, key_of
from exporter.reconcile.strangers import Strangers
from exporter.reconcile.tally import Tallies, Tally
from exporter.shop import Shop

__all__ = ["KINDS", "NOTES", "Day", "Difference", "Kind", "Reconciliation", "Side", "Tallies", "Tally", "Wanted"]

SETTLED, OPEN, CALLBACKS, BILL, BACK, EXPORT = range(6)

Noun = TypeVar("Noun")

Progress = Callable[[str, int], None]
"""Told a stage and how many rows of it are done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to hold against each other. `by`: the time of orders that makes them the day's, created or paid."""

    day: Day
    bills: Sequence[Path] = ()
    exports: Sequence[Path] = ()
    by: str = "created"
    number_column: str = ""
    amount_column: str = ""
    bill_terms: BillTerms = field(default_factory=BillTerms)
    offline: frozenset[str] = frozenset()


@dataclass
class Side:
    """How much one side holds, in rows and in fen."""

    rows: int = 0
    money: int | Decimal = 0


class Reconciliation:
    """Reads all sides once, then joins them group by group; `tallies`, `sides` and `notes` tell the outcome."""

    def __init__(self, shop: Shop, wanted: Wanted, progress: Progress) -> None:
        self._wanted, self._progress = wanted, progress
        self._orders = Orders(shop)
        self._leads = Leads(shop, self._orders.keys)
        mapped = shop.maps("callbacks", "trade_no", "received")
        self._callbacks = Callbacks(shop, self._leads) if mapped else None
        self._strangers = Strangers(self._orders, self._callbacks)
        self._hours = signs.Hours(wanted.day)
        self._unpaid_exported = False
        self.tallies = Tallies()
        self.sides: dict[str, Side] = {}
        self.notes: list[str] = []

    def run(self) -> None:
        """Raises ShopError and SheetFaultError; then nothing that it told holds."""
        with Spill(6) as by_trade, Spill(6) as by_number:
            numbers = by_trade if self._orders.one_number else by_number
            self._read_orders(by_trade, numbers)
            self._read_payments(by_trade)
            self._read_exports(numbers)
            for group in by_trade.parts():
                self._join_payments(group)
                if numbers is by_trade:
                    self._join_export(group)
            if numbers is not by_trade:
                for group in numbers.parts():
                    self._join_export(group)
        self._conclude()

    # --- reading ----------------------------------------------------------------------------------------------------

    def _count(self, name: str, batch: Batch | None = None) -> None:
        side = self.sides.setdefault(name, Side())
        if batch:
            side.rows += len(batch.keys)
            side.money += batch.money or 0
        self._progress(name, side.rows)

    def _read_orders(self, by_trade: Spill, numbers: Spill) -> None:
        self._count("orders")
        for batch, settled, own in self._orders.of_day(self._wanted.day, self._wanted.by):
            self._count("orders", batch)
            opened = [not one for one in settled]
            if numbers is not by_trade:
                named = list(map(bool, batch.keys))  # an order without a trade number was never to be paid
                by_trade.add(SETTLED, *batch.only(list(map(and_, settled, named))))
                by_trade.add(OPEN, *batch.only(list(map(and_, opened, named))))
                batch = batch.under(own)  # noqa: PLW2901 - the same rows
            numbers.add(SETTLED, *batch.only(settled))
            numbers.add(OPEN, *batch.only(opened))

    def _read_payments(self, spill: Spill) -> None:
        day = self._wanted.day
        if self._callbacks:
            self._count("callbacks")
            for batch in self._callbacks.of_day(day):
                self._count("callbacks", batch)
                spill.add(CALLBACKS, batch.keys, batch.rows)
        bill = Bill(day, self._wanted.bill_terms, self._leads)
        for path in self._wanted.bills:
            for batch, paid in bill.batches(path):
                self._count("bill", batch)
                spill.add(BILL, *batch.only(paid))
                spill.add(BACK, *batch.only([not one for one in paid]))
        if bill.elsewhere:
            self.notes.append(f"{bill.elsewhere:,} lines of the bill are of another day and were left out")

    def _read_exports(self, spill: Spill) -> None:
        wanted = self._wanted
        export = Export(self._orders.keys, self._orders.currency, wanted.number_column, wanted.amount_column)
        for path in wanted.exports:
            for batch, damaged in export.batches(path):
                self._count("export", batch)
                spill.add(EXPORT, batch.keys, batch.rows)
                self.tallies.add(damaged)
        self.notes += signs.cut(export.rows_read) + signs.rounded(export.rounded, export.rows_read)

    # --- joining ----------------------------------------------------------------------------------------------------

    def _join_payments(self, group: list[Rows]) -> None:
        wanted, there = self._wanted, self._callbacks is not None
        sides = [side for side, asked in ((group[CALLBACKS], there), (group[BILL], bool(wanted.bills))) if asked]
        if not sides:
            return
        terms = payments.Terms(wanted.day, bool(wanted.bills), there, wanted.offline)
        odd = payments.odd(group[SETTLED], sides) | set(group[BACK].keys())
        ours = self._orders_of(group, odd)
        paid = _whole(group[BILL], odd, whole_payment)
        for key, rows in _whole(group[BACK], odd, whole_payment).items():
            paid.setdefault(key, []).extend(rows)
        told = _whole(group[CALLBACKS], odd, self._callbacks.whole) if self._callbacks else {}
        by = "trade_no" if self._orders.has_trade_no else "number"
        ours |= self._strangers.orders(by, (paid.keys() | told.keys()) - ours.keys())
        known = self._strangers.callbacks(paid.keys() - told.keys()) if there else {}
        for key in sorted(odd):
            said = told.get(key) or (None if known is None else known.get(key, []))
            self._add(payments.judge(key, ours.get(key, []), said, paid.get(key, []), terms))

    def _join_export(self, group: list[Rows]) -> None:
        if not self._wanted.exports:
            return
        settled, opened, rows = (set(group[side].cores) for side in (SETTLED, OPEN, EXPORT))
        odd = set(map(key_of, (settled | opened) ^ rows)) | payments.repeated(group[EXPORT], rows)
        odd |= payments.repeated(group[SETTLED], settled) | payments.repeated(group[OPEN], opened)
        ours, exported = self._orders_of(group, odd), _whole(group[EXPORT], odd, whole_row)
        others = self._strangers.orders("number", exported.keys() - ours.keys())
        self._unpaid_exported = self._unpaid_exported or not set(map(key_of, opened)).isdisjoint(group[EXPORT].keys())
        for key in sorted(odd):
            found = ours.get(key) or others.get(key, [])
            self._add(exports.judge(found, exported.get(key, []), of_day=key in ours))

    def _orders_of(self, group: list[Rows], keys: set[str]) -> dict[str, list[Order]]:
        found = _whole(group[SETTLED], keys, self._orders.whole)
        for key, orders in _whole(group[OPEN], keys, self._orders.whole).items():
            found.setdefault(key, []).extend(orders)
        return found

    def _add(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            self._hours.saw(difference)
            self.tallies.add([difference])

    def _conclude(self) -> None:
        self.notes += [*self._strangers.notes(), *self._hours.notes()]
        if self.tallies.count("repeated") * 5 > (self.sides["export"].rows if "export" in self.sides else 0):
            self.tallies.rename("repeated", "items")
        if not self._unpaid_exported:
            self.tallies.rename("unpaid_not_in_export", "unpaid_left_out")


def _whole(rows: Rows, keys: set[str], read: Callable[[tuple[str, str]], Noun]) -> dict[str, list[Noun]]:
    return {key: list(map(read, found)) for key, found in rows.of(keys).items()}
