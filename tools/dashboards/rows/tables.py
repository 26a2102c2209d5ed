"""The shape of tables, their shards, and what the probes themselves ask of the database."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Lines, Query, Row, Table, Words

_SHOP = Words("店铺", "Shop")
_TABLE = Words("表", "Table")
_READS = "pending_paid|negative_stock|order_rate|fulfilment|partner_events|schema_watch|slow_queries|replica_lag|sql"
"""Probes that ask a database."""

SCHEMA = Row(
    Words("表结构", "Shape of the tables"),
    (
        Table(
            Words("结构隐患", "Weak spots"),
            Words(
                "映射到的表和库的设置里的隐患，例如浮点金额、重复索引、以范围列开头的索引。每一种的改法在处理手册里。",
                "Weak spots of the mapped tables and of how the database is set up: money as floats, redundant indexes, an index "
                "that begins with a range. The runbook says how to mend each.",
            ),
            "short",
            probe="schema_watch",
            labels=(("shop", _SHOP), ("table", _TABLE), ("finding", Words("隐患", "Finding"))),
            columns=(
                Column(
                    Words("个数", "Count"),
                    Query(
                        'max by (shop, table, finding) (order_health_schema_findings{shop=~"$shop"}) > 0',
                        "{{shop}} {{table}} {{finding}}",
                    ),
                ),
            ),
        ),
        Table(
            Words("最近的结构变更", "Changes of late"),
            Words(
                "保留期内发现的表结构变更，以及发现的时间。不是你们自己发布的变更，就要查是谁改的。",
                "Changes to the shape of tables within the time they are kept, and when they were noticed. One that no release of "
                "yours made needs a name behind it.",
            ),
            "short",
            probe="schema_watch",
            labels=(
                ("noticed", Words("发现于", "Noticed")),
                ("shop", _SHOP),
                ("table", _TABLE),
                ("change", Words("变更", "Change")),
            ),
            columns=(
                Column(
                    Words("处数", "Places"),
                    Query(
                        'max by (shop, table, change, noticed) (order_health_schema_changes{shop=~"$shop"})',
                        "{{shop}} {{table}} {{change}}",
                    ),
                ),
            ),
        ),
        Table(
            Words("分表", "Shards"),
            Words(
                "每个检查读几张分表、这一轮读到几张、几张十分钟没有答案。没有读到的分表里的订单不在任何数字里。",
                "Shards of each table, how many answered the last run, and how many have been silent for ten minutes. Orders of "
                "an unread shard are in no figure.",
            ),
            "short",
            probe="watch",
            width=24,
            height=6,
            labels=(("shop", _SHOP), ("probe", Words("检查", "Probe")), ("table", _TABLE)),
            columns=(
                Column(
                    Words("分表数", "Shards"),
                    Query('max by (shop, probe, table) (order_health_shards{shop=~"$shop"})', "{{shop}} {{table}}"),
                ),
                Column(
                    Words("读到", "Answered"),
                    Query(
                        'max by (shop, probe, table) (order_health_shards_scanned{shop=~"$shop"})', "{{shop}} {{table}}"
                    ),
                ),
                Column(
                    Words("没有读到", "Unread"),
                    Query(
                        'max by (shop, probe, table) (order_health_shards_unread{shop=~"$shop"})', "{{shop}} {{table}}"
                    ),
                    red_from=1,
                ),
            ),
        ),
    ),
)

COST = Row(
    Words("检查自身的开销", "What the probes cost"),
    (
        Lines(
            Words("检查用时", "Time of a probe"),
            Words(
                "检查最近一次运行用了多久。长期接近它的间隔：调大 every，或看状态页上它的语句和计划。",
                "How long the last run took. Close to its interval for long: raise `every`, or look at its statements and plans on "
                "the status page.",
            ),
            "s",
            (
                Query(
                    f'max by (shop, probe) (order_health_probe_duration_seconds{{shop=~"$shop", probe=~"{_READS}"}})',
                    "{{shop}} {{probe}}",
                ),
            ),
            probe="watch",
        ),
        Lines(
            Words("各店铺一轮检查的总用时", "Time of one round, by shop"),
            Words(
                "一个店铺所有数据库检查各跑一次的时间之和：它们在同一个连接上依次运行。",
                "All probes of a shop's database once, added up: they take turns on one connection.",
            ),
            "s",
            (
                Query(
                    f'sum by (shop) (order_health_probe_duration_seconds{{shop=~"$shop", probe=~"{_READS}"}})',
                    "{{shop}}",
                ),
            ),
            probe="watch",
        ),
    ),
)
