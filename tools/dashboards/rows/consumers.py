"""Consumers, and the locks that keep callbacks out."""

from __future__ import annotations

from tools.dashboards.nouns import Lines, Query, Row, States, Words, limit

_IN = 'shop=~"$shop", queue=~"$queue", topic=~"$topic"'
_GROUP = "{{shop}} {{topic}} {{group}}"
_BY = "max by (shop, queue, topic, group)"

CONSUMERS = Row(
    Words("消费", "Consumers"),
    (
        Lines(
            Words("消费延迟", "Delay of consumers"),
            Words(
                "最早一条未消费的消息等了多久，红线是阈值。在涨就扩容，或查变慢的原因。",
                "Age of the oldest message not consumed; the red line is the limit. While it rises, add consumers or find what "
                "became slow.",
            ),
            "s",
            (
                Query(f"{_BY} (order_health_consumer_delay_seconds{{{_IN}}})", _GROUP),
                limit("consumer_delay", "delay"),
            ),
            probe="consumer_delay",
        ),
        Lines(
            Words("积压", "Backlog"),
            Words(
                "未消费的消息数，红线是阈值。不知道准确延迟的 broker 只看这里。",
                "Messages not consumed; the red line is the limit. Where a broker does not tell the delay, look here.",
            ),
            "short",
            (
                Query(f"{_BY} (order_health_consumer_backlog_messages{{{_IN}}})", _GROUP),
                limit("consumer_delay", "backlog"),
            ),
            probe="consumer_delay",
        ),
        Lines(
            Words("停住的时间", "Standing still"),
            Words(
                "有消息在等、却一条都没有消费的时间。超过红线：多半卡在一条消息上，先看上面的大小，再抓线程栈。",
                "How long nothing was consumed while messages waited. Beyond the red line one message holds them: look at the "
                "sizes above, then take a thread dump.",
            ),
            "s",
            (
                Query(f"{_BY} (order_health_consumer_stalled_seconds{{{_IN}}})", _GROUP),
                limit("consumer_delay", "stall"),
            ),
            probe="consumer_delay",
            width=8,
        ),
        Lines(
            Words("在线消费者", "Consumers online"),
            Words(
                "连着 broker 的消费者数。为零：服务没有启动，或组名写错了。",
                "Consumers that are connected. None: the service does not run, or names another group.",
            ),
            "short",
            (
                Query(
                    f"min by (shop, queue, topic, group) (order_health_consumers_online{{{_IN}}})",
                    _GROUP,
                ),
            ),
            probe="consumer_delay",
            width=8,
        ),
        States(
            Words("延迟的来历", "Where the delay comes from"),
            Words(
                "绿色：延迟是一条消息的真实年龄；红色：由速率推算，只作参考，请同时看积压。",
                "Green: the delay is the age of a message. Red: it is worked out from rates; look at the backlog as well.",
            ),
            "short",
            (Query(f"{_BY} (order_health_consumer_delay_estimated{{{_IN}}})", _GROUP),),
            probe="consumer_delay",
            width=8,
            good=0,
            other=Words("推算", "estimated"),
        ),
    ),
)

LOCKS = Row(
    Words("支付回调锁", "Locks of payment callbacks"),
    (
        Lines(
            Words("不会按时释放的锁", "Locks that will not go away in time"),
            Words(
                "no_expiry 没有过期时间，far_expiry 过期时间过长。这些订单的支付回调会被一直挡住：先核对订单，再删锁。",
                "no_expiry: never; far_expiry: much too late. Callbacks of these orders are turned away: look at the orders, then "
                "delete the locks.",
            ),
            "short",
            (
                Query('sum by (shop, kind) (order_health_callback_locks{shop=~"$shop"})', "{{shop}} {{kind}}"),
                limit("callback_locks", "locks"),
            ),
            probe="callback_locks",
            width=8,
        ),
        Lines(
            Words("走完一圈的时间", "Time of a walk through all keys"),
            Words(
                "把所有键看一遍要多久；超过红线，新的坏锁很久才会被看见。",
                "How long it takes to see every key. Beyond the red line a bad lock stands unseen for as long.",
            ),
            "s",
            (
                Query('max by (shop) (order_health_callback_locks_round_seconds{shop=~"$shop"})', "{{shop}}"),
                limit("callback_locks", "round"),
            ),
            probe="callback_locks",
            width=8,
        ),
        Lines(
            Words("上一轮看过的键", "Keys seen by the last run"),
            Words(
                "上一轮看过的键占全部键的比例，下一轮接着看。",
                "Share of all keys that the last run went through; the next goes on from there.",
            ),
            "percentunit",
            (Query('max by (shop) (order_health_callback_locks_coverage_ratio{shop=~"$shop"})', "{{shop}}"),),
            probe="callback_locks",
            width=8,
            top=1,
        ),
    ),
)
