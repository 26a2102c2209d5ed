"""Searches and statements: what is slow, and what it costs."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Lines, Query, Row, States, Words, limit

_STATEMENT = "{{shop}} {{schema}}.{{table}} {{digest}}"

ROW = Row(
    Words("查询", "Searches and statements"),
    (
        Lines(
            Words("搜索用时，与预算相比", "Searches, and their budgets"),
            Words(
                "实线是配置的搜索取到最后一行（或第一千行）的时间，虚线是它的预算。长期高于虚线：看执行计划和索引顺序。",
                "Solid: time to the last row (or the 1,000th) of a configured search. Dashed: its budget. Above it for long: look "
                "at the plan and the order of the index.",
            ),
            "s",
            (
                Query('max by (shop, search) (order_health_search_seconds{shop=~"$shop"})', "{{shop}} {{search}}"),
                Query(
                    'max by (shop, search) (order_health_search_budget_seconds{shop=~"$shop"})',
                    Words("{{shop}} {{search}} 预算", "{{shop}} {{search}}, budget"),
                    "usual",
                ),
            ),
            probe="slow_queries",
        ),
        Lines(
            Words("连续超预算次数", "Misses in a row"),
            Words(
                "搜索连续多少次超过预算；达到红线才告警，因此偶尔一次慢不会打扰人。",
                "Runs in a row over the budget. An alert begins at the red line, so one slow run disturbs nobody.",
            ),
            "short",
            (
                Query('max by (shop, search) (order_health_search_misses{shop=~"$shop"})', "{{shop}} {{search}}"),
                limit("slow_queries", "misses"),
            ),
            probe="slow_queries",
            width=6,
        ),
        States(
            Words("搜索扫全表", "Searches that scan"),
            Words(
                "红色：执行计划从头到尾读一张大表。数据再多一些就会拖垮数据库。",
                "Red: the plan reads a large table from end to end. It gets worse with every order.",
            ),
            "short",
            (Query('max by (shop, search) (order_health_search_full_scan{shop=~"$shop"})', "{{shop}} {{search}}"),),
            probe="slow_queries",
            width=6,
            good=0,
        ),
        Bars(
            Words("慢语句执行次数，按库", "Slow executions, by schema"),
            Words(
                "超过阈值的语句执行了多少次。发布后突然变多：对照下面的语句找是哪一条。",
                "Executions of statements that took longer than the limit. Where it jumps after a release, the panels below name "
                "the statement.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, schema) (increase(order_health_slow_queries_total{shop=~"$shop"}[$__rate_interval]))',
                    "{{shop}} {{schema}}",
                ),
            ),
            probe="slow_queries",
            least="5m",
        ),
        Lines(
            Words("最耗时间的语句", "Statements that take the most time"),
            Words(
                "每秒里有多少秒花在这条语句上（1 表示一直占着一个连接），前十条。语句全文在状态页上。",
                "Seconds spent in a statement each second (1: it keeps one connection busy), the ten largest. The status page "
                "has the text.",
            ),
            "s",
            (
                Query(
                    "topk(10, sum by (shop, schema, digest) "
                    '(rate(order_health_query_seconds_total{shop=~"$shop"}[$__rate_interval])))',
                    "{{shop}} {{schema}} {{digest}}",
                ),
            ),
            probe="slow_queries",
            least="5m",
        ),
        Lines(
            Words("语句平均用时", "Average time of statements"),
            Words(
                "语句最近一次执行时的平均用时，红线是慢的阈值。",
                "Average time when the statement last ran. The red line is what counts as slow.",
            ),
            "s",
            (
                Query(
                    "topk(10, max by (shop, schema, table, digest) "
                    '(order_health_query_average_seconds{shop=~"$shop"}))',
                    _STATEMENT,
                ),
                limit("slow_queries", "slow_seconds"),
            ),
            probe="slow_queries",
            width=8,
        ),
        Lines(
            Words("每返回一行读多少行", "Rows read for each row returned"),
            Words(
                "读的行数远多于返回的行数：缺索引，或索引的列顺序不对。前十条。",
                "Many rows read for each one returned: an index is missing, or its columns are in the wrong order. The ten worst.",
            ),
            "short",
            (
                Query(
                    "topk(10, max by (shop, schema, table, digest) "
                    '(order_health_query_rows_examined_per_row{shop=~"$shop"}))',
                    _STATEMENT,
                ),
            ),
            probe="slow_queries",
            width=8,
        ),
        Lines(
            Words("扫全表的语句，按表", "Statements that scan, by table"),
            Words(
                "最近从头到尾读这张表的不同语句数，超过红线告警。小表不计。",
                "Different statements that lately read the table from end to end; beyond the red line there is an alert. Small "
                "tables do not count.",
            ),
            "short",
            (
                Query('max by (shop, table) (order_health_full_scans{shop=~"$shop"})', "{{shop}} {{table}}"),
                limit("slow_queries", "full_scans"),
            ),
            probe="slow_queries",
            width=8,
        ),
        Lines(
            Words("正在运行的慢语句", "Statements that run too long now"),
            Words(
                "此刻运行时间超过阈值的语句数。按处理手册看它在等什么；确认不是下单语句之前不要结束它。",
                "Statements that have been running longer than the limit. See by the runbook what they wait for; end none before "
                "you know that it is no order.",
            ),
            "short",
            (Query('max by (shop) (order_health_running_queries{shop=~"$shop"})', "{{shop}}"),),
            probe="slow_queries",
            width=8,
        ),
        Lines(
            Words("其中最久的一条", "The longest of them"),
            Words(
                "其中运行最久的一条已经运行的时间；没有时为零。",
                "How long the longest of them has been running; 0 while there is none.",
            ),
            "s",
            (
                Query('max by (shop) (order_health_running_longest_seconds{shop=~"$shop"})', "{{shop}}"),
                limit("slow_queries", "slow_seconds"),
            ),
            probe="slow_queries",
            width=8,
        ),
        Lines(
            Words("没有统计到的语句", "Statements without statistics"),
            Words(
                "服务器的语句统计表已满而漏掉的比例。超过 5%：清空统计表，或调大 performance_schema_digests_size。",
                "Share of statements that are not counted because the server's table of digests is full. Above 5%: truncate it, "
                "or raise performance_schema_digests_size.",
            ),
            "percentunit",
            (Query('max by (shop) (order_health_query_statistics_lost_ratio{shop=~"$shop"})', "{{shop}}"),),
            probe="slow_queries",
            width=8,
            top=1,
        ),
    ),
)
