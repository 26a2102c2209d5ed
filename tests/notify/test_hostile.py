"""Hostile labels, annotations and evidence: markdown, HTML, links, @all stand in every kind of card as mere text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter import cards
from exporter.cards import heartbeats, reports
from exporter.model import Alert, Case, Flip, Record
from tests.groups import told
from tests.notify.test_any_card import DINGTALK, NOW, WECOM, WeComRobot, strict_dingtalk
from tests.notify.test_any_card import told as heard

ZONE = ZoneInfo("Asia/Shanghai")
EVIL = st.sampled_from(
    [
        "[点我](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "<font color='warning'>x</font>",
        "<script>alert(1)</script>",
        "<@all>",
        "<@li>",
        "@all",
        "@13800000000",
        "@所有人",
        "**x** _y_ `z` ~~a~~",
        "\n# 标题\n> 引用\n- 项\n1. 项",
        "```\ncode\n```",
        "| a |\n|--|",
        "https://evil.example/?a=1&b=2",
        "www.evil.example",
        "\u202etxt.exe",
        "\\u4e00 \\n",
        '","msgtype":"text"',
        "&lt;b&gt; &#64;all",
        "{{ $labels.shop }} {0} %s",
        "\ud800",
        "x" * 900,
        "<at id=all></at>",
    ]
)
TEXTS = st.lists(EVIL | st.text(max_size=8), min_size=1, max_size=4).map(" ".join)
NAMES = (
    "shop",
    "warehouse",
    "topic",
    "queue",
    "pay_channel",
    "channel",
    "cause",
    "severity",
    "alertname",
    "probe",
    "x",
)
LABELS = st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6)
SAID = st.dictionaries(
    st.sampled_from(["summary", "description", "unit", "summary_en", "ended", "runbook_url"]), TEXTS, max_size=5
)
ALERTS = st.builds(
    lambda number, labels, said, status, case, value: Alert(
        "Rule", {**labels, "n": str(number)}, status, NOW - timedelta(minutes=3), value, said, (case,)
    ),
    st.integers(0, 10**6),
    LABELS,
    SAID,
    st.sampled_from(["firing", "resolved"]),
    st.builds(Case, TEXTS, st.just(NOW - timedelta(hours=1)), TEXTS, TEXTS),
    st.floats(allow_nan=False),
)
patient = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def shown(card):
    """What both robots were sent, as one text; they take it and call nobody."""
    ding = heard(strict_dingtalk(), [*DINGTALK.messages(card, NOW), *DINGTALK.plain(card, NOW)])
    wecom = heard(WeComRobot("k"), [*WECOM.messages(card, NOW), *WECOM.plain(card, NOW)])
    assert not any(message.called for message in (*ding, *wecom))
    return "\n".join(json.dumps(message.body, ensure_ascii=False) for message in (*ding, *wecom))


def harmless(card):
    ours = r'<font color=\\"(?:info|comment|warning)\\">|</font>|http://o\.example[!-!#-\[\]-~]*'
    said = re.sub(ours, "", shown(card))
    assert not re.search(r"\]\(|[<`~]|!\[|@|(?<!\w)www\.", said)
    assert "://" not in said
    assert "\u202e" not in said


@patient
@given(
    st.lists(ALERTS, min_size=1, max_size=3, unique_by=lambda alert: alert.labels["n"]), st.sampled_from(["zh", "en"])
)
def test_hostile_labels_are_text_in_cards_of_one_in_cards_of_several_and_in_digests(alerts, language):
    group = told(*(Flip(alert, NOW) for alert in alerts), external_url="http://o.example")
    whole = cards.write(group, zone=ZONE, language=language)
    each = [
        cards.write(told(Flip(alert, NOW), external_url="http://o.example"), zone=ZONE, language=language)
        for alert in alerts
    ]
    for card in (whole, *each, cards.digest([whole, *each])):
        harmless(card)


@patient
@given(st.lists(ALERTS, min_size=1, max_size=4), TEXTS)
def test_hostile_labels_are_text_in_reports_and_heartbeats(alerts, shop):
    records = [Record(NOW, each.rule, each.labels, "firing", each.since, each.value) for each in alerts]
    span = reports.Span(NOW - timedelta(days=1), NOW, records, alerts)
    pulse = heartbeats.Pulse(1, 2, 1, alerts, records)
    said = {"zone": ZONE, "language": "zh", "external_url": "http://o.example"}
    harmless(reports.daily(span, **said))
    harmless(reports.weekly(span, [reports.Health(shop, 10.0, 1.0)], **said))
    harmless(heartbeats.heartbeat(pulse, **said))


def test_five_hundred_hostile_alerts_are_one_card_within_the_limits_of_both_robots():
    labels = {"alertname": "订" * 300, "severity": "critical", "shop": "<@all>" * 50}
    alerts = [
        Alert(
            "R", {**labels, "n": f"{n} @all"}, "firing", datetime(2026, 1, 1, tzinfo=UTC), 1.0, {"summary": "订" * 900}
        )
        for n in range(500)
    ]
    group = told(*(Flip(alert, NOW) for alert in alerts), external_url="http://o.example")
    card = cards.write(group, zone=ZONE, language="zh")
    assert card.covers == 500
    harmless(card)
    harmless(cards.digest([card, card]))
