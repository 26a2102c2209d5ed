"""What the pages say about silences."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.web.words import Both


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


WORDS: Mapping[str, Both] = {
    "take": _both("认领 1 小时", "Take it, 1 h"),
    "silence": _both("静默 4 小时", "Silence 4 h"),
    "end_silence": _both("结束静默", "End the silence"),
    "end_acknowledgement": _both("取消认领", "Give it back"),
    "ask_take": _both("认领这条告警？", "Take this alert?"),
    "ask_silence": _both("静默这条告警？", "Silence this alert?"),
    "means_take": _both(
        "1 小时内不再重复通知，群里会看到是谁认领的。恢复时照常通知。",
        "It is not told again for 1 hour, and the room sees who has it. Its end is told as always.",
    ),
    "means_silence": _both(
        "4 小时内，同样的告警都不再通知。到期后若仍未恢复，会再次通知。",
        "Alerts like this are not told for 4 hours. If it still fires then, it is told again.",
    ),
    "covers": _both("共 {number} 条告警", "{number} alerts"),
    "your_name": _both("你的名字", "Your name"),
    "remembered": _both("本机会记住，下次不用再填。", "This device remembers it."),
    "name_missing": _both("请填写名字，群里的人要知道是谁。", "Enter your name: the room wants to know who."),
    "done_take": _both("已认领", "It is yours"),
    "done_silence": _both("已静默", "Silenced"),
    "until": _both("{by}，至 {clock}", "{by}, until {clock}"),
    "used": _both("这个按钮已经用过了", "This button has been used"),
    "used_by": _both("{by} 在 {clock} 用过。每个按钮只能用一次。", "{by} used it at {clock}. Each button works once."),
    "over": _both("这个按钮已失效", "This button is of no use any more"),
    "over_why": _both(
        "告警已经结束，或者按钮已过期（24 小时）。", "The alert is over, or the button is older than 24 hours."
    ),
    "forged": _both("这个链接无效", "This link is not valid"),
    "forged_why": _both(
        "它不是这里发出的，或者不完整。请从卡片上重新点开。",
        "It was not made here, or not all of it. Open it from the card again.",
    ),
    "refused": _both("没有做到", "That was not done"),
    "refused_why": _both(
        "没有登录的人不能在这里操作。请用卡片上的按钮，或在本机运行 order-health silence。",
        "This needs a login. Use the buttons of the card, or `order-health silence` on the sidecar's machine.",
    ),
    "stale_why": _both(
        "页面太旧了，请回到状态页再点一次。", "The page is too old: go back to the status page and try again."
    ),
    "failed_why": _both("状态库现在写不进去，请稍后再试。", "The state cannot be written now; try again in a while."),
    "acknowledged": _both("已认领", "Taken"),
    "silenced": _both("已静默", "Silenced"),
    "inhibited": _both("由上级告警引起", "Follows from another alert"),
    "quiet": _both("免打扰时段", "Quiet hours"),
    "silences": _both("静默", "Silences"),
    "silences_past": _both("最近 7 天（{number}）", "The last 7 days ({number})"),
    "ended": _both("{clock} 结束", "ended {clock}"),
    "ended_by": _both("{by} 在 {clock} 结束", "ended by {by} at {clock}"),
}
