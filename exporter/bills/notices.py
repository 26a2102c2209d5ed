"""Logs of callbacks that a shop has exported: JSON lines or a table, with the fields as the channel named them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from exporter.bills.nouns import BEIJING, Entry, State, Terms
from exporter.bills.signature import verified
from exporter.sheets import Part, SheetFaultError, clean, damage, lines

HEADER = frozenset(("out_trade_no",))

_TIMES = ("timestamp", "wechatpay-timestamp", "received_at", "created_at", "time", "notify_time")
_NONCES = ("nonce_str", "nonce", "wechatpay-nonce")
_SIGNS = ("sign", "signature", "wechatpay-signature")
_TRANSACTIONS = ("transaction_id", "trade_no")
_FEN = ("amount_fen", "total_fee", "total", "amount.total")
_YUAN = ("total_amount", "amount_yuan")
_STATES: dict[str, State] = {
    "": "paid", "SUCCESS": "paid", "TRADE_SUCCESS": "paid", "TRADE_FINISHED": "paid", "TRANSACTION.SUCCESS": "paid",
    "REFUND": "refunded", "REFUND.SUCCESS": "refunded", "REVOKED": "revoked",
}  # fmt: skip
_MILLIS = 100_000_000_000
_EXAMPLE = '{"timestamp": "1769299200", "nonce_str": "…", "sign": "…", "out_trade_no": "SO1", "body": "…"}'


def entries(part: Part, terms: Terms) -> Iterator[Entry]:
    """One JSON object a line."""
    for number, line in lines(part):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_float=str)
        except (ValueError, RecursionError):
            raise _fault(part, number, "this line is not JSON", f"write one object a line: {_EXAMPLE}") from None
        if not isinstance(record, dict):
            raise _fault(part, number, "not an object", f"write one object a line: {_EXAMPLE}")
        yield _entry(part, number, _flat(record), terms)


def table(part: Part, names: Sequence[str], rows: Iterator[tuple[int, Sequence[str]]], terms: Terms) -> Iterator[Entry]:
    for number, row in rows:
        if len(row) != len(names):
            advice = 'quote texts that hold commas: "…"'
            raise _fault(part, number, f"{len(row)} cells under a header of {len(names)}", advice)
        lost = damage(row[names.index("out_trade_no")])
        if lost:
            raise _fault(part, number, lost, "export the log again and do not open it in a spreadsheet")
        yield _entry(part, number, dict(zip(names, row, strict=True)), terms)


def _flat(record: Mapping[str, Any]) -> dict[str, str]:
    """Keys in lower case, one level deep: `amount.total`; the headers stand beside the fields."""
    flat: dict[str, str] = {}
    for key, value in record.items():
        name = key.casefold()
        if isinstance(value, Mapping):
            inner = {str(each).casefold(): deep for each, deep in value.items() if not isinstance(deep, Mapping | list)}
            flat |= {each if name == "headers" else f"{name}.{each}": str(deep) for each, deep in inner.items()}
        elif value is not None and not isinstance(value, list):
            flat[name] = str(value)
    return flat


def _entry(part: Part, line: int, fields: Mapping[str, str], terms: Terms) -> Entry:
    number = clean(_first(fields, ("out_trade_no",)))
    if not number:
        raise _fault(part, line, "no out_trade_no", f"each callback needs its number: {_EXAMPLE}")
    if terms.key:
        _verify(part, line, fields, terms)
    said = _first(fields, ("trade_state", "trade_status", "event_type", "result_code")).upper()
    return Entry(
        number,
        clean(_first(fields, _TRANSACTIONS)) or None,
        _amount(part, line, fields),
        _first(fields, ("currency", "amount.currency")) or "CNY",
        _moment(part, line, _first(fields, _TIMES)),
        _first(fields, ("channel", "pay_channel")) or ("alipay" if "trade_status" in fields else "wechat"),
        _STATES.get(said, "failed"),
        _first(fields, ("out_refund_no",)),
        line,
    )


def _verify(part: Part, line: int, fields: Mapping[str, str], terms: Terms) -> None:
    timestamp, nonce, sign = (_first(fields, names) for names in (_TIMES[:2], _NONCES, _SIGNS))
    if "body" not in fields or not (timestamp and nonce and sign):
        advice = "log all four, the body letter by letter, or configure no certificate"
        raise _fault(part, line, "a signature needs timestamp, nonce_str, sign and body", advice)
    if terms.key and not verified(terms.key, timestamp, nonce, fields["body"], sign):
        advice = "it is forged, was changed, or was signed with another key (Wechatpay-Serial)"
        raise _fault(part, line, "the signature of this callback is wrong", advice)


def _amount(part: Part, line: int, fields: Mapping[str, str]) -> int | Decimal | None:
    """In fen; None where the log does not say, and for a bare `amount`, which may be either unit."""
    for names, unit in ((_FEN, 1), (_YUAN, 100)):
        if written := clean(_first(fields, names)):
            try:
                amount = Decimal(written) * unit
            except InvalidOperation:
                raise _fault(part, line, f"{written[:40]!r} is not an amount", "write 128.00 or 12800") from None
            return int(amount) if amount == amount.to_integral_value() else amount
    return None


def _moment(part: Part, line: int, written: str) -> datetime:
    text = clean(written)
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / (1000 if int(text) > _MILLIS else 1), UTC)
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        advice = "write Unix seconds, or 2026-01-25T10:00:00+08:00"
        raise _fault(part, line, f"{text[:40]!r} is not a time", advice) from None


def _first(fields: Mapping[str, str], names: Sequence[str]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _fault(part: Part, line: int, text: str, advice: str) -> SheetFaultError:
    return SheetFaultError(part.name, text, advice, line=line)
