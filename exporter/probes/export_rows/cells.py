"""What a cell of an exported file says: an amount with what is wrong with it, or a moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Literal

from exporter.probes.export_rows.nouns import Fen
from exporter.sheets import Number, clean, fen, money, scientific

_RESIDUE = Decimal("0.0001")
"""Of a fen: what is nearer to a whole one is what a binary float leaves, and no third decimal."""
_EPOCH = re.compile(r"1\d{9}(?:\.\d+)?")
_EPOCH_MS = re.compile(r"1\d{12}")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?")
"""As people and spreadsheets write it: 2026/1/5 9:03."""


def priced(unit: Literal["yuan", "fen"]) -> Callable[[str], tuple[Fen | None, str]]:
    """Reads amounts: each with its flaw (float, scale, scientific or none); ValueError for what is no amount."""

    def read(cell: str) -> tuple[Fen | None, str]:
        amount = fen(cell) if unit == "yuan" else money(cell)
        if amount is None:
            return None, ""
        exact = Decimal(amount)
        whole = exact.to_integral_value()
        if exact == whole:
            return int(whole), "scientific" if type(cell) is not Number and scientific(cell) else ""
        return exact, "float" if abs(exact - whole) < _RESIDUE else "scale"

    return read


def placed(start: datetime, zone: tzinfo) -> Callable[[str], float | None]:
    """Reads moments as seconds from `start`, None for no moment; one without an offset is the zone's."""
    naive = start.astimezone(zone).replace(tzinfo=None)

    def read(cell: str) -> float | None:
        at = _moment(clean(cell), zone)
        if at is None:
            return None
        return ((at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at) - naive).total_seconds()

    return read


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        if _EPOCH.fullmatch(text) or _EPOCH_MS.fullmatch(text):
            return datetime.fromtimestamp(float(text) / (1000 if _EPOCH_MS.fullmatch(text) else 1), zone)
        if found := _DATE.fullmatch(text):
            return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001 - the caller gives it the zone
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
