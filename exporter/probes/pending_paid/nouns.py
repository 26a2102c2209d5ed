"""What is held against each other: payments, orders, the issues between them, and the terms of judging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args
from zlib import crc32

Kind = Literal[
    "pending_paid",
    "paid_after_close",
    "orphan_callback",
    "paid_without_callback",
    "amount_mismatch",
    "double_payment",
    "missing_transaction",
    "callback_storm",
    "half_written",
    "time_order",
    "retry_exhausted",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Payment:
    """Somebody says that this trade number was paid; `amount` is in minor units, `source` is who says so."""

    trade_no: str
    at: datetime
    transaction: str | None = None
    amount: Decimal | int | None = None
    currency: str | None = None
    channel: str | None = None
    source: str = "callbacks"

    @property
    def mark(self) -> str:
        """A short name by which a payment is known again."""
        return f"{crc32(f'{self.trade_no} {self.transaction} {self.at}'.encode()):x}"


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the shop records it; `state` is None when the mapping does not know the raw status.

    `key` is that of its row; `payment_known`: the shop has noted a payment (a paid time, a transaction or its flag).
    """

    number: str
    state: str | None
    key: str = ""
    trade_no: str | None = None
    amount: Decimal | int | None = None
    currency: str | None = None
    channel: str | None = None
    created: datetime | None = None
    paid: datetime | None = None
    updated: datetime | None = None
    transaction: str | None = None
    payment_known: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of one order; `ref` is the order number, or the trade number where there is no order."""

    kind: Kind
    ref: str
    since: datetime
    amount: Decimal | int | None = None
    currency: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts. `kinds`: the ones this shop can show; `columns`: what is mapped, as `orders.paid`.

    `offline`: channels whose orders have no online payment; `foreign`: patterns of other businesses' trade numbers;
    `deposits`: a pending order of which a part is paid waits for the rest.
    """

    now: datetime
    grace: timedelta = timedelta(seconds=120)
    kinds: frozenset[str] = frozenset(KINDS)
    columns: frozenset[str] = frozenset()
    offline: frozenset[str] = frozenset()
    foreign: tuple[str, ...] = ()
    deposits: bool = False

    def online(self, order: Order) -> bool:
        return order.amount != 0 and (order.channel or "").casefold() not in self.offline
