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


def columns(shop: Shop) -> frozenset[str]:
    """What is mapped, as `orders.paid`."""
    mapped = ((word, shop.mapping.table(word)) for word in ("orders", "callbacks"))
    return frozenset(f"{word}.{column}" for word, table in mapped if table for column in table.columns)


def gaps(shop: Shop, skipped: Collection[str]) -> Iterator[Gap]:
    """One for every kind that this shop cannot show, in its words where the preset gives the reason."""
    mapped = columns(shop)
    for kind in KINDS:
        if why := "switched off in config.yaml (skip)" if kind in skipped else _why_not(shop, kind, mapped):
            yield Gap(kind, why)


def _why_not(shop: Shop, kind: str, mapped: frozenset[str]) -> str:
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
