"""What a cell of a shop's export means: money, and order numbers that a spreadsheet has damaged."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_GUARD = re.compile(r'=\s*"(.*)"')
_PLAIN = re.compile(r"-?\d{1,12}\.\d\d")
_DRESS = re.compile(r"[¥$€£,'\s]|元|人民币|CNY|RMB|USD|HKD")
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[Ee]\+?\d+")
_ROUNDED = re.compile(r"\d{13,}000(\.0+)?")
_MOST = 10**15
"""No amount is so large: 1e999999 is a slip, and to work with it takes minutes."""
_DIGITS = 15
"""So many digits a spreadsheet keeps of a number."""


class Number(str):
    """A cell that holds a number, not a text: what it says beyond 15 digits is not what was written there."""

    __slots__ = ()


def clean(cell: str) -> str:
    """Without the marks that keep a spreadsheet from reading a text as a number: `123, '123, ="123", 123<tab>."""
    text = cell.strip().lstrip("`'").rstrip("`").strip("\t \u3000\u00a0\ufeff")
    if text.startswith("="):
        guarded = _GUARD.fullmatch(text)
        return guarded[1].strip() if guarded else text
    return text


def money(cell: str) -> Decimal | None:
    """The amount as it is written, None for an empty cell or a dash; ValueError says why it is none."""
    if _PLAIN.fullmatch(cell):
        return Decimal(cell)
    text = _DRESS.sub("", unicodedata.normalize("NFKC", clean(cell)))
    if text in {"", "-", "--", "—", "/"}:
        return None
    negative = text.startswith("(") and text.endswith(")")
    if negative or text.endswith("-"):
        text = f"-{text.strip('()-')}"
    try:
        amount = Decimal(repr(float(text))) if isinstance(cell, Number) else Decimal(text)
    except (InvalidOperation, ValueError):
        raise ValueError(f"{cell[:40]!r} is not an amount") from None
    if not amount.is_finite() or abs(amount) >= _MOST:
        raise ValueError(f"{cell[:40]!r} is not an amount")
    return amount


def fen(cell: str) -> int | Decimal | None:
    """An amount in yuan as fen; what is finer than a fen stays a Decimal. As `money` else."""
    if _PLAIN.fullmatch(cell):
        return int(cell[:-3] + cell[-2:])
    amount = money(cell)
    if amount is None:
        return None
    minor = amount * 100
    return int(minor) if minor == minor.to_integral_value() else minor


def scientific(cell: str) -> bool:
    """Is this a number as a spreadsheet shows it when it is long: 2.02601E+16."""
    return _SCIENTIFIC.fullmatch(clean(cell)) is not None


def damage(number: str) -> str:
    """Why an order number can no longer be told from its neighbours; empty when it is whole."""
    text = clean(number)
    if scientific(text):
        return "scientific notation: a spreadsheet has opened this file and saved it"
    if isinstance(number, Number) and len(text.split(".")[0].lstrip("-")) > _DIGITS:
        return f"stored as a number, of which only {_DIGITS} digits are kept"
    return ""


def rounded(number: str) -> bool:
    """Does a long number end in 000, as one cut to 15 digits does? Of one number it proves nothing, of most it does."""
    return _ROUNDED.fullmatch(clean(number)) is not None
