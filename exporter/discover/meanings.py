"""What a shop's values are likely to mean: which status is which, seconds or milliseconds, yuan or fen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from exporter.discover.vocabulary import KINDS, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exporter.discover.survey import Seen

_EPOCH_MS = 100_000_000_000
_MOST_STATUSES = 30
_ORDER: tuple[str, ...] = ("pending", "paid", "shipped", "done", "closed")


def statuses(values: Sequence[Any], paid: Sequence[Any], comment: str) -> tuple[dict[str, list[Any]], str]:
    """Status sets, and the doubt about them. `values` and `paid` are the newest rows' statuses and payment times."""
    seen = list(dict.fromkeys(value for value in values if isinstance(value, int | str)))[:_MOST_STATUSES]
    said = {**_named(comment), **{str(value): str(value) for value in seen if not str(value).lstrip("-").isdigit()}}
    known = [*seen, *(_raw(text) for text in _named(comment) if text not in map(str, seen))]
    sets: dict[str, list[Any]] = {}
    unsure = []
    for value in known:
        kind = next((kind for kind, words in KINDS.items() if words.search(said.get(str(value), "").lower())), None)
        if kind is None:
            unsure.append(value)
        else:
            sets.setdefault(kind, []).append(value)
    if not sets.get("pending"):
        _by_payment(sets, unsure, values, paid)
    ordered = {kind: sets[kind] for kind in _ORDER if kind in sets}
    if not known:
        return {"pending": [0]}, "no rows were there to read its values from; write the real ones"
    text = f"seen: {', '.join(map(str, seen)) or 'none'}; the kinds are guessed from names, comments and payment times"
    return ordered, text + (f"; not placed: {', '.join(map(str, unsure))}" if unsure else "")


def _by_payment(sets: dict[str, list[Any]], unsure: list[Any], values: Sequence[Any], paid: Sequence[Any]) -> None:
    """Numbers without names: those that are never paid are pending (the lowest) or closed, the others paid."""
    rows = list(zip(values, paid, strict=False))
    with_payment = {value for value, moment in rows if moment not in {None, 0, ""}}
    unpaid = sorted((value for value in unsure if value not in with_payment), key=lambda each: (str(type(each)), each))
    open_ = [value for value in unpaid if not (isinstance(value, int) and value < 0)][:1]
    for kind, found in (
        ("pending", open_),
        ("closed", [value for value in unpaid if value not in open_]),
        ("paid", [value for value in unsure if value in with_payment]),
    ):
        if found:
            sets.setdefault(kind, []).extend(found)
    unsure.clear()


def successes(values: Iterable[Any], comment: str) -> list[Any]:
    """The raw values of a callback's state that say that it was paid; empty when none can be told."""
    named = _named(comment)
    seen = [value for value in dict.fromkeys(values) if isinstance(value, int | str)]
    good = [value for value in seen if str(value).lower() in SUCCESS]
    return good or [_raw(text) for text, name in named.items() if re.search(r"成功|success|已支付|已付", name.lower())]


def clock(column: Seen, values: Iterable[Any]) -> dict[str, str] | None:
    """None for a DATETIME; epoch seconds or milliseconds for a number, by its size."""
    if column.kind == "time":
        return None
    largest = max((int(value) for value in values if value), default=0)
    return {"kind": "epoch_ms" if largest > _EPOCH_MS else "epoch_s"}


def unit(column: Seen) -> str:
    return "fen" if column.kind == "number" or re.search(r"fen|cent", column.name.lower()) else "yuan"


def gaps(*, callbacks: bool, unsigned: bool, reservations: bool) -> dict[str, dict[str, str]]:
    """What such a shop cannot show, and why."""
    found = {}
    if not callbacks:
        found["callbacks"] = {
            "zh": "没有找到支付回调表，看不出“已付未更新”；若有，请在 tables 里补充 callbacks",
            "en": "no table of payment callbacks was found; map yours under callbacks to see paid yet pending",
        }
    if unsigned:
        found["negative_stock"] = {
            "zh": "库存字段是 UNSIGNED，不会出现负数；超卖时 MySQL 报错 1690（或被截断为 0）",
            "en": "the stock column is UNSIGNED and cannot be negative; overselling is error 1690, or a silent 0",
        }
    if not reservations:
        found["reservations"] = {"zh": "没有找到库存锁定表", "en": "no table of reservations was found"}
    return found


def _named(comment: str) -> dict[str, str]:
    """`订单状态：0->待付款；1->待发货` → {"0": "待付款", "1": "待发货"}."""
    found = re.findall(r"(?<![\d.])(-?\d{1,4})\s*(?:->|[:：=\-—.、]|\s)?\s*([^\d\s；;，,。|)）]+)", comment)
    return {number: name for number, name in found if not number.isspace()}


def _raw(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text
