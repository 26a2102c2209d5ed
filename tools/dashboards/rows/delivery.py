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
        Lines(
            Words("机器人拒收多久了", "How long a robot has refused"),
            Words(
                "机器人从何时起拒收每一张卡片，按原因。要人来处理：原因对应的做法在处理手册里。没有拒收时为空。",
                "How long the robot has refused every card, by cause. A person must mend it: the runbook says how for each cause. Empty while none refuses.",
            ),
            "s",
            (
                Query(
                    f"time() - min by (channel, cause) (order_health_channel_refused_timestamp_seconds{_OF_CHANNELS})",
                    "{{channel}} {{cause}}",
                ),
            ),
            probe="watch",
            width=6,
        ),
        Lines(
            Words("放弃的卡片", "Cards given up"),
            Words(
                "放弃发送、仍留在清单里的卡片。用 order-health card --dead 查看，再决定重发还是丢弃。没有时为空。",
                "Cards that were given up and stand on the list: `order-health card --dead` shows them, to be sent again or thrown away. Empty while there are none.",
            ),
            "short",
            (
                Query(
                    f"max by (channel, cause) (order_health_dead_cards{_OF_CHANNELS})",
                    "{{channel}} {{cause}}",
                ),
            ),
            probe="watch",
            width=6,
        ),
        Lines(
            Words("本机时钟快了多少", "How far this clock is ahead"),
            Words(
                "按群机器人应答里的时间计算，负数表示慢。超过五分钟有警告：查 NTP。时钟不对，等待时间和检查窗口都不对。",
                "By the time in the robots' answers; negative: behind. Beyond five minutes there is a warning: look at NTP. With a wrong clock waiting times and windows are wrong.",
            ),
            "s",
            (Query(f"max by (channel) (order_health_clock_skew_seconds{_OF_CHANNELS})", "{{channel}}"),),
            probe="watch",
            width=6,
        ),
        Bars(
            Words("心跳", "Heartbeats"),
            Words(
                "向 alerts.heartbeat 的地址报平安的次数。failed 一直有：那个地址不通，停摆时不会有人知道。",
                "GETs of the address under alerts.heartbeat. failed again and again: it cannot be reached, and nobody would notice a standstill.",
            ),
            "short",
            (Query("sum by (result) (increase(order_health_heartbeat_pings_total[$__rate_interval]))", "{{result}}"),),
            probe="watch",
            width=6,
            least="5m",
        ),
    ),
)
