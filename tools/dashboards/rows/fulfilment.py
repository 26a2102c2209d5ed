"""From payment to the door."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Lines, Query, Row, Table, Words, limit

ROW = Row(
    Words("履约", "Fulfilment"),
    (
        Lines(
            Words("各步骤用时（90 分位）", "Time of each step (90th percentile)"),
            Words(
                "九成订单在这个时间内走完这一步。红线是付款到发货的阈值。哪一步变长，就查哪一步。",
                "Nine orders in ten take no longer. The red line is the limit from payment to shipping. The step that grows is "
                "the one to look at.",
            ),
            "s",
            (
                Query(
                    'max by (shop, step) (order_health_fulfilment_seconds{shop=~"$shop", quantile="0.9"})',
                    "{{shop}} {{step}}",
                ),
                limit("fulfilment", "p90"),
            ),
            probe="fulfilment",
        ),
        Lines(
            Words("超时未发货，按仓库和阶段", "Not shipped in time, by warehouse and stage"),
            Words(
                "已付款、承诺时间已过仍未发货。not_started 还没有开始处理，started 已开始：前者查派单，后者查仓库。",
                "Paid, and the promise is over. not_started: nobody began, look at dispatching. started: look at the warehouse.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, warehouse, stage) (order_health_fulfilment_late_orders{shop=~"$shop"})',
                    "{{shop}} {{warehouse}} {{stage}}",
                ),
                limit("fulfilment", "late"),
            ),
            probe="fulfilment",
        ),
        Lines(
            Words("没有记录开始时间的订单", "Orders without a start"),
            Words(
                "窗口内已发货、却没有人记录何时开始处理的比例。超过红线：状态流转漏写了时间，用时统计不可信。",
                "Share of the shipped orders of which nobody wrote down the start. Beyond the red line the durations are not to "
                "be trusted.",
            ),
            "percentunit",
            (
                Query('max by (shop) (order_health_fulfilment_start_missing_ratio{shop=~"$shop"})', "{{shop}}"),
                limit("fulfilment", "start_missing"),
            ),
            probe="fulfilment",
            width=8,
            top=1,
        ),
        Lines(
            Words("不可能的时间，按种类", "Times that cannot be, by kind"),
            Words(
                "例如发货早于付款。多半是时区转换或补录造成的，按处理手册核对。",
                "Shipped before paid, and the like. Most often a time zone or a late entry; the runbook tells them apart.",
            ),
            "short",
            (
                Query('sum by (shop, kind) (order_health_fulfilment_faults{shop=~"$shop"})', "{{shop}} {{kind}}"),
                limit("fulfilment", "faults"),
            ),
            probe="fulfilment",
            width=8,
        ),
        Lines(
            Words("最久一单已等待", "The oldest late order waits"),
            Words(
                "等待最久的超时订单从付款到现在的时间；没有超时订单时为空。",
                "How long ago the longest waiting late order was paid. Empty while there is none.",
            ),
            "s",
            (
                Query(
                    'time() - min by (shop) (order_health_fulfilment_oldest_timestamp_seconds{shop=~"$shop"})',
                    "{{shop}}",
                ),
            ),
            probe="fulfilment",
            width=8,
        ),
        Lines(
            Words("统计到的订单，按步骤", "Orders that the steps stand on"),
            Words(
                "窗口内这一步时间齐全的订单数；太少时分位数没有意义，也不告警（红线是最少订单数）。",
                "Orders of the window whose times are known. Too few say nothing and alert nobody: the red line is the least.",
            ),
            "short",
            (
                Query('sum by (shop, step) (order_health_fulfilment_orders{shop=~"$shop"})', "{{shop}} {{step}}"),
                limit("fulfilment", "least"),
            ),
            probe="fulfilment",
        ),
        Table(
            Words("订单事件", "Order events"),
            Words(
                "事件表里最近出现的、配置为要通知的事件。订单号和负责人在卡片和状态页上。",
                "Lately written rows of the configured kinds in the shop's log of events. Order numbers and owners stand on the "
                "cards and the status page.",
            ),
            "short",
            probe="fulfilment",
            labels=(
                ("shop", Words("店铺", "Shop")),
                ("event", Words("事件", "Event")),
                ("level", Words("级别", "Level")),
            ),
            columns=(
                Column(
                    Words("行数", "Rows"),
                    Query(
                        'sum by (shop, event, level) (order_health_order_events{shop=~"$shop"})', "{{shop}} {{event}}"
                    ),
                ),
            ),
        ),
    ),
)
