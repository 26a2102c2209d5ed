"""The page's own vocabulary. What alerts, cards and runbooks say stands with them, not here."""

from __future__ import annotations

from collections.abc import Mapping

Both = Mapping[str, str]


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


WORDS: Mapping[str, Both] = {
    "lang": _both("zh-CN", "en"),
    "firing": _both("告警中", "Firing"),
    "failing": _both("检查失败", "No answer"),
    "waiting": _both("等待首次检查", "Not run yet"),
    "healthy": _both("正常", "Healthy"),
    "not_applicable": _both("不适用", "Not applicable"),
    "all_healthy": _both("一切正常", "All is well"),
    "nothing_configured": _both("还没有检查项", "No probes yet"),
    "alerts_firing": _both("{number} 条告警", "{number} alerts firing"),
    "alerts_firing_one": _both("{number} 条告警", "{number} alert firing"),
    "probes_failing": _both("{number} 项检查没有结果", "{number} probes got no answer"),
    "probes_failing_one": _both("{number} 项检查没有结果", "{number} probe got no answer"),
    "probes_waiting": _both("正在等待首次检查", "Waiting for the first results"),
    "cards_stuck": _both("告警卡片没有送达", "Cards are not being delivered"),
    "count_firing": _both("{number} 项检查告警中", "{number} probes firing"),
    "count_firing_one": _both("{number} 项检查告警中", "{number} probe firing"),
    "count_failing": _both("{number} 项检查失败", "{number} without answer"),
    "count_waiting": _both("{number} 项检查等待中", "{number} waiting"),
    "count_healthy": _both("{number} 项检查正常", "{number} healthy"),
    "count_not_applicable": _both("{number} 项检查不适用", "{number} not applicable"),
    "open_alerts": _both("未恢复的告警", "Open alerts"),
    "checks": _both("检查", "Checks"),
    "delivery": _both("送达", "Delivery"),
    "critical": _both("严重", "Critical"),
    "warning": _both("警告", "Warning"),
    "info": _both("提示", "Info"),
    "pending": _both("观察中", "Pending"),
    "since": _both("{clock} 开始，已 {length}", "since {clock}, for {length}"),
    "ago": _both("{length}前", "{length} ago"),
    "evidence": _both("明细", "Evidence"),
    "evidence_unlisted": _both("另有 {number} 个未列出", "{number} more are not listed"),
    "evidence_rest": _both("其余 {number} 个", "{number} more"),
    "runbook": _both("处理手册", "Runbook"),
    "last_success": _both("上次成功", "Last answer"),
    "yes": _both("是", "yes"),
    "no": _both("否", "no"),
    "took": _both("耗时", "Took"),
    "next_run": _both("下次检查", "Next run"),
    "never": _both("从未", "never"),
    "others_zero": _both("其余 {number} 项为 0", "{number} others are 0"),
    "others": _both("另有 {number} 项", "{number} more"),
    "details": _both("详情", "Details"),
    "cards_waiting": _both("{number} 张待发", "{number} waiting"),
    "oldest_waiting": _both("最早一张已等 {length}", "the oldest for {length}"),
    "delivered": _both("已送达", "Delivered"),
    "undelivered": _both("未送达", "Not delivered"),
    "no_card_yet": _both("尚未发送过卡片", "No card sent yet"),
    "no_channels": _both("还没有配置群机器人", "No rooms are configured"),
    "updated": _both("{clock} 更新，每 30 秒自动刷新", "As of {clock}, refreshes every 30 s"),
    "back": _both("状态页", "Status"),
    "other_language": _both("English", "中文"),
    "metrics": _both("指标", "Metrics"),
}

PROBES: Mapping[str, Both] = {
    "pending_paid": _both("已付款未更新", "Paid, yet pending"),
    "negative_stock": _both("负库存", "Negative stock"),
    "replica_lag": _both("从库延迟", "Replica lag"),
    "export_cache": _both("导出缓存", "Export cache"),
    "slow_queries": _both("慢查询", "Slow queries"),
    "message_size": _both("消息体积", "Message size"),
    "consumer_delay": _both("消费延迟", "Consumer delay"),
}

METRICS: Mapping[str, Both] = {
    "order_health_pending_paid_orders": _both("已付款仍待支付的订单", "Orders paid, yet pending"),
    "order_health_pending_paid_oldest_timestamp_seconds": _both("最早一单的付款时间", "Oldest was paid"),
    "order_health_pending_paid_amount": _both("涉及金额", "Money at stake"),
    "order_health_payment_anomalies": _both("支付异常", "Payment anomalies"),
    "order_health_pending_orders": _both("待支付订单总数", "Pending orders, paid or not"),
    "order_health_pending_paid_truncated": _both("结果不完整", "Incomplete"),
    "order_health_negative_stock_skus": _both("负库存 SKU", "SKUs below zero"),
    "order_health_stock_lowest_quantity": _both("最低库存", "Lowest quantity"),
    "order_health_stale_reservations": _both("超时未释放的预占", "Stale reservations"),
    "order_health_reservation_anomalies": _both("预占异常", "Impossible reservations"),
    "order_health_stock_key_missing": _both("缺少唯一键", "Unique key missing"),
    "order_health_stock_duplicate_rows": _both("重复的库存行", "Duplicate rows of stock"),
    "order_health_negative_stock_truncated": _both("结果不完整", "Incomplete"),
    "order_health_replica_lag_seconds": _both("延迟", "Lag"),
    "order_health_replica_running": _both("复制线程", "Replication threads"),
    "order_health_export_cached": _both("由缓存返回", "Answered from a cache"),
    "order_health_export_age_seconds": _both("缓存时长", "Age of the answer"),
    "order_health_search_seconds": _both("搜索耗时", "Search time"),
    "order_health_largest_message_bytes": _both("最大消息", "Largest message"),
    "order_health_consumer_delay_seconds": _both("消费延迟", "Consumer delay"),
    "order_health_consumer_backlog_messages": _both("积压消息", "Backlog"),
}

LABELS: Mapping[tuple[str, str], Both] = {
    ("pay_channel", "wechat"): _both("微信支付", "WeChat Pay"),
    ("pay_channel", "alipay"): _both("支付宝", "Alipay"),
    ("pay_channel", "unionpay"): _both("银联", "UnionPay"),
    ("pay_channel", ""): _both("未知渠道", "unknown channel"),
    ("pay_channel", "unknown"): _both("未知渠道", "unknown channel"),
    ("pay_channel", "other"): _both("其他渠道", "other channels"),
    ("age", "under_5m"): _both("5 分钟内", "under 5 min"),
    ("age", "under_30m"): _both("5–30 分钟", "5–30 min"),
    ("age", "under_2h"): _both("30 分钟–2 小时", "30 min–2 h"),
    ("age", "under_24h"): _both("2–24 小时", "2–24 h"),
    ("age", "over_24h"): _both("超过 24 小时", "over 24 h"),
    ("check", "orders"): _both("订单", "orders"),
    ("check", "callbacks"): _both("支付回调", "payment callbacks"),
    ("check", "reservations"): _both("库存预占", "reservations"),
    ("warehouse", ""): _both("默认仓库", "default warehouse"),
}
