"""How many orders come, beside how many usually do."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Lines, Query, Row, Words, limit
from tools.dashboards.sums import USUAL

ROW = Row(
    Words("订单量", "Orders"),
    (
        Lines(
            Words("近一小时订单，与平时相比", "Orders of the last hour, and as usual"),
            Words(
                "实线是最近一小时，虚线是同一时段平时的数量（中位数）。明显低于虚线：先查下单和支付入口。",
                "Solid: the last hour. Dashed: what this hour usually has (median). Well below it: look at checkout and payment.",
            ),
            "short",
            USUAL,
            probe="order_rate",
        ),
        Lines(
            Words("占平时的比例", "Part of what is usual"),
            Words(
                "1 表示和平时一样。低于红线、并且偏离也超过阈值才告警，所以一次低谷不一定有卡片。",
                "1 is as usual. An alert needs a ratio below the red line and enough deviations, so one dip may have no card.",
            ),
            "percentunit",
            (
                Query('max by (shop, event) (order_health_order_rate_ratio{shop=~"$shop"})', "{{shop}} {{event}}"),
                limit("order_rate", "ratio"),
            ),
            probe="order_rate",
            width=6,
        ),
        Lines(
            Words("低于平时多少个偏差", "Usual deviations below"),
            Words(
                "低于平时多少个常见偏差；负数表示高于平时。超过红线说明不是普通波动。",
                "How many usual deviations it lies below what is usual; negative above. Beyond the red line it is no ordinary dip.",
            ),
            "short",
            (
                Query('max by (shop, event) (order_health_order_rate_deviations{shop=~"$shop"})', "{{shop}} {{event}}"),
                limit("order_rate", "deviations"),
            ),
            probe="order_rate",
            width=6,
        ),
        Bars(
            Words("订单，每 15 分钟", "Orders in 15 minutes"),
            Words(
                "新下单、已支付、已发货的订单数；五分钟结束后才计数，因此最右边的柱子偏低。",
                "Orders created, paid and shipped. Five minutes count when they are over, so the last bar is low.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, event) (increase(order_health_orders_total{shop=~"$shop"}[$__rate_interval]))',
                    "{{shop}} {{event}}",
                ),
            ),
            probe="order_rate",
            least="15m",
        ),
        Bars(
            Words("订单金额，每 15 分钟", "Money in 15 minutes"),
            Words(
                "这些订单的金额，按币种，主单位。订单数正常而金额下降：查优惠和价格。",
                "What these orders amount to, by currency, in major units. Orders as usual and less money: look at prices and "
                "coupons.",
            ),
            "locale",
            (
                Query(
                    "sum by (shop, event, currency) "
                    '(increase(order_health_order_amount_total{shop=~"$shop"}[$__rate_interval]))',
                    "{{shop}} {{event}} {{currency}}",
                ),
            ),
            probe="order_rate",
            least="15m",
        ),
        Lines(
            Words("24 小时内订单，按状态", "Orders of 24 hours, by status"),
            Words(
                "最近 24 小时创建的订单现在处于什么状态，每 15 分钟数一次。待支付一层变厚，说明付款没有走通。",
                "Orders created in the last 24 hours by the status they have now, counted every 15 minutes. Where the pending "
                "layer grows, payments do not come through.",
            ),
            "short",
            (Query('sum by (shop, status) (order_health_orders_by_status{shop=~"$shop"})', "{{shop}} {{status}}"),),
            probe="order_rate",
            stacked=True,
        ),
        Lines(
            Words("距最新一单", "Since the newest order"),
            Words(
                "距最新一次下单、支付、发货的时间。平时一直有单的时段里持续上升，就是停了。",
                "Time since the newest order was created, paid or shipped. Where it keeps rising in busy hours, orders stopped.",
            ),
            "s",
            (
                Query(
                    'time() - max by (shop, event) (order_health_last_order_timestamp_seconds{shop=~"$shop"})',
                    "{{shop}} {{event}}",
                ),
            ),
            probe="order_rate",
            width=6,
        ),
        Lines(
            Words("这段沉默平时会有的订单", "Orders missed in the silence"),
            Words(
                "从最新一单到现在，平时会来的订单数。超过红线即判定停单。",
                "Orders that would usually have come since the newest one. Beyond the red line orders have stopped.",
            ),
            "short",
            (
                Query('max by (shop, event) (order_health_orders_missed{shop=~"$shop"})', "{{shop}} {{event}}"),
                limit("order_rate", "missed"),
            ),
            probe="order_rate",
            width=6,
        ),
        Lines(
            Words("基线样本数", "Past windows of the baseline"),
            Words(
                "“平时”由多少个历史窗口得出；少于八个不作判断。新店铺会逐周增加。",
                "How many past windows make what is usual. Fewer than eight judge nothing; a new shop gains some each week.",
            ),
            "short",
            (
                Query(
                    'min by (shop, event) (order_health_order_rate_baseline_points{shop=~"$shop"})',
                    "{{shop}} {{event}}",
                ),
            ),
            probe="order_rate",
        ),
        Lines(
            Words("判断窗口长度", "Length of the judged window"),
            Words(
                "一般为一小时；订单少的时段会自动加长，告警也会相应变慢。",
                "An hour, and more where an hour has too few orders to judge; alerts come later there.",
            ),
            "s",
            (
                Query(
                    'max by (shop, event) (order_health_order_rate_window_seconds{shop=~"$shop"})', "{{shop}} {{event}}"
                ),
            ),
            probe="order_rate",
        ),
    ),
)
