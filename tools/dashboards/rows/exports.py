"""Whether the files that finance downloads hold every order."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Lines, Query, Row, Table, Words, limit

_BY_EXPORT = "{{shop}} {{export}}"

ROW = Row(
    Words("财务导出：核对", "Exports: held against the primary"),
    (
        Lines(
            Words("文件里的订单，与主库相比", "Orders in the file and in the primary"),
            Words(
                "实线是文件里的订单数和行数，虚线是主库同一天的订单数。实线低于虚线：账会少钱。",
                "Solid: orders and rows of the file. Dashed: orders of that day in the primary. Below it, what is settled is short.",
            ),
            "short",
            (
                Query(
                    'max by (shop, export) (order_health_export_orders{shop=~"$shop"})',
                    Words(f"{_BY_EXPORT} 订单", f"{_BY_EXPORT} orders"),
                ),
                Query(
                    'max by (shop, export) (order_health_export_rows{shop=~"$shop"})',
                    Words(f"{_BY_EXPORT} 行", f"{_BY_EXPORT} rows"),
                ),
                Query(
                    'max by (shop, export) (order_health_export_expected_orders{shop=~"$shop"})',
                    Words(f"{_BY_EXPORT} 主库", f"{_BY_EXPORT} in the primary"),
                    "usual",
                ),
            ),
            probe="export_rows",
        ),
        Lines(
            Words("缺少与多出的订单", "Orders missing and too many"),
            Words(
                "文件比主库少的和多的订单数，超过各自的红线告警。先停用这份文件；订单号在卡片和状态页上。",
                "Orders that the file lacks, and that it has too many; beyond their red lines there are alerts. Stop using the "
                "file; cards and the status page name the orders.",
            ),
            "short",
            (
                Query(
                    'max by (shop, export) (order_health_export_missing_rows{shop=~"$shop"})',
                    Words(f"{_BY_EXPORT} 缺少", f"{_BY_EXPORT} missing"),
                ),
                Query(
                    'max by (shop, export) (order_health_export_extra_rows{shop=~"$shop"})',
                    Words(f"{_BY_EXPORT} 多出", f"{_BY_EXPORT} too many"),
                ),
                limit("export_rows", "missing_rows"),
                limit("export_rows", "extra_rows"),
            ),
            probe="export_rows",
        ),
        Lines(
            Words("金额差（绝对值）", "Difference of the sums, absolute"),
            Words(
                "文件金额合计与主库之差。订单一单不少而金额不符：取错了列、单位不对，或用了浮点数。",
                "Sum of the file against the sum of the primary. With every order there, it is another column, another unit, or "
                "floats.",
            ),
            "locale",
            (
                Query('abs(max by (shop, export) (order_health_export_amount_difference{shop=~"$shop"}))', _BY_EXPORT),
                limit("export_rows", "amount_difference"),
            ),
            probe="export_rows",
            width=8,
        ),
        Table(
            Words("文件里的隐患", "Faults of the files"),
            Words(
                "例如科学计数法的订单号、浮点金额、重复行。每一种的含义和改法在处理手册里。",
                "Order numbers in scientific notation, amounts as floats, repeated rows, and so on. The runbook explains each.",
            ),
            "short",
            probe="export_rows",
            width=8,
            labels=(
                ("shop", Words("店铺", "Shop")),
                ("export", Words("导出", "Export")),
                ("finding", Words("隐患", "Fault")),
            ),
            columns=(
                Column(
                    Words("行或订单", "Rows or orders"),
                    Query(
                        'max by (shop, export, finding) (order_health_export_findings{shop=~"$shop"}) > 0', _BY_EXPORT
                    ),
                ),
            ),
        ),
        Lines(
            Words("核对的是多久以前的日期", "How old the compared day is"),
            Words(
                "最近一次核对的那一天的零点距今多久；一直变大说明没有在核对。",
                "How long ago the compared day began. If it keeps growing, nothing is compared.",
            ),
            "s",
            (
                Query(
                    'time() - max by (shop, export) (order_health_export_window_timestamp_seconds{shop=~"$shop"})',
                    _BY_EXPORT,
                ),
            ),
            probe="export_rows",
            width=8,
        ),
    ),
)
