"""The page's own vocabulary. What alerts, cards and runbooks say stands with them, not here."""

from __future__ import annotations

from collections.abc import Mapping

Both = Mapping[str, str]


def both(zh: str, en: str) -> Both:
    """One text in both languages."""
    return {"zh": zh, "en": en}


WORDS: Mapping[str, Both] = {
    "lang": both("zh-CN", "en"),
    "firing": both("告警中", "Firing"),
    "failing": both("检查失败", "No answer"),
    "waiting": both("等待首次检查", "Not run yet"),
    "healthy": both("正常", "Healthy"),
    "not_applicable": both("不适用", "Not applicable"),
    "all_healthy": both("一切正常", "All is well"),
    "nothing_configured": both("还没有检查项", "No probes yet"),
    "alerts_firing": both("{number} 条告警", "{number} alerts firing"),
    "alerts_firing_one": both("{number} 条告警", "{number} alert firing"),
    "probes_failing": both("{number} 项检查没有结果", "{number} probes got no answer"),
    "probes_failing_one": both("{number} 项检查没有结果", "{number} probe got no answer"),
    "probes_waiting": both("正在等待首次检查", "Waiting for the first results"),
    "cards_stuck": both("告警卡片没有送达", "Cards are not being delivered"),
    "count_firing": both("{number} 项检查告警中", "{number} probes firing"),
    "count_firing_one": both("{number} 项检查告警中", "{number} probe firing"),
    "count_failing": both("{number} 项检查失败", "{number} without answer"),
    "count_waiting": both("{number} 项检查等待中", "{number} waiting"),
    "count_healthy": both("{number} 项检查正常", "{number} healthy"),
    "count_not_applicable": both("{number} 项检查不适用", "{number} not applicable"),
    "standing_by": both("待命中", "Standing by"),
    "stands_by": both(
        "这一个在待命，由 {leader} 值守；检查结果和送达情况请到那边看",
        "Stands by: {leader} leads. What is checked and delivered stands on its page",
    ),
    "nobody_leads": both("这一个在待命，目前没有实例值守", "Stands by, and nobody leads now"),
    "leases_away": both(
        "租约所在的 Redis 连不上：由共享的状态库决定谁来值守，告警照常，不会重复",
        "The Redis of the leases does not answer: the shared state decides who leads; alerts go on, none is told twice",
    ),
    "open_alerts": both("未恢复的告警", "Open alerts"),
    "checks": both("检查", "Checks"),
    "delivery": both("送达", "Delivery"),
    "critical": both("严重", "Critical"),
    "warning": both("警告", "Warning"),
    "info": both("提示", "Info"),
    "pending": both("观察中", "Pending"),
    "since": both("{clock} 开始，已 {length}", "since {clock}, for {length}"),
    "ago": both("{length}前", "{length} ago"),
    "evidence": both("明细", "Evidence"),
    "evidence_unlisted": both("另有 {number} 个未列出", "{number} more are not listed"),
    "evidence_rest": both("其余 {number} 个", "{number} more"),
    "runbook": both("处理手册", "Runbook"),
    "last_success": both("上次成功", "Last answer"),
    "yes": both("是", "yes"),
    "no": both("否", "no"),
    "took": both("耗时", "Took"),
    "next_run": both("下次检查", "Next run"),
    "never": both("从未", "never"),
    "others_zero": both("其余 {number} 项为 0", "{number} others are 0"),
    "others": both("另有 {number} 项", "{number} more"),
    "details": both("详情", "Details"),
    "cards_waiting": both("{number} 张待发", "{number} waiting"),
    "oldest_waiting": both("最早一张已等 {length}", "the oldest for {length}"),
    "delivered": both("已送达", "Delivered"),
    "undelivered": both("未送达", "Not delivered"),
    "no_card_yet": both("尚未发送过卡片", "No card sent yet"),
    "no_channels": both("还没有配置群机器人", "No rooms are configured"),
    "updated": both("{clock} 更新，每 30 秒自动刷新", "As of {clock}, refreshes every 30 s"),
    "back": both("状态页", "Status"),
    "other_language": both("English", "中文"),
    "metrics": both("指标", "Metrics"),
}
