"""What the pages of a probe and of an alert say, and what the status page says of many shops."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.web.words import Both


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


WORDS: Mapping[str, Both] = {
    "count_silenced": _both("{number} 项检查已静默", "{number} silenced"),
    "unreachable": _both(
        "连接不上 order-health，下面是 {clock} 的情况", "order-health does not answer; this is as of {clock}"
    ),
    "home": _both("回到状态页", "To the status page"),
    "skip": _both("跳到正文", "Skip to the content"),
    "notice_reload": _both(
        "新的配置文件有误，没有生效，仍在使用旧配置", "The new configuration has faults: the old one is still at work"
    ),
    "notice_rule": _both(
        "规则 {rule} 无法计算，它的告警保持原状：{why}",
        "The rule {rule} cannot be evaluated, its alerts keep their state: {why}",
    ),
    "notice_gone": _both(
        "没有这样的商城或状态，可能已从配置中移除", "There is no such shop or state; it may have been removed"
    ),
    "all_shops": _both("全部商城", "All shops"),
    "only_shop": _both("只看商城", "Only shop"),
    "only_state": _both("只看", "Only"),
    "show_all": _both("查看全部", "Show all"),
    "shops": _both("商城", "Shops"),
    "shop": _both("商城", "Shop"),
    "shops_healthy": _both("{number} 个商城一切正常", "{number} shops are well"),
    "shops_healthy_one": _both("{number} 个商城一切正常", "{number} shop is well"),
    "shops_ill": _both("另有 {number} 个商城有问题", "{number} more shops need somebody"),
    "alerts_more": _both("另外 {number} 条", "{number} more"),
    "rows_more": _both("还有 {number} 项未列出，请按商城查看", "{number} more are not listed; look shop by shop"),
    "none_of_this": _both("没有这种状态的检查", "No probe is in this state"),
    "evidence_all": _both("全部 {number} 个", "All {number}"),
    "curve": _both("最近 {length}：最低 {low}，最高 {high}", "Last {length}: {low} to {high}"),
    "figures": _both("数值", "Figures"),
    "not_yet": _both("还没有数值", "No figures yet"),
    "last_run": _both("上次运行", "Last run"),
    "began": _both("开始", "Began"),
    "statements": _both("语句", "Statements"),
    "statements_count": _both(
        "{number} 条语句，共 {length}，读取 {rows} 行", "{number} statements, {length} in all, rows: {rows}"
    ),
    "statements_count_one": _both(
        "{number} 条语句，{length}，读取 {rows} 行", "{number} statement, {length}, rows: {rows}"
    ),
    "statements_slowest": _both("只列出最慢的 {number} 条", "The slowest {number} are listed"),
    "statements_none": _both("上次运行没有发出语句", "The last run sent no statement"),
    "statement_cost": _both("{length}，{rows} 行", "{length}, rows: {rows}"),
    "hidden": _both("语句中的取值已隐藏", "Values are hidden"),
    "plan": _both("执行计划", "Plan"),
    "settings": _both("设置与阈值", "Settings and limits"),
    "limit": _both("阈值", "Limit"),
    "errors": _both("最近的错误", "Last errors"),
    "errors_none": _both("启动以来没有出错", "None since the start"),
    "error_times": _both("{first} 至 {last}，{number} 次", "{first} to {last}, {number} times"),
    "samples": _both("样本", "Samples"),
    "samples_count": _both("{number} 个样本", "{number} samples"),
    "samples_count_one": _both("{number} 个样本", "{number} sample"),
    "skipped": _both("因上次未结束而跳过", "Skipped, the one before still ran"),
    "times": _both("{number} 次", "{number} times"),
    "history": _both("历史", "History"),
    "history_none": _both("最近 31 天没有记录", "Nothing on record for the last 31 days"),
    "history_unread": _both("状态库现在读不出来，历史暂缺", "The state cannot be read now, so its history is missing"),
    "when": _both("时间", "When"),
    "event": _both("变化", "Event"),
    "value": _both("数值", "Value"),
    "lasted": _both("持续", "Lasted"),
    "told": _both("通知", "Told"),
    "told_yes": _both("已通知", "told"),
    "began_firing": _both("开始告警", "Fired"),
    "resolved": _both("已恢复", "Resolved"),
    "lost": _both("不再检查", "No longer checked"),
    "over_since": _both("{clock} 结束，持续 {length}", "over since {clock}, lasted {length}"),
    "rule": _both("规则", "Rule"),
    "rule_gone": _both("配置中已没有这条规则", "The configuration no longer has this rule"),
    "rule_wait": _both("持续 {length} 才告警", "Once it has held for {length}"),
    "rule_at_once": _both("立即告警", "At once"),
    "rule_keep": _both("消失 {length} 后才结束", "ends {length} after it is gone"),
    "rule_file": _both("文件", "File"),
    "labels": _both("标签", "Labels"),
    "rooms": _both("通知到", "Told to"),
    "rooms_none": _both("没有路由匹配，不通知任何群", "No route takes it: nobody is told"),
    "told_last": _both("最近一次通知", "Last told"),
    "told_never": _both("尚未通知", "not told yet"),
    "probe_page": _both("检查项", "Probe"),
    "csv": _both("下载 CSV", "Download CSV"),
    "lost_page": _both("没有这个页面", "There is no such page"),
    "lost_page_why": _both(
        "地址有误，或者它说的商城、检查、告警已经不在了。",
        "The address is wrong, or the shop, probe or alert that it names is gone.",
    ),
}
