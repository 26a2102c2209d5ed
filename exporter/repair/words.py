"""The wording of plans, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from exporter.text import one_line

_LONGEST = 64

_TEXTS: Mapping[str, tuple[str, str]] = {
    # the file
    "title": ("修复方案 {kind} · 商城 {shop}", "repair plan {kind} · shop {shop}"),
    "made": ("生成于 {at}（UTC{offset}），order-health {version}", "made {at} (UTC{offset}) by order-health {version}"),
    "place": ("数据库：{place}", "database: {place}"),
    "sum": ("{steps} 单可修复，预期共改变 {rows} 行；另有 {doubts} 单须人工判断，列在最后",
            "{steps} cases, {rows} rows expected to change; {doubts} more are left to a person, at the end"),
    "not_whole": ("探针还没有看完，可能还有别的", "The probe has not seen everything: there may be more cases"),
    "nothing": ("没有可以修复的。", "There is nothing to repair."),
    "limited": ("按 --limit 只写了最早的 {shown} 单，还有 {left} 单",
        "--limit: the oldest {shown} cases; {left} more are left"),
    "run": ("用法：先从头到尾看一遍，先在数据库副本上试跑，再用有写权限的账号执行：",
            "How to run: read it all, try it on a copy of the database, then with an account that may write:"),
    "guard": ("每条语句只改与下面所见完全一致的行：期间被别人改过的不动，重复执行改变 0 行。",
              "Each statement changes a row only while it is as it was seen here. Run again it changes 0 rows."),
    "alone": ("只能对这一个数据库执行；其他数据库各有自己的文件。",
        "For this database alone; the others have files of their own."),
    "left": ("须人工判断，没有写语句", "Left to a person, without a statement"),
    "check": ("核对", "How to check"),
    "expected": ("下面应当是 0：", "What follows should be 0:"),
    "probe": ("再运行 order-health probe {probe}，应当不再报告这些",
        "Then run order-health probe {probe}: it should tell none of these any more"),
    # pending_paid
    "order": ("订单 {number}，{amount}，支付于 {at}，流水号 {transaction}，商户单号 {trade_no}（{source}）",
              "order {number}, {amount}, paid {at}, transaction {transaction}, trade number {trade_no} ({source})"),
    "callbacks": ("回调", "callback"),
    "bill": ("账单", "bill"),
    "after": ("改完后，发券、扣库存、通知仓库等付款后的动作须另行补做；执行前请到支付渠道逐单确认。",
              "Ask the payment channel about each order first. What follows a payment (stock …) is not done here."),
    "several": ("表示已支付的值有 {values}，这里写第一个 {first}",
        "several values mean paid ({values}); the first, {first}, is written"),
    "unasked": ("没有查到是否还有第二笔付款：{why}", "whether there are second payments was not asked: {why}"),
    "silent": ("分片 {shard} 没有应答，它的记录不在本方案里",
        "shard {shard} gave no answer; its rows are not in this plan"),
    "no_order": ("没有这个订单，或不在映射的范围内", "there is no such order, or the mapping leaves it out"),
    "closed": ("订单已关闭：退款，还是恢复订单？", "the order is closed: refund it, or revive it?"),
    "strange": ("映射里没有这个订单状态：{status}", "the mapping does not know this status of an order: {status}"),
    "combined": ("一笔付款对应 {count} 个订单", "one payment for {count} orders"),
    "two_payments": ("有 {count} 笔不同的付款，可能要退一笔",
        "{count} different payments: one may have to be refunded"),
    "later": ("付款之后还有别的通知：{states}，可能已退款",
        "another notification came after the payment: {states}; perhaps a refund"),
    "unknown_amount": ("金额无从核对（映射里没有，或为空）", "the amount cannot be compared (not mapped, or empty)"),
    "currency": ("币种不同：{paid} / {order}", "other currencies: {paid} / {order}"),
    "differs": ("金额不符：付款 {paid}，订单 {order}", "the amounts differ: paid {paid}, the order {order}"),
    "other_transaction": ("订单上已有另一个流水号 {transaction}", "the order bears another transaction: {transaction}"),
    "no_transaction": ("付款没有流水号", "the payment has no transaction id"),
    "too_early": ("付款早于下单", "paid before the order was made"),
    "cannot": ("写不成语句：{why}", "it cannot be written: {why}"),
    # reservations
    "lock": ("预占 {key}，订单 {order}，{warehouse} {sku} × {quantity}，预占于 {at}",
             "reservation {key}, order {order}, {warehouse} {sku} × {quantity}, made {at}"),
    "no_release": ("映射里没有预占状态（reservations.status 的 held 与 released），不知道怎样才算释放",
                   "the mapping names no status of reservations (held, released): what is it to release one?"),
    "elsewhere": ("预占、库存、订单不在同一个数据库，无法在一个事务里完成",
                  "reservation, stock and order lie in different databases: no transaction holds them together"),
    "paid_meanwhile": ("订单已有成功的支付回调：先修复订单（pending_paid）",
        "the order was paid: repair the order first (pending_paid)"),
    "no_order_sure": ("找到 {count} 个可能的订单", "{count} orders that it may have been made for"),
    "no_reserved": ("映射里没有 stock.reserved，不知道预占时扣的是哪个数量",
                    "the mapping names no stock.reserved: which quantity was taken is not known"),
    "no_stock": ("找不到唯一的库存行（找到 {count} 行）", "not exactly one row of stock ({count} found)"),
    "bad_quantity": ("数量不明：{quantity}", "an unclear quantity: {quantity}"),
    "too_little": ("库存行只预占了 {reserved}，少于 {quantity}",
        "the row of stock has only {reserved} reserved, fewer than {quantity}"),
    "ask_payment": ("本商城没有可反查的回调：释放之前，请逐单到支付渠道确认订单没有付款。",
                    "Callbacks cannot be asked here: ask the payment channel whether these orders were paid."),
    # fulfilment_start
    "start": ("订单 {number}，事件 {event} 发生于 {at}", "order {number}, event {event} at {at}"),
    "more_events": ("事件超过 {count} 条，只读了最早的这些",
                    "more than {count} events: the oldest were read"),
    "two_starts": ("这种事件发生过多次：{times}", "this event happened more than once: {times}"),
    "start_before": ("早于 {word}（{at}）", "before {word} ({at})"),
    "start_after": ("晚于发货（{at}）", "after the shipment ({at})"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """`language` is zh or en; times are shown in `zone`."""

    language: str
    zone: tzinfo

    def __call__(self, text: str, **values: Any) -> str:
        shown = {name: one_line(str(value), _LONGEST * 4) for name, value in values.items()}
        return _TEXTS[text][self.language == "en"].format(**shown)

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def money(amount: Decimal | int | None, currency: str | None) -> str:
        if amount is None:
            return "?"
        text = f"{Decimal(amount) / 100:,.2f}"
        return f"¥{text}" if currency in {"CNY", None} else f"{text} {currency}"
