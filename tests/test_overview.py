"""What the status page is told of alerts."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from exporter import overview
from exporter.model import Alert, Case, Mute, Name, Reading

AT = datetime(2026, 3, 1, 19, 12, 5, tzinfo=UTC)
NOBODY_SILENCES = SimpleNamespace(history=lambda _: [], muted=lambda *_: {})


def row(value, unit, cases=2, language="zh"):
    annotations = {"summary": "慢", "unit": unit, "unit_en": f"{unit} in English"}
    alert = Alert("A", {"shop": "main"}, "firing", AT, value, annotations, tuple(Case(f"N{n}") for n in range(cases)))
    watch = SimpleNamespace(readings=dict, names=list)
    settings = SimpleNamespace(zone=UTC)
    return overview.status(
        AT, config=settings, watch=watch, active=[alert], mutes={}, desk=NOBODY_SILENCES, rooms=(), language=language
    ).alerts[0]


@pytest.mark.parametrize(
    ("value", "unit", "cases", "unlisted"),
    [
        (89, "笔订单", 12, 77),
        (2, "个", 2, 0),
        (1, "个", 2, 0),
        (5, "个", 0, 0),
        (246, "毫秒", 1, 0),
        (3600, "秒", 1, 0),
        (99_000, "元", 1, 0),
        (2.5, "个", 1, 0),
    ],
)
def test_only_a_value_that_counts_the_cases_says_how_many_are_not_listed(value, unit, cases, unlisted):
    assert row(value, unit, cases).unlisted == unlisted


def test_a_title_is_told_in_words():
    alert = Alert("A", {"finding": "float_money"}, "firing", AT, 1, {"summary": "1 处隐患（float_money）"})
    settings = SimpleNamespace(zone=UTC)
    watch = SimpleNamespace(readings=dict, names=list)
    shown = overview.status(
        AT, mutes={}, desk=NOBODY_SILENCES, config=settings, watch=watch, active=[alert], rooms=(), language="zh"
    )
    assert shown.alerts[0].title == "1 处隐患（金额用浮点数存储）"


def test_the_unit_is_in_the_language_of_the_page():
    assert row(89, "笔订单").unit == "笔订单"
    assert row(89, "笔订单", language="en").unit == "笔订单 in English"


def test_a_probe_whose_alerts_are_all_muted_is_silenced():
    name = Name("main", "pending_paid")
    alert = Alert("A", {"shop": "main", "probe": "pending_paid"}, "firing", AT, 1)
    watch = SimpleNamespace(
        readings=lambda: {name: Reading("pending_paid", "main", AT, 0.1)}, names=lambda: [name], next_run=lambda _: None
    )

    def state(mutes):
        shown = overview.status(
            AT, mutes=mutes, desk=NOBODY_SILENCES, config=SimpleNamespace(zone=UTC), watch=watch, active=[alert],
            rooms=(), language="zh",
        )  # fmt: skip
        return shown.probes[0].state

    assert state({}) == "firing"
    assert state({alert.key: Mute("quiet")}) == "silenced"
