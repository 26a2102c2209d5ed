"""Whether cards reach their rooms."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Lines, Query, Row, Words

_OF_CHANNELS = '{channel=~"$channel"}'

ROW = Row(
    Words("发送", "Delivery"),
    (
        Bars(
            Words("卡片，按渠道和结果", "Cards, by channel and result"),
            Words(
                "accepted 是群里收下的。refused 和 dead 不应出现：查机器人的密钥、关键词和 IP 白名单。throttled 多：让告警合并。",
                "accepted: the room took it. refused and dead should not be there: look at the robot's secret, keyword and list of "
                "addresses. Many throttled: group the alerts.",
            ),
            "short",
            (
                Query(
                    f"sum by (channel, result) (increase(order_health_cards_total{_OF_CHANNELS}[$__rate_interval]))",
                    "{{channel}} {{result}}",
                ),
            ),
            probe="watch",
        ),
        Lines(
            Words("待发卡片", "Cards that wait"),
            Words(
                "还没有被群收下的卡片数。一直不降：网络不通，或机器人被限流。",
                "Cards that no room has accepted yet. If it does not fall, the network is down or the robot is throttled.",
            ),
            "short",
            (Query(f"max by (channel) (order_health_outbox_cards{_OF_CHANNELS})", "{{channel}}"),),
            probe="watch",
            width=6,
        ),
        Lines(
            Words("最久的一张已等待", "The oldest card waits"),
            Words(
                "最早一张待发卡片等了多久，没有时为空；超过五分钟会有告警。",
                "Age of the oldest waiting card, empty while none waits. After five minutes there is an alert.",
            ),
            "s",
            (
                Query(
                    f"time() - min by (channel) (order_health_outbox_oldest_timestamp_seconds{_OF_CHANNELS})",
                    "{{channel}}",
                ),
            ),
            probe="watch",
            width=6,
        ),
        Bars(
            Words("无人接收的告警", "Alerts that nobody was told"),
            Words(
                "没有任何路由接收的状态变化。不为零：在 alerts.routes 末尾加一条没有条件的路由。",
                "Flips that no route takes. Above zero: end alerts.routes with a route that has no conditions.",
            ),
            "short",
            (
                Query(
                    "sum(increase(order_health_unrouted_alerts_total[$__rate_interval]))", Words("无人接收", "untold")
                ),
            ),
            probe="watch",
            width=8,
        ),
        Lines(
            Words("静默与认领", "Silences and acknowledgements"),
            Words(
                "当前有效的静默和认领数。长期不减：有人忘了结束。",
                "Those that stand now. Where it never falls, somebody forgot to end one.",
            ),
            "short",
            (Query("max by (kind) (order_health_silences)", "{{kind}}"),),
            width=8,
        ),
        Bars(
            Words("卡片上的链接", "Links in cards"),
            Words(
                "done 是用成了的。forged 不为零：有人在伪造链接，查反向代理的访问日志。",
                "done: it worked. forged above zero: somebody makes links up; look at the proxy's log.",
            ),
            "short",
            (Query("sum by (result) (increase(order_health_card_links_total[$__rate_interval]))", "{{result}}"),),
            width=8,
        ),
    ),
)
