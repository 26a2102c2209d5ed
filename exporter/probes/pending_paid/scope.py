"""Which kinds a shop's tables can show, and why they cannot show the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exporter.model import Gap
from exporter.probes.pending_paid.nouns import KINDS
from exporter.shop import Shop

_STUCK = ("callbacks.trade_no", "orders.trade_no", "orders.status")
NEEDS: dict[str, tuple[str, ...]] = {
    "pending_paid": _STUCK,
    "retry_exhausted": _STUCK,
    "paid_after_close": _STUCK,
    "orphan_callback": ("callbacks.trade_no", "orders.trade_no"),
    "paid_without_callback": (*_STUCK, "orders.created"),
    "amount_mismatch": ("callbacks.trade_no", "callbacks.amount", "orders.trade_no", "orders.amount"),
    "double_payment": ("callbacks.trade_no", "callbacks.transaction", "orders.trade_no"),
    "missing_transaction": ("callbacks.trade_no", "callbacks.transaction|orders.transaction"),
    "callback_storm": ("callbacks.trade_no",),
    "half_written": ("orders.status", "orders.created", "orders.paid|orders.transaction|orders.paid_flag"),
    "time_order": ("orders.created", "orders.paid"),
}
"""Columns that a kind needs; of those with a bar between them, one."""


BILL = frozenset(f"callbacks.{each}" for each in ("trade_no", "transaction", "amount", "channel"))
"""What files of payments say, in the words of callbacks."""

_NOT_IN_BILLS = {
    "callback_storm": "账单里每笔付款只有一行 / a bill has one line for each payment",
    "paid_without_callback": (
        "账单要到第二天才有，请用 order-health reconcile 核对 / a bill comes a day later; use order-health reconcile"
    ),
}


def columns(shop: Shop, bills: bool = False) -> frozenset[str]:
    """What is known, as `orders.paid`; `bills`: files take the place of the table of callbacks."""
    words = ("orders",) if bills else ("orders", "callbacks")
    mapped = ((word, shop.mapping.table(word)) for word in words)
    found = frozenset(f"{word}.{column}" for word, table in mapped if table for column in table.columns)
    return found | BILL if bills else found


def gaps(shop: Shop, skipped: Collection[str], bills: bool = False) -> Iterator[Gap]:
    """One for every kind that this shop cannot show, in its words where the preset gives the reason."""
    mapped = columns(shop, bills)
    for kind in KINDS:
        if why := "switched off in config.yaml (skip)" if kind in skipped else _why_not(shop, kind, mapped, bills):
            yield Gap(kind, why)


def _why_not(shop: Shop, kind: str, mapped: frozenset[str], bills: bool) -> str:
    if bills and kind in _NOT_IN_BILLS:
        return _NOT_IN_BILLS[kind]
    mapping = shop.mapping
    absent = [need for need in NEEDS[kind] if mapped.isdisjoint(need.split("|"))]
    words = [word for word in ("orders", "callbacks") if mapping.table(word) is None]
    named = [kind, *(word for word in words if any(need.startswith(word) for need in absent))]
    for name, text in mapping.not_applicable.items():
        if name in named:
            return text.zh if text.zh == text.en else f"{text.zh} / {text.en}"
    if absent:
        needed = " / ".join(need.replace("|", ", ") for need in absent)
        return f"映射里没有 {needed} / the mapping does not name {needed}"
    callbacks = mapping.callbacks
    if kind == "paid_without_callback" and callbacks and (callbacks.link or "trade_no" in callbacks.transform):
        return (
            "回调单号经转换才找到订单，无法反查 / callback numbers lead to orders in a way that cannot be followed back"
        )
    if kind == "paid_after_close" and mapping.orders and not mapping.orders.statuses("closed"):
        return "映射里没有关闭状态 / the mapping names no closed status"
    return ""
