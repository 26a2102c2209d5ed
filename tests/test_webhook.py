"""What an Alertmanager posts, old or new; and what is none of that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from exporter import webhook
from tests.notices import alert, notice

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STARTS = NOW - timedelta(minutes=5)


def changed(**fields):
    return json.dumps({**json.loads(notice(alert(starts=STARTS))), **fields}).encode()


def test_a_notification_becomes_a_group():
    body = notice(
        alert(starts=STARTS, shop="main"),
        alert(starts=STARTS, ends=NOW, shop="west"),
        receiver=r"web\.hook\[1\]",
        truncated=3,
    )
    group = webhook.read(body, NOW)
    assert (group.receiver, group.key, group.status, group.truncated) == (
        "web.hook[1]",
        '{}:{shop="main"}',
        "firing",
        3,
    )
    assert [(each.status, each.ends) for each in group.alerts] == [("firing", None), ("resolved", NOW)]
    assert group.alerts[0].starts == STARTS
    assert group.alerts[0].labels["shop"] == "main"


def test_what_newer_alertmanagers_add_is_passed_over_and_nanoseconds_are_read():
    body = changed(notification_reason="repeat interval elapsed", routeLabels={"a": "b"}, future=[1])
    assert webhook.read(body, NOW).reason == "first notification"
    body = notice({**alert(starts=STARTS), "startsAt": "2026-11-22T10:55:03.123456789+08:00"})
    assert webhook.read(body, NOW).alerts[0].starts == datetime(2026, 11, 22, 2, 55, 3, 123456, tzinfo=UTC)


def test_no_alert_begins_or_ends_in_the_future_of_our_clock():
    [told] = webhook.read(notice(alert(starts=NOW + timedelta(hours=1), ends=NOW + timedelta(hours=2))), NOW).alerts
    assert (told.starts, told.ends) == (NOW, NOW)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"alert=1", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "webhook of an Alertmanager"),
        (b'{"alerts": []}', 'version must be "4"'),
        (changed(version="3"), 'version must be "4"'),
        (changed(version=4), 'version must be "4"'),
        (changed(alerts=[]), "alerts: "),
        (changed(groupKey=""), "groupKey: "),
        (changed(truncatedAlerts=-1), "truncatedAlerts: "),
        (changed(alerts=[{**alert(starts=STARTS), "labels": {"a": 1}}]), "alerts.0.labels.a: it should be"),
        (changed(alerts=[{**alert(starts=STARTS), "status": "odd"}]), "alerts.0.status: it should be"),
        (changed(alerts=[{**alert(starts=STARTS), "startsAt": "yesterday"}]), "alerts.0.startsAt: is no time"),
        (changed(alerts=[{**alert(starts=STARTS), "startsAt": "0001-01-01T00:00:00+08:00"}]), "is no time"),
    ],
)
def test_what_is_no_notification_is_refused_with_its_place_and_what_to_do(body, said):
    with pytest.raises(webhook.WebhookFaultError) as fault:
        webhook.read(body, NOW)
    assert said in str(fault.value)


def test_a_refusal_does_not_repeat_what_was_sent():
    with pytest.raises(webhook.WebhookFaultError) as fault:
        webhook.read(changed(version="c4nary"), NOW)
    assert "c4nary" not in str(fault.value)
