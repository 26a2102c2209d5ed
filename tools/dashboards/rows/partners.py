"""What carriers and other partners tell the shop."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Lines, Query, Row, States, Words, limit

ROW = Row(
    Words("合作方事件", "Partners' events"),
    (
        Lines(
            Words("重复事件，按合作方", "Events told again, by partner"),
            Words(
                "同一订单的同一事件被再次推送的次数。若处理不幂等，会重复发货或重复退款：先确认唯一键。",
                "Events that a partner told again for the same order. Without idempotent handling goods or refunds go out twice: "
                "check the unique key first.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, partner) (order_health_partner_duplicate_events{shop=~"$shop"})',
                    "{{shop}} {{partner}}",
                ),
                limit("partner_events", "duplicates"),
            ),
            probe="partner_events",
            width=8,
        ),
        Bars(
            Words("收到的事件，按合作方", "Events that came, by partner"),
            Words(
                "每段时间收到的事件数。某一家变成零而别家照常：那一家的接口断了。",
                "Events by partner. Where one falls to nothing and the others do not, its interface is down.",
            ),
            "short",
            (
                Query(
                    'sum by (shop, partner) (increase(order_health_partner_events_total{shop=~"$shop"}[$__rate_interval]))',
                    "{{shop}} {{partner}}",
                ),
            ),
            probe="partner_events",
            width=8,
            least="5m",
        ),
        Lines(
            Words("沉默时长，与平时最长间隔", "Silence, and the longest usual pause"),
            Words(
                "实线是距最新事件的时间，虚线是平时最长的间隔；超过三倍虚线并超过红线才告警。",
                "Solid: time since the newest event. Dashed: the longest usual pause. An alert needs three times the pause and "
                "more than the red line.",
            ),
            "s",
            (
                Query(
                    "time() - max by (shop, partner) "
                    '(order_health_partner_last_event_timestamp_seconds{shop=~"$shop"})',
                    "{{shop}} {{partner}}",
                ),
                Query(
                    'max by (shop, partner) (order_health_partner_usual_pause_seconds{shop=~"$shop"})',
                    Words("{{shop}} {{partner}} 平时最长", "{{shop}} {{partner}}, longest pause"),
                    "usual",
                ),
                limit("partner_events", "silence"),
            ),
            probe="partner_events",
            width=8,
        ),
        States(
            Words("事件表的唯一键", "The unique key of events"),
            Words(
                "红色表示没有唯一键阻止同一订单的同一事件写入两次。按处理手册加上。",
                "Red: no unique key forbids the same event of the same order twice. The runbook says how to add it.",
            ),
            "short",
            (Query('max by (shop) (order_health_partner_key_missing{shop=~"$shop"})', "{{shop}}"),),
            probe="partner_events",
            width=24,
            height=5,
            good=0,
        ),
    ),
)
