"""One business day held against itself: orders, callbacks, the payment channel's bill, and what finance exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from exporter.bills import Terms as BillTerms
from exporter.reconcile import exports, payments, signs
from exporter.reconcile.files import Bill, Export
from exporter.reconcile.leads import Leads
from exporter.reconcile.nouns import KINDS, NOTES, SETTLED, Day, Difference, Exported, Kind, Paid
from exporter.reconcile.reading import Callbacks, Orders, Row
from exporter.reconcile.spill import Spill
from exporter.reconcile.strangers import Strangers
from exporter.reconcile.tally import Tallies, Tally
from exporter.shop import Shop

__all__ = ["KINDS", "NOTES", "Day", "Difference", "Kind", "Reconciliation", "Side", "Tallies", "Tally", "Wanted"]

ORDERS, CALLBACKS, BILL, EXPORT = range(4)

_AMOUNT, _STATE = 1, 4

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

    def counted(self, rows: list[Row]) -> list[Row]:
        self.rows += len(rows)
        self.money += sum(row[_AMOUNT] or 0 for row in rows)
        return rows


class Reconciliation:
    """Reads all sides once, then joins them group by group; `tallies`, `sides` and `notes` tell the outcome."""

    def __init__(self, shop: Shop, wanted: Wanted, progress: Progress) -> None:
        self._wanted, self._progress = wanted, progress
        self._orders = Orders(shop)
        self._leads = Leads(shop, self._orders.key)
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
        with Spill(4) as by_trade, Spill(4) as by_number:
            numbers = by_trade if self._orders.one_number else by_number
            self._read_orders(by_trade, numbers)
            self._read_payments(by_trade)
            self._read_exports(numbers)
            for orders, callbacks, bill, exported in by_trade.parts():
                self._join_payments(orders, callbacks, bill)
                if numbers is by_trade:
                    self._join_export(orders, exported)
            if numbers is not by_trade:
                for orders, _, _, exported in numbers.parts():
                    self._join_export(orders, exported)
        self._conclude()

    # --- reading ----------------------------------------------------------------------------------------------------

    def _side(self, name: str, rows: list[Row]) -> list[Row]:
        side = self.sides.setdefault(name, Side())
        side.counted(rows)
        self._progress(name, side.rows)
        return rows

    def _read_orders(self, by_trade: Spill, numbers: Spill) -> None:
        self._side("orders", [])
        for rows in self._orders.of_day(self._wanted.day, self._wanted.by):
            by_trade.add(ORDERS, self._side("orders", rows))
            if numbers is not by_trade and self._wanted.exports:
                numbers.add(ORDERS, [(self._orders.key(row[3]), *row[1:]) for row in rows])

    def _read_payments(self, spill: Spill) -> None:
        day = self._wanted.day
        if self._callbacks:
            self._side("callbacks", [])
            for rows in self._callbacks.of_day(day):
                spill.add(CALLBACKS, self._side("callbacks", rows))
        bill = Bill(day, self._wanted.bill_terms, self._leads.key)
        for path in self._wanted.bills:
            for rows in bill.rows(path):
                spill.add(BILL, self._leads.applied(self._side("bill", rows)))
        if bill.elsewhere:
            self.notes.append(f"{bill.elsewhere:,} lines of the bill are of another day and were left out")

    def _read_exports(self, spill: Spill) -> None:
        export = Export(self._orders.key, self._wanted.number_column, self._wanted.amount_column)
        for number, path in enumerate(self._wanted.exports):
            for rows, damaged in export.rows(path, number):
                spill.add(EXPORT, self._side("export", rows))
                self.tallies.add(damaged)
        self.notes += signs.cut(export.rows_read) + signs.rounded(export.rounded, export.rows_read)

    # --- joining ----------------------------------------------------------------------------------------------------

    def _join_payments(self, orders: list[Row], callbacks: list[Row], bill: list[Row]) -> None:
        wanted = self._wanted
        there = self._callbacks is not None
        if not there and not wanted.bills:
            return
        terms = payments.Terms(wanted.day, bool(wanted.bills), there, wanted.offline)
        odd = payments.odd(orders, callbacks, bill, terms)
        ours = {key: list(map(self._orders.whole, rows)) for key, rows in payments.by_key(orders, odd).items()}
        paid = {key: [Paid(*row) for row in rows] for key, rows in payments.by_key(bill, odd).items()}
        whole = self._callbacks.whole if self._callbacks else Paid._make
        told = {key: list(map(whole, rows)) for key, rows in payments.by_key(callbacks, odd).items()}
        ours |= self._strangers.orders(
            "trade_no" if self._orders.has_trade_no else "number", (paid.keys() | told.keys()) - ours.keys()
        )
        known = self._strangers.callbacks(paid.keys() - told.keys()) if there else {}
        for key in sorted(odd):
            said = told.get(key) or (None if known is None else known.get(key, []))
            self._add(payments.judge(key, ours.get(key, []), said, paid.get(key, []), terms))

    def _join_export(self, orders: list[Row], rows: list[Row]) -> None:
        if not self._wanted.exports:
            return
        odd = exports.odd(orders, rows)
        ours = {key: list(map(self._orders.whole, found)) for key, found in payments.by_key(orders, odd).items()}
        exported = {key: [Exported(*row) for row in found] for key, found in payments.by_key(rows, odd).items()}
        others = self._strangers.orders("number", exported.keys() - ours.keys())
        if not self._unpaid_exported:
            keys = {row[0] for row in rows}
            self._unpaid_exported = any(row[_STATE] not in SETTLED and row[0] in keys for row in orders)
        for key in sorted(odd):
            found = ours.get(key) or others.get(key, [])
            self._add(exports.judge(found, exported.get(key, []), of_day=key in ours))

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
