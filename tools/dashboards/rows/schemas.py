"""Whether messages keep their schema."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Lines, Query, Row, Words, limit

_IN = 'shop=~"$shop", queue=~"$queue", topic=~"$topic"'
_TOPIC = "{{shop}} {{queue}} {{topic}}"

ROW = Row(
    Words("消息格式", "Schemas of messages"),
    (
        Bars(
            Words("不合格式的消息，按位置", "Messages that break the schema"),
            Words(
                "抽样检查中不合格式的消息，按路径和规则。升高：生产者发布了新格式，先回退，再补文档。",
                "Of the sample that was checked, by path and keyword. A rise: a producer changed its format. Roll back first.",
            ),
            "short",
            (
                Query(
                    "sum by (shop, topic, path, keyword) "
                    f"(increase(order_health_schema_failures_total{{{_IN}}}[$__rate_interval]))",
                    "{{shop}} {{topic}} {{path}} {{keyword}}",
                ),
            ),
            probe="message_schema",
        ),
        Lines(
            Words("最近不合格式的消息", "Failures of late"),
            Words(
                "保留期内不合格式的消息数，按位置；超过红线告警。",
                "Failures within the time they are kept, by place. Beyond the red line there is an alert.",
            ),
            "short",
            (
                Query(
                    f"max by (shop, topic, path, keyword) (order_health_recent_schema_failures{{{_IN}}})",
                    "{{shop}} {{topic}} {{path}} {{keyword}}",
                ),
                limit("message_schema", "failures"),
            ),
            probe="message_schema",
            width=6,
        ),
        Lines(
            Words("不合格式的比例", "Share that fails"),
            Words(
                "最近检查的消息里不合格式的比例。超过红线：几乎每条都不合，多半是新版本上线。",
                "Of the messages checked of late. Beyond the red line most of them fail: a new release, most likely.",
            ),
            "percentunit",
            (
                Query(
                    f"sum by (shop, queue, topic) (order_health_recent_schema_failures{{{_IN}}}) / "
                    f"max by (shop, queue, topic) (order_health_recent_schema_checked_messages{{{_IN}}} > 0)",
                    _TOPIC,
                ),
                limit("message_schema", "share"),
            ),
            probe="message_schema",
            width=6,
            top=1,
        ),
        Bars(
            Words("检查过与没能检查的消息", "Checked, and not checked"),
            Words(
                "样本里检查过的、太大而没有检查的、读不出来的。读不出来的一直有：查编码和压缩方式。",
                "Of the sample: checked, too large to be checked, unreadable. Unreadable ones again and again: look at their "
                "encoding.",
            ),
            "short",
            (
                Query(
                    "sum by (shop, topic) "
                    f"(increase(order_health_schema_checked_messages_total{{{_IN}}}[$__rate_interval]))",
                    Words("{{shop}} {{topic}} 检查过", "{{shop}} {{topic}} checked"),
                ),
                Query(
                    "sum by (shop, topic) "
                    f"(increase(order_health_schema_too_large_messages_total{{{_IN}}}[$__rate_interval]))",
                    Words("{{shop}} {{topic}} 太大", "{{shop}} {{topic}} too large"),
                ),
                Query(
                    "sum by (shop, topic, reason) "
                    f"(increase(order_health_schema_unread_messages_total{{{_IN}}}[$__rate_interval]))",
                    "{{shop}} {{topic}} {{reason}}",
                ),
            ),
            probe="message_schema",
        ),
        Lines(
            Words("检查到的比例", "Share that was checked"),
            Words(
                "新消息里按格式检查过的比例；抽样本来就小于 1，变成零就是没有在检查。",
                "Share of new messages that were held against the schema. A sample is below 1; at 0 nothing is checked.",
            ),
            "percentunit",
            (Query(f"min by (shop, queue, topic) (order_health_schema_coverage_ratio{{{_IN}}})", _TOPIC),),
            probe="message_schema",
            top=1,
        ),
    ),
)
