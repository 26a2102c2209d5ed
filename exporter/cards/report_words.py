"""The words of the daily and the weekly card in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.cards.values import Language


@dataclass(frozen=True, slots=True)
class ReportWords:
    """Texts with {} are filled by `str.format`."""

    daily: str
    weekly: str
    weekly_unknown: str
    fired: str
    ended: str
    none: str
    all_well: str
    quiet: str
    times: str
    unit: str
    rate_unit: str
    delivered: str
    dead: str
    waiting: str
    mean: str
    orders: str
    unknown_orders: str
    wrong: str
    span: str
    goal: str
    above: str
    below: str
    stale: str


REPORT_WORDS: Mapping[Language, ReportWords] = {
    "zh": ReportWords(
        daily="日报：{} 条告警未恢复",
        weekly="周报：支付异常率 {}",
        weekly_unknown="周报：支付异常率未知",
        fired="触发",
        ended="恢复",
        none="没有触发过告警。",
        all_well="日报：一切正常",
        quiet="静默期间有 {} 次告警出现又恢复，没有单独通知。",
        times="{} 次",
        unit="条告警未恢复",
        rate_unit="支付异常率",
        delivered="送达",
        dead="放弃",
        waiting="待发",
        mean="平均",
        orders="{} 笔订单",
        unknown_orders="订单数未知",
        wrong="至少 {} 笔异常",
        span="时段",
        goal="目标不超过 0.03%，",
        above="高于目标。",
        below="在目标以内。",
        stale="没有店铺统计订单数（需要检查项 order_rate），无法计算异常率。",
    ),
    "en": ReportWords(
        daily="Daily report: {} firing",
        weekly="Weekly report: {} of payments wrong",
        weekly_unknown="Weekly report: rate of wrong payments not known",
        fired="Fired",
        ended="Over",
        none="No alert fired. ",
        all_well="Daily report: all is well",
        quiet="{} alerts came and went in quiet hours and were not told. ",
        times="{} times",
        unit="firing",
        rate_unit="of payments wrong",
        delivered="Sent",
        dead="Lost",
        waiting="Wait",
        mean="Mean",
        orders="{} orders",
        unknown_orders="orders not known",
        wrong="{} wrong at least",
        span="Span",
        goal="The goal is 0.03 % at most: ",
        above="missed. ",
        below="met. ",
        stale="No shop counts its orders (the probe order_rate does), so there is no rate. ",
    ),
}
