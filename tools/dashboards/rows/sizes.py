"""How large messages are."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Column, Heat, Lines, Query, Row, Table, Words, limit

_IN = 'shop=~"$shop", queue=~"$queue", topic=~"$topic"'
_TOPIC = "{{shop}} {{queue}} {{topic}}"
_SHOP = Words("店铺", "Shop")
_TOPIC_NAME = Words("主题", "Topic")

ROW = Row(
    Words("消息大小", "Sizes of messages"),
    (
        Heat(
            Words("存储大小分布", "Sizes as they are stored"),
            Words(
                "broker 里的大小（可能压缩过），颜色越浓消息越多。高处出现亮格，就是有人往消息里塞了大字段。",
                "As the broker stores them, compressed or not; the stronger the colour, the more. A cell high up: somebody put a large field "
                "into a message.",
            ),
            "bytes",
            (Query(f"sum by (le) (increase(order_health_message_bytes_bucket{{{_IN}}}[$__rate_interval]))", "{{le}}"),),
            probe="message_size",
        ),
        Heat(
            Words("解压后大小分布", "Sizes of bodies, inflated"),
            Words(
                "消费者拿到的大小，只含打开过的：超大的，和一部分样本。存储小而这里大：压缩藏住了大字段，消费者的内存藏不住。",
                "As consumers get them; of those that were opened: the oversize ones and a sample. Small in store and large here: "
                "compression hides it, the consumers' memory does not.",
            ),
            "bytes",
            (
                Query(
                    f"sum by (le) (increase(order_health_message_body_bytes_bucket{{{_IN}}}[$__rate_interval]))",
                    "{{le}}",
                ),
            ),
            probe="message_size",
        ),
        Bars(
            Words("超过限制的消息", "Messages over the limit"),
            Words(
                "新到的超大消息数。不为零：按右边的字段名找生产者，把图片等改成只传地址。",
                "New oversize messages. Above zero: find the producer by the field on the right, and send addresses instead of "
                "pictures.",
            ),
            "short",
            (
                Query(
                    "sum by (shop, queue, topic) "
                    f"(increase(order_health_oversize_messages_total{{{_IN}}}[$__rate_interval]))",
                    _TOPIC,
                ),
            ),
            probe="message_size",
        ),
        Table(
            Words("最近的超大消息，按字段", "Oversize of late, by field"),
            Words(
                "最近的超大消息里最胖的字段和内容。没有字段名的是没有打开的，或很少见的。",
                "The fattest field of oversize messages and what it holds. Without a field: not opened, or rare.",
            ),
            "short",
            probe="message_size",
            labels=(
                ("shop", _SHOP),
                ("topic", _TOPIC_NAME),
                ("size", Words("大小", "Size")),
                ("field", Words("字段", "Field")),
                ("content", Words("内容", "Content")),
            ),
            columns=(
                Column(
                    Words("消息数", "Messages"),
                    Query(
                        "sum by (shop, topic, size, field, content) "
                        f"(order_health_recent_oversize_messages{{{_IN}}}) > 0",
                        "{{topic}} {{field}}",
                    ),
                    red_from=1,
                ),
            ),
        ),
        Lines(
            Words("最大的一条", "The largest message"),
            Words(
                "最近到达的最大一条消息，红线是配置的限制。",
                "The largest message of late. The red line is the configured limit.",
            ),
            "bytes",
            (
                Query(f"max by (shop, queue, topic) (order_health_largest_message_bytes{{{_IN}}})", _TOPIC),
                limit("message_size", "bytes"),
            ),
            probe="message_size",
            width=8,
        ),
        Lines(
            Words("主题允许的最大消息", "The largest that a topic takes"),
            Words(
                "broker 对该主题的上限。高于红线：生产者迟早会用上，先把它调小。",
                "The broker's own limit of the topic. Above the red line some producer will use it one day; lower it first.",
            ),
            "bytes",
            (
                Query(f"max by (shop, queue, topic) (order_health_topic_max_message_bytes{{{_IN}}})", _TOPIC),
                limit("message_size", "accepted"),
            ),
            probe="message_size",
            width=8,
        ),
        Lines(
            Words("看过大小的比例", "Share that was looked at"),
            Words(
                "新消息里看过大小的比例。低于红线：来得太快，调短 every，或放宽一次读取的数量。",
                "Share of new messages whose sizes were looked at. Below the red line they come too fast: run more often.",
            ),
            "percentunit",
            (
                Query(f"min by (shop, queue, topic) (order_health_message_coverage_ratio{{{_IN}}})", _TOPIC),
                limit("message_size", "coverage"),
            ),
            probe="message_size",
            width=4,
            top=1,
        ),
        Bars(
            Words("没有看过的消息", "Messages not looked at"),
            Words(
                "没有看过大小的消息数，按原因：已被清理，或一轮内来得太多。",
                "Messages whose sizes nobody saw, by reason: gone already, or too many for one run.",
            ),
            "short",
            (
                Query(
                    "sum by (shop, topic, reason) "
                    f"(increase(order_health_unseen_messages_total{{{_IN}}}[$__rate_interval]))",
                    "{{shop}} {{topic}} {{reason}}",
                ),
            ),
            probe="message_size",
            width=4,
        ),
    ),
)
