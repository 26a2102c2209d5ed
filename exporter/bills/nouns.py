"""What payment channels say of payments, whatever file they say it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal, NamedTuple

State = Literal["paid", "refunded", "revoked", "failed"]

BEIJING = timezone(timedelta(hours=8))
"""The zone of every time in a Chinese bill, wherever the shop is."""


class Entry(NamedTuple):
    """One line of a bill or of a log of callbacks: a payment, or money that went back.

    `trade_no` is the shop's number, `transaction` the channel's, `amount` in fen; `at` is UTC; `refund` is the number
    of a refund, `line` where it stands in its file.
    """

    trade_no: str
    transaction: str | None
    amount: int | Decimal | None
    currency: str | None
    at: datetime
    channel: str
    state: State = "paid"
    refund: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """`sub_merchant`: whose lines of a service provider's bill count. `key`: verifies WeChat Pay's signatures."""

    sub_merchant: str = ""
    key: RsaKey | None = None


@dataclass(frozen=True, slots=True)
class RsaKey:
    """The public numbers of an RSA key."""

    modulus: int
    exponent: int
