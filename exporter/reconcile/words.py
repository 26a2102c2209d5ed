"""What each kind of difference is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from exporter.reconcile.nouns import Kind

Language = Literal["zh", "en"]

KINDS: Mapping[Kind, tuple[str, str]] = {
    "paid_pending": ("已付款，订单待支付", "paid, order pending"),
    "paid_closed": ("已付款，订单已关闭", "paid, order closed"),
    "no_order": ("已付款，没有订单", "paid, no such order"),
    "not_in_bill": ("订单已支付，账单没有", "order paid, not in the bill"),
    "callback_not_in_bill": ("有回调，账单没有", "callback, not in the bill"),
    "no_callback": ("账单有，没有回调", "in the bill, no callback"),
    "amount_bill": ("订单与账单金额不同", "amount: order and bill"),
    "amount_callback": ("回调金额不同", "amount of the callback"),
    "currency": ("币种不同", "currency"),
    "paid_twice": ("一单付了多次", "paid more than once"),
    "not_in_export": ("导出缺少", "missing in the export"),
    "not_in_orders": ("导出有，数据库没有", "in the export, no such order"),
    "other_day": ("导出里有别的日期的订单", "in the export, order of another day"),
    "unpaid_not_in_export": ("导出缺少（未支付）", "unpaid, missing in the export"),
    "amount_export": ("订单与导出金额不同", "amount: order and export"),
    "repeated": ("导出重复", "repeated in the export"),
    "damaged": ("导出的订单号已损坏", "order number damaged in the export"),
    "refunded": ("有退款（仅提示）", "refunded (for information)"),
    "items": ("一单多行，按商品导出（仅提示）", "several rows an order (for information)"),
    "unpaid_left_out": ("未支付订单不在导出里（仅提示）", "unpaid, left out of the export (for information)"),
}

SIDES: Mapping[str, tuple[str, str]] = {
    "orders": ("订单", "orders"),
    "callbacks": ("回调", "callbacks"),
    "bill": ("账单", "bill"),
    "export": ("导出", "export"),
}

HEADS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("类别", "说明", "订单号", "订单金额", "账单金额", "回调金额", "导出金额", "订单状态", "时间", "备注"),
    "en": ("kind", "meaning", "number", "order", "bill", "callback", "export", "state", "time", "note"),
}
TOTALS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("类别", "说明", "笔数", "涉及金额", "前几个订单号"),
    "en": ("kind", "meaning", "count", "amount", "first numbers"),
}
EQUAL: Mapping[Language, str] = {"zh": "没有差异", "en": "no differences"}


def said(pair: tuple[str, str], language: Language) -> str:
    return pair[language == "en"]
