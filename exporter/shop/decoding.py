"""A column's own representation of a value, and back: moments, money, whole numbers, texts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, or_

from exporter.database.errors import ShopError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from exporter.database.catalog import Column

_INTEGERS = frozenset(
    ("tinyint", "smallint", "mediumint", "int", "integer", "bigint", "int2", "int4", "int8", "bit", "year", "serial")
)
_NUMBERS = frozenset(("decimal", "numeric", "float", "double", "double precision", "real"))
_ZERO_DATE = "0000-00-00"


def is_integer(column: Column | None) -> bool:
    return column is not None and column.type in _INTEGERS


def is_number(column: Column | None) -> bool:
    return column is not None and (column.type in _INTEGERS or column.type in _NUMBERS)


def among(element: ColumnElement[Any], column: Column | None, values: Collection[Any]) -> ColumnElement[bool]:
    """The condition that the column holds one of these raw values, None among them meaning NULL."""
    listed = bound(column, [value for value in values if value is not None])
    some = element == listed[0] if len(listed) == 1 else element.in_(listed)
    if None not in values:
        return some
    return or_(element.is_(None), some) if listed else element.is_(None)


def bound(column: Column | None, values: Collection[Any]) -> list[Any]:
    """The values as this column holds them; ValueError names the first that it cannot hold.

    A number bound to a text column, or a text to a number, would cost the index or match the wrong rows.
    """
    return [_bound(column, value) for value in values]


def _bound(column: Column | None, value: Any) -> Any:
    if column is None:
        return value
    if column.type in _INTEGERS:
        return int(_number(value))
    if column.type == "boolean":
        return bool(int(_number(value)))
    if column.type in _NUMBERS:
        return _number(value)
    return str(value) if "char" in column.type or "text" in column.type or column.type in ("enum", "set") else value


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number, and the column holds numbers") from None


def text(value: Any, empty: Collection[str] = ()) -> str | None:
    """Stripped; None for NULL and for what the mapping calls empty."""
    if value is None:
        return None
    if type(value) is not str:
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    found: str = value.strip()
    return None if found in empty else found


def texts(empty: Collection[str]) -> Callable[[Any], str | None]:
    """Reads as `text` does, without its questions where the driver gives texts."""

    def read(value: Any) -> str | None:
        found = value.strip() if type(value) is str else text(value)
        return None if found in empty else found

    return read


def moments(kind: str, zone: tzinfo, empty: Collection[str]) -> Callable[[Any], datetime | None]:
    """Reads as `moment` does, faster where the driver gives moments in a zone with one offset."""
    offset = zone.utcoffset(None)

    def read(value: Any) -> datetime | None:
        if value is None:
            return None
        if type(value) is datetime and value.tzinfo is None and offset is not None:
            return (value - offset).replace(tzinfo=UTC)
        return moment(value, kind, zone, empty)

    return read


def raw(value: Any) -> Any:
    """A status or a flag as the mapping writes it: BIT and booleans as 0 and 1, texts stripped."""
    if isinstance(value, bytes):
        return int.from_bytes(value, "big") if len(value) == 1 else value.decode("utf-8", "replace").strip()
    if isinstance(value, bool):
        return int(value)
    return value.strip() if isinstance(value, str) else value


def whole(value: Any) -> int | Decimal | None:
    """An int where it is one; a fraction stays a Decimal."""
    if value is None or type(value) is int:
        return value
    number = _decimal(value)
    return int(number) if number == number.to_integral_value() else number


def minor(value: Any, unit: Literal["yuan", "fen"]) -> int | Decimal | None:
    """Money in fen; what is finer than a fen stays a Decimal."""
    if value is None or (type(value) is int and unit == "fen"):
        return value
    return whole(_decimal(value) * (100 if unit == "yuan" else 1))


def _decimal(value: Any) -> Decimal:
    try:
        # A float is read as it would be printed: 0.29 is 29 fen.
        readable = value if isinstance(value, Decimal) else str(value.decode() if isinstance(value, bytes) else value)
        number = Decimal(readable)
    except (InvalidOperation, UnicodeDecodeError):
        raise ShopError("a column that the mapping calls a number or an amount holds something else") from None
    if not number.is_finite():
        raise ShopError("a column that the mapping calls a number or an amount holds NaN or infinity")
    return number


def moment(value: Any, kind: str, zone: tzinfo, empty: Collection[str] = ()) -> datetime | None:
    """Aware UTC; None where the column says that it never happened (NULL, 0, '0000-00-00 …', '')."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    written = text(value, empty)
    if not written or written.startswith(_ZERO_DATE):
        return None
    try:
        if kind == "datetime":
            found = datetime.fromisoformat(written)
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        number = Decimal(written) / (1000 if kind == "epoch_ms" else 1)
        return datetime.fromtimestamp(float(number), UTC) if number > 0 else None
    except (ValueError, ArithmeticError, OSError):
        raise ShopError(
            f"a time column does not hold what the mapping says; write time: {{kind: …}} as it is (now {kind})"
        ) from None


def instant(at: datetime, kind: str, zone: tzinfo, *, as_text: bool) -> datetime | int | str:
    """What to bind for `column >= at` and `column < at`; whole seconds are rounded up, which keeps both true."""
    if kind != "datetime":
        return math.ceil(Decimal(str(at.timestamp())) * (1000 if kind == "epoch_ms" else 1))
    local = at.astimezone(zone).replace(tzinfo=None)
    return local.isoformat(" ") if as_text else local
