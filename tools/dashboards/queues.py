"""For who runs the queues and who writes into them."""

from __future__ import annotations

from tools.dashboards.nouns import Board, Choice, Words
from tools.dashboards.rows import consumers, schemas, sizes

_KNOWN_BY = (
    '{__name__=~"order_health_(message_bytes_count|consumer_backlog_messages|schema_checked_messages_total)", '
    'shop=~"$shop"}'
)

BOARD = Board(
    "queues",
    Words("订单健康 · 消息队列", "Order health · Queues"),
    Words(
        "消息有多大、合不合格式、谁消费得慢，以及挡住支付回调的锁。",
        "How large messages are, whether they keep their schema, who is slow to consume them, and locks that keep callbacks out.",
    ),
    (sizes.ROW, consumers.CONSUMERS, schemas.ROW, consumers.LOCKS),
    (
        Choice("queue", Words("队列", "Queue"), _KNOWN_BY),
        Choice("topic", Words("主题", "Topic"), _KNOWN_BY),
    ),
)
