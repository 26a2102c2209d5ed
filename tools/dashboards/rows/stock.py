"""Stock that cannot be."""

from __future__ import annotations

from tools.dashboards.nouns import Lines, Query, Row, States, Words, limit

ROW = Row(
    Words("库存", "Stock"),
    (
        Lines(
            Words("负库存 SKU，按仓库", "SKUs below zero, by warehouse"),
            Words(
                "库存小于零的 SKU 数，超过红线告警。先停售，再查没有带条件的扣减语句。",
                "SKUs with a stock below zero; beyond the red line there is an alert. Stop selling them, then look for an update "
                "that takes stock without a condition.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, warehouse) (order_health_negative_stock_skus{shop=~"$shop"})',
                    "{{shop}} {{warehouse}}",
                ),
                limit("negative_stock", "skus"),
            ),
            probe="negative_stock",
            width=8,
        ),
        Lines(
            Words("最低库存，按仓库", "Lowest quantity, by warehouse"),
            Words(
                "每个仓库里数量最少的 SKU；大表只在有负库存时给出。零线以下的深度就是要赔付或补货的数量。",
                "The smallest quantity of any SKU; large tables give it only while something is below zero. How far below zero is "
                "what must be restocked or refunded.",
            ),
            "short",
            (
                Query(
                    'min by (shop, warehouse) (order_health_stock_lowest_quantity{shop=~"$shop"})',
                    "{{shop}} {{warehouse}}",
                ),
            ),
            probe="negative_stock",
            width=8,
        ),
        Lines(
            Words("过期未释放的预占", "Reservations that outlived their order"),
            Words(
                "已过期、对应订单既没有付款也没有关闭的库存预占。它们占着货：用 order-health repair reservations 生成修复计划。",
                "Reservations past their time whose order is neither paid nor closed. They hold stock back: "
                "`order-health repair reservations` writes a plan.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, warehouse) (order_health_stale_reservations{shop=~"$shop"})',
                    "{{shop}} {{warehouse}}",
                ),
                limit("negative_stock", "stale_reservations"),
            ),
            probe="negative_stock",
            width=8,
        ),
        Lines(
            Words("预占数量异常，按种类", "Reserved quantities that cannot be"),
            Words(
                "预占数小于零，或大于库存的 SKU 数。多半是释放了两次，或释放没有和扣减放在同一个事务里。",
                "SKUs whose reserved quantity is below zero or above the stock. Most often something was released twice.",
            ),
            "short",
            (
                Query('sum by (shop, kind) (order_health_reservation_anomalies{shop=~"$shop"})', "{{shop}} {{kind}}"),
                limit("negative_stock", "reservation_anomalies"),
            ),
            probe="negative_stock",
            width=8,
        ),
        Lines(
            Words("库存表重复行", "Duplicate rows of stock"),
            Words(
                "同一仓库同一 SKU 多出来的行数。合并这些行之前先停写，再加唯一键。",
                "Rows beyond the first of the same warehouse and SKU. Stop writes, merge them, then add the unique key.",
            ),
            "short",
            (Query('max by (shop) (order_health_stock_duplicate_rows{shop=~"$shop"})', "{{shop}}"),),
            probe="negative_stock",
            width=8,
        ),
        States(
            Words("库存表的唯一键", "The unique key of stock"),
            Words(
                "红色表示没有唯一键阻止同一仓库同一 SKU 出现两行：迟早会有重复行。",
                "Red: no unique key forbids two rows of one SKU in one warehouse, so there will be duplicates one day.",
            ),
            "short",
            (Query('max by (shop) (order_health_stock_key_missing{shop=~"$shop"})', "{{shop}}"),),
            probe="negative_stock",
            width=8,
            good=0,
        ),
    ),
)
