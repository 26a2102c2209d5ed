"""Every shop at a glance, and what is open."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Query, Row, Table, Words
from tools.dashboards.sums import BELOW_ZERO, CACHED, FAILING, LATE, MONEY, PENDING, firing

_SHOP = Words("店铺", "Shop")
_PROBE = Words("检查", "Probe")

_SHOPS = Table(
    Words("各店铺一览", "All shops at a glance"),
    Words(
        "每行一个店铺，数字都是当前值；空白表示该检查没有启用，或者这一轮没有得到答案。先看严重告警，再看金额。",
        "One line a shop, as it is now. An empty cell: the probe is not in use, or has no answer now. "
        "Look at critical alerts first, then at the money.",
    ),
    "short",
    width=16,
    height=9,
    labels=(("shop", _SHOP), ("currency", Words("币种", "Currency"))),
    columns=(
        Column(Words("严重告警", "Critical alerts"), Query(firing("critical"), "{{shop}}"), red_from=1),
        Column(Words("警告", "Warnings"), Query(firing("warning"), "{{shop}}"), red_from=1),
        Column(Words("已付款仍待支付", "Paid, yet pending"), Query(PENDING, "{{shop}}")),
        Column(Words("涉及金额", "Money in them"), Query(MONEY, "{{shop}}"), "locale"),
        Column(Words("负库存 SKU", "SKUs below zero"), Query(BELOW_ZERO, "{{shop}}")),
        Column(Words("超时未发货", "Not shipped in time"), Query(LATE, "{{shop}}")),
        Column(Words("缓存导出", "Exports from a cache"), Query(CACHED, "{{shop}}"), red_from=1),
        Column(
            Words("下单量 / 平时", "Orders, of usual"),
            Query('max by (shop) (order_health_order_rate_ratio{shop=~"$shop", event="created"})', "{{shop}}"),
            "percentunit",
        ),
        Column(Words("失败的检查", "Failing probes"), Query(FAILING, "{{shop}}"), red_from=1),
    ),
)
_OPEN = Table(
    Words("当前告警", "Open alerts"),
    Words(
        "正在触发的告警。点检查名打开处理手册；要静默或认领，请用卡片上的按钮或状态页。",
        "Alerts that fire now. The probe's name leads to its runbook; silence or take an alert by the buttons of its card, "
        "or on the status page.",
    ),
    "short",
    width=8,
    height=9,
    labels=(
        ("alertname", Words("告警", "Alert")),
        ("severity", Words("级别", "Severity")),
        ("shop", _SHOP),
        ("probe", _PROBE),
    ),
    columns=(
        Column(
            Words("", ""),
            Query(
                'max by (alertname, severity, shop, probe) (ALERTS{alertstate="firing", shop=~"$shop|"})',
                "{{alertname}}",
            ),
        ),
    ),
)

ROW = Row(Words("全部店铺", "All shops"), (_SHOPS, _OPEN))
