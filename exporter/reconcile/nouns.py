"""What is held against each other for one business day, as plain rows, and what can differ between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

Fen = int | Decimal | None
"""An amount in minor units; Decimal where it is finer than a fen."""

Kind = Literal[
    "paid_pending",
    "paid_closed",
    "no_order",
    "not_in_bill",
    "callback_not_in_bill",
    "no_callback",
    "amount_bill",
    "amount_callback",
    "currency",
    "paid_twice",
    "not_in_export",
    "not_in_orders",
    "other_day",
    "unpaid_not_in_export",
    "amount_export",
    "repeated",
    "damaged",
    "refunded",
    "items",
    "unpaid_left_out",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTES: frozenset[Kind] = frozenset(("refunded", "items", "unpaid_left_out"))
"""Kinds that are told and are no difference."""

SETTLED = frozenset(("paid", "shipped", "done"))


class Order(NamedTuple):
    """An order of the shop. `paid` and `created` are Unix seconds; `state` is "" for a status that is not mapped."""

    key: str
    amount: Fen
    currency: str
    number: str
    state: str
    paid: float | None
    created: float | None
    channel: str


class Paid(NamedTuple):
    """A line of the bill, or a callback; `at` in Unix seconds, `back` when the money went back to the customer."""

    key: str
    amount: Fen
    currency: str
    transaction: str
    at: float
    back: bool


class Exported(NamedTuple):
    """A row of the export; `line` is where."""

    key: str
    amount: Fen
    number: str
    line: int


@dataclass(frozen=True, slots=True)
class Day:
    """A business day in the shop's zone: from `start` up to, and without, `end`."""

    date: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        after = self.date + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=self.zone)

    @property
    def seconds(self) -> tuple[float, float]:
        return self.start.timestamp(), self.end.timestamp()

    def has(self, at: float | None) -> bool:
        start, end = self.seconds
        return at is not None and start <= at < end


@dataclass(frozen=True, slots=True)
class Difference:
    """One order on which two sides do not agree; amounts are in fen, None where that side does not know the order."""

    kind: Kind
    number: str
    order: Fen = None
    bill: Fen = None
    callback: Fen = None
    export: Fen = None
    state: str = ""
    at: float | None = None
    note: str = ""

    @property
    def at_stake(self) -> int | Decimal:
        """The money that is in question."""
        if self.kind in {"amount_bill", "amount_callback", "amount_export"}:
            other = next((each for each in (self.bill, self.callback, self.export) if each is not None), 0)
            more = (self.order or 0) - other
            return -more if more < 0 else more
        sides = (self.bill, self.callback, self.order, self.export)
        return next((each for each in sides if each is not None), 0)


def total(amounts: Iterable[Fen]) -> Fen:
    """Their sum; None when one is not known, or when there is none."""
    known = list(amounts)
    found: int | Decimal = 0
    for each in known:
        if each is None:
            return None
        found += each
    return found if known else None


def known_sum(amounts: Iterable[Fen]) -> int | Decimal:
    """The sum of those that are known."""
    return sum(each for each in amounts if each is not None)
