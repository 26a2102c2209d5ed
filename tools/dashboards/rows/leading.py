"""Several sidecars: which one leads, and whether they can agree on it."""

from __future__ import annotations

from tools.dashboards.nouns import Lines, Query, Row, States, Words

ROW = Row(
    Words("多个实例", "Several sidecars"),
    (
        Lines(
            Words("领导者", "Who leads"),
            Words(
                "1 是正在检查、判断和发送的实例，0 是待命的。合计应为 1：长期为零没有人在看店，大于 1 请立即查实例的时钟和 Redis。没有配置租约时为空。",
                "1: it watches, judges and sends; 0: it stands by. Their sum should be 1. At 0 for long nobody watches; above 1 look at the clocks and the Redis at once. Empty without leases.",
            ),
            "short",
            (
                Query("max by (instance) (order_health_leader)", "{{instance}}"),
                Query("sum(order_health_leader)", Words("合计", "sum"), "usual"),
            ),
            probe="leases",
            width=8,
        ),
        States(
            Words("租约的 Redis", "The Redis of the leases"),
            Words(
                "红色：这个实例连不上放租约的 Redis，无法接替，领导者也会在租约到期时让位。",
                "Red: this sidecar cannot reach the Redis of the leases. It cannot take over, and a leader steps down when its lease ends.",
            ),
            "short",
            (Query("min by (instance) (order_health_leases_reachable)", "{{instance}}"),),
            probe="leases",
            width=8,
        ),
        Lines(
            Words("一小时内的换手次数", "Changes of the lead within an hour"),
            Words(
                "领导权换手的次数。除了发布和重启，应为零；反复换手：网络抖动，或租约太短。",
                "How often the lead changed hands. Zero but for releases and restarts; again and again: a shaky network, or leases that are too short.",
            ),
            "short",
            (
                # only who leads tells it: a rate of one series would miss every change
                Query(
                    "max(max_over_time(order_health_leader_changes_total[1h])) - min(min_over_time(order_health_leader_changes_total[1h]))",
                    Words("换手", "changes"),
                ),
            ),
            probe="leases",
            width=8,
        ),
    ),
)
