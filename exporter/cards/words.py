"""The words of cards in both languages; names of lines are at most five letters, as WeCom's rows want them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from exporter.cards.values import VALUES, Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language; texts with {} are filled by `str.format`."""

    language: Language
    colon: str
    over: str
    lost: str
    now: str
    unit_now: str
    runbook: str
    status_page: str
    take: str
    silence: str
    severity: str
    since: str
    lasting: str
    lasted: str
    until: str
    over_text: str
    over_count: str
    lost_text: str
    ended_text: str
    sent: str
    digest_title: str
    digest_text: str
    unlisted: str
    digest_unit: str
    trial_title: str
    trial_text: str
    units: tuple[str, str, str, str]
    severities: Mapping[str, str]
    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]

    def say(self, label: str, value: str) -> str:
        """A label's value in words, or as it is where there are none."""
        return self.values.get(label, {}).get(value, value)

    def worded(self, text: str, labels: Mapping[str, str]) -> str:
        """Text that names values of labels, with the words for these: `金额不一致` for `amount_mismatch`."""
        for name, value in labels.items():
            if (word := self.say(name, value)) != value:
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", word, text, flags=re.ASCII)
        return text

    def span(self, seconds: float, parts: int = 2) -> str:
        """A length of time as people say it, in its largest units: `3小时 5分钟`, `3h 5m`; for one part, `3小时`."""
        amounts, rest = [], max(0, round(seconds))
        for size in (86_400, 3_600, 60, 1):
            amount, rest = divmod(rest, size)
            amounts.append(amount)
        first = next((place for place, amount in enumerate(amounts) if amount), len(amounts) - 1)
        said = list(zip(amounts, self.units, strict=True))[first : first + parts]
        return " ".join(f"{amount}{unit}" for amount, unit in said if amount or len(said) == 1)

    def amount(self, value: float, unit: str) -> str:
        """A value as a figure; seconds as a length of time."""
        if unit in SECONDS:
            return self.span(value)
        return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"

    def amount_with_unit(self, value: float, unit: str) -> str:
        return f"{self.amount(value, unit)} {'' if unit in SECONDS else unit}".rstrip()


SECONDS = frozenset({"s", "seconds", "秒"})
"""Units whose values are read as a length of time."""

MEASURES = SECONDS | {"ms", "毫秒", "B", "KB", "MB", "bytes", "字节", "%", "CNY", "元"}
"""Units of what is measured; a value in any other unit counts things, which are its evidence."""

WORDS: Mapping[Language, Words] = {
    "zh": Words(
        language="zh",
        colon="：",
        over="已恢复：{}",
        lost="不再检查：{}",
        now="现在",
        unit_now="{}（现在）",
        runbook="处理手册",
        status_page="状态页",
        take="认领 1 小时",
        silence="静默 4 小时",
        severity="级别",
        since="开始",
        lasting="已持续",
        lasted="共持续",
        until="恢复",
        over_text="问题已消失，共持续 {}。",
        over_count="现在 {}，告警时 {}。",
        lost_text="规则、检查项或店铺已从配置中移除，或者数据已无法取得。这不代表问题已消失，原因见状态页。",
        ended_text="到期的只是通知（共通知 {}），变更本身不会恢复。没有确认过的，请按处理手册核对。",
        sent="发送",
        digest_title="{} {} 条告警合并通知",
        digest_text="告警较多，为不超出机器人的频率限制，合并为一条：{} 条告警中，{} 条已恢复。",
        unlisted="另有 {} 条未列出，请看状态页。",
        digest_unit="条告警",
        trial_title="🔵 测试卡片：通道已接通",
        trial_text="这是一张测试卡片，没有任何故障。真正的告警会走同一条路送到这里。",
        units=("天", "小时", "分钟", "秒"),
        severities={"critical": "严重", "warning": "警告", "info": "提示"},
        labels={
            "shop": "店铺",
            "warehouse": "仓库",
            "kind": "类型",
            "pay_channel": "支付渠道",
            "age": "时长",
            "replica": "从库",
            "thread": "线程",
            "channel": "通道",
            "probe": "检查项",
            "search": "搜索",
            "schema": "数据库",
            "table": "数据表",
            "digest": "语句摘要",
            "finding": "隐患",
            "path": "导出",
            "export": "导出",
            "event": "事件",
            "queue": "队列",
            "topic": "主题",
            "group": "消费组",
            "field": "字段",
            "content": "内容",
        },
        values=VALUES["zh"],
    ),
    "en": Words(
        language="en",
        colon=": ",
        over="Resolved: {}",
        lost="No longer checked: {}",
        now="now",
        unit_now="{} now",
        runbook="Runbook",
        status_page="Status page",
        take="Take it, 1 h",
        silence="Silence 4 h",
        severity="Level",
        since="Since",
        lasting="For",
        lasted="For",
        until="Until",
        over_text="The fault is gone; it lasted {}.",
        over_count=" Now {}, before {}.",
        lost_text="Its rule, probe or shop was removed from the configuration, or the data cannot be had any more. "
        "That does not mean the fault is gone; the status page says why.",
        ended_text="Only the telling is over, after {}: a change does not go away by itself. "
        "If nobody has confirmed it yet, do so as the runbook says.",
        sent="Sent",
        digest_title="{} {} alerts in one card",
        digest_text="Many alerts at once, merged so that the robot is not throttled: {} alerts, {} of them resolved. ",
        unlisted="{} more are not listed; see the status page.",
        digest_unit="alerts",
        trial_title="🔵 Test card: this channel works",
        trial_text="This is a test card; nothing is wrong. A real alert takes the same road to this room.",
        units=("d", "h", "m", "s"),
        severities={"critical": "critical", "warning": "warning", "info": "info"},
        labels={
            "shop": "Shop",
            "warehouse": "Depot",
            "kind": "Kind",
            "pay_channel": "Via",
            "age": "Age",
            "replica": "DB",
            "thread": "Part",
            "channel": "Chan.",
            "probe": "Probe",
            "search": "Query",
            "schema": "DB",
            "table": "Table",
            "digest": "SQL",
            "finding": "Spot",
            "path": "Path",
            "export": "File",
            "event": "Event",
            "queue": "Queue",
            "topic": "Topic",
            "group": "Group",
            "field": "Field",
            "content": "Holds",
        },
        values=VALUES["en"],
    ),
}
