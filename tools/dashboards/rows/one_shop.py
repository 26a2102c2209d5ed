"""One line of tiles for each shop."""

from __future__ import annotations

from tools.dashboards.nouns import Lines, Row, Tile, Words, tile
from tools.dashboards.sums import BELOW_ZERO, CACHED, FAILING, LATE, MONEY, PENDING, USUAL, firing

ROW = Row(
    Words("店铺 $shop", "Shop $shop"),
    repeated=True,
    panels=(
        tile(
            Tile(
                Words("已付款仍待支付", "Paid, yet pending"),
                Words(
                    "支付回调已说明付款、订单仍是待支付的订单数。超过阈值变红：按处理手册核对回调，再补单，不要直接改库。",
                    "Orders whose payment was confirmed and that still say unpaid. Red beyond the limit: check the callbacks and "
                    "repair by the runbook, never by hand in the database.",
                ),
                "short",
                probe="pending_paid",
                width=3,
                height=6,
            ),
            PENDING,
            beyond="orders",
        ),
        tile(
            Tile(
                Words("涉及金额", "Money in them"),
                Words(
                    "这些订单里顾客已付的金额（按币种，主单位），只计有金额记录的订单。",
                    "What customers paid for these orders, by currency, in major units; as far as amounts are recorded.",
                ),
                "locale",
                probe="pending_paid",
                width=3,
                height=6,
                red_from=0.01,
            ),
            MONEY,
            "{{currency}}",
        ),
        tile(
            Tile(
                Words("负库存 SKU", "SKUs below zero"),
                Words(
                    "库存小于零的 SKU 数：已经超卖。先停售这些 SKU，再按处理手册查扣减语句。",
                    "SKUs with a stock below zero: more was sold than there is. Stop selling them, then find the statement that "
                    "took too much, as the runbook says.",
                ),
                "short",
                probe="negative_stock",
                width=3,
                height=6,
            ),
            BELOW_ZERO,
            beyond="skus",
        ),
        tile(
            Tile(
                Words("缓存导出", "Cached"),
                Words(
                    "由缓存返回的导出个数。不为零时财务拿到的可能是旧文件：先停用该导出。",
                    "Exports that a cache answered. Above zero, finance may hold an old file: stop using that export.",
                ),
                "short",
                probe="export_cache",
                width=2,
                height=6,
            ),
            CACHED,
        ),
        tile(
            Tile(
                Words("超时未发货", "Not shipped in time"),
                Words(
                    "已付款、承诺时间已过仍未发货的订单数。按仓库和阶段的明细在“店铺”仪表盘。",
                    "Orders that are paid and not shipped although their promise is over. The dashboard of the shop has them by "
                    "warehouse and stage.",
                ),
                "short",
                probe="fulfilment",
                width=3,
                height=6,
            ),
            LATE,
            beyond="late",
        ),
        tile(
            Tile(
                Words("当前告警", "Open alerts"),
                Words(
                    "正在触发的告警数（严重和警告）。明细见上方列表。",
                    "Alerts that fire now, critical ones and warnings. The list above names them.",
                ),
                "short",
                width=2,
                height=6,
            ),
            firing("critical|warning"),
        ),
        tile(
            Tile(
                Words("失败的检查", "Failing"),
                Words(
                    "这一轮没有得到答案的检查数。失败的检查没有数值，看上去的“正常”不可信；原因见状态页。",
                    "Probes without an answer now. A failed probe has no values, so what looks well may not be; the status page "
                    "says why it fails.",
                ),
                "short",
                probe="watch",
                width=2,
                height=6,
            ),
            FAILING,
        ),
        Lines(
            Words("近一小时订单，与平时相比", "Orders of the last hour, and as usual"),
            Words(
                "实线是最近一小时的订单数，虚线是同一时段平时的数量。明显低于虚线：先查下单和支付入口。",
                "Solid: orders of the last hour. Dashed: what this hour usually has. Well below it: look at checkout and payment "
                "first.",
            ),
            "short",
            USUAL,
            probe="order_rate",
            width=6,
            height=6,
        ),
    ),
)
