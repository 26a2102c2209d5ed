"""Payments that did not reach their orders."""

from __future__ import annotations

from tools.dashboards.nouns import Lines, Query, Row, Tile, Words, limit, tile

ROW = Row(
    Words("支付", "Payments"),
    (
        Lines(
            Words("已付款、订单仍待支付，按等待时间", "Paid, yet pending, by how long"),
            Words(
                "付款已确认、订单状态没有变的订单数。总数超过红线就告警；等待越久，顾客越可能已经来投诉。按处理手册核对后补单。",
                "Orders whose payment was confirmed and that still say unpaid. Beyond the red line there is an alert; the longer "
                "they wait, the likelier customers complain. Check and repair them by the runbook.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, age) (order_health_pending_paid_orders{shop=~"$shop"})',
                    Words("{{shop}} 等待 {{age}}", "{{shop}} {{age}}"),
                ),
                limit("pending_paid", "orders"),
            ),
            probe="pending_paid",
        ),
        tile(
            Tile(
                Words("最久一单已等待", "The oldest waits"),
                Words(
                    "等待最久的一单从付款到现在的时间；没有这样的订单时为空。",
                    "How long ago the longest waiting of these orders was paid. Empty while there is none.",
                ),
                "s",
                probe="pending_paid",
                width=6,
            ),
            '(time() - min by (shop) (order_health_pending_paid_oldest_timestamp_seconds{shop=~"$shop"}))',
            beyond="oldest",
        ),
        Lines(
            Words("涉及金额", "Money in them"),
            Words(
                "这些订单里顾客已付的金额，按币种，主单位。",
                "What customers paid for these orders, by currency, in major units.",
            ),
            "locale",
            (
                Query(
                    'sum by (shop, currency) (order_health_pending_paid_amount{shop=~"$shop"})', "{{shop}} {{currency}}"
                ),
            ),
            probe="pending_paid",
            width=6,
        ),
        Lines(
            Words("支付与订单矛盾，按种类", "Payments and orders that contradict, by kind"),
            Words(
                "例如关单后付款、重复付款、金额不符。每一种在处理手册里有确认和修复的 SQL。",
                "Paid after closing, paid twice, amounts that differ, and so on. The runbook has the SQL for each kind.",
            ),
            "short",
            (
                Query('sum by (shop, kind) (order_health_payment_anomalies{shop=~"$shop"})', "{{shop}} {{kind}}"),
                limit("pending_paid", "anomalies"),
            ),
            probe="pending_paid",
        ),
        Lines(
            Words("窗口内待支付订单", "Pending orders in the window"),
            Words(
                "检查窗口内所有待支付订单，含没有付款的。突然升高而下单量没有变化，多半是支付入口或回调出了问题。",
                "All orders of the window that are pending, paid or not. If it jumps and orders do not, the payment page or its "
                "callbacks fail.",
            ),
            "short",
            (Query('sum by (shop) (order_health_pending_orders{shop=~"$shop"})', "{{shop}}"),),
            probe="pending_paid",
            width=6,
        ),
        tile(
            Tile(
                Words("最新账单已过去", "Newest bill is this old"),
                Words(
                    "账单里最新一笔付款距今多久；之后的付款还没有核对。只有按账单核对的店铺才有。",
                    "Age of the latest payment in the merchant bills: later ones are not checked yet. Only of shops that are "
                    "watched by bills.",
                ),
                "s",
                probe="pending_paid",
                width=3,
            ),
            '(time() - max by (shop) (order_health_bill_newest_timestamp_seconds{shop=~"$shop"}))',
            beyond="bill_age",
        ),
        tile(
            Tile(
                Words("被拒的账单文件", "Bills refused"),
                Words(
                    "损坏、不完整或不是商户账单的文件数。重新下载这些文件。",
                    "Files of bills that are damaged, cut, or no merchant bill. Download them again.",
                ),
                "short",
                probe="pending_paid",
                width=3,
            ),
            'max by (shop) (order_health_bill_files_refused{shop=~"$shop"})',
        ),
    ),
)
