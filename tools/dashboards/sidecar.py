"""Who watches the watcher."""

from __future__ import annotations

from tools.dashboards.nouns import Board, Choice, Words
from tools.dashboards.rows import alertmanagers, delivery, judging, leading, probes

BOARD = Board(
    "sidecar",
    Words("订单健康 · 自身状态", "Order health · The sidecar"),
    Words(
        "order-health 自己是否健康：检查有没有答案，卡片有没有送到，规则有没有在判断，进程用了多少资源。",
        "Whether order-health itself is well: whether probes answer, cards arrive, rules are judged, and what the process takes.",
    ),
    (probes.ROW, delivery.ROW, alertmanagers.ROW, judging.JUDGE, leading.ROW, judging.PROCESS),
    (Choice("channel", Words("渠道", "Channel"), "order_health_outbox_cards"),),
)
