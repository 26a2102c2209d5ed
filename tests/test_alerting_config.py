"""What config.yaml says of who is told, together with what, and when not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from exporter.config import ConfigFaultError, load
from exporter.config.alerting import INHIBIT
from exporter.config.times import Quiet
from exporter.grouping import inhibited
from exporter.model import Alert
from exporter.rules import Rulebook

CONFIG = """\
shops: {main: {database: "sqlite:///shop.db", tables: plain, probes: {negative_stock: }}}
channels: {ops: {kind: wecom, key: k}}
alerts: ALERTS
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(tmp_path, alerts):
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG.replace("ALERTS", alerts), encoding="utf-8")
    return load(file)


def route(tmp_path, settings):
    return read(tmp_path, f"{{routes: [{{to: [ops], {settings}}}]}}").alerts.routes[0]


def at(hour, minute=0):
    return datetime(2026, 11, 22, hour, minute, tzinfo=SHANGHAI)


def test_a_route_groups_by_shop_and_rule_and_tells_at_once_unless_it_says_otherwise(tmp_path):
    settings = route(tmp_path, "match: {severity: critical}").settings
    assert settings.by == ("shop", "alertname", "channel")
    assert (settings.wait, settings.interval, settings.repeat) == (0, 60, 4 * 3600)
    assert settings.route == '{severity="critical"}'
    changed = route(tmp_path, "group_by: '...', group_wait: 30s, group_interval: 5m, repeat_interval: 1h").settings
    assert (changed.by, changed.wait, changed.interval, changed.repeat) == (("...",), 30, 300, 3600)


def test_people_are_called_by_severity_or_whatever_it_is(tmp_path):
    by_severity = route(tmp_path, "mention: {critical: [li], warning: [han]}")
    assert [by_severity.called(each) for each in ("critical", "warning", "info")] == [["li"], ["han"], []]
    assert route(tmp_path, "mention: [li]").called("warning") == ["li"]


def test_a_quiet_night_ends_in_the_morning_of_the_shops_zone():
    night = Quiet.model_validate({"from": "23:00", "to": "07:00"})
    morning = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert night.until(at(22, 59), SHANGHAI) is None
    assert night.until(at(23), SHANGHAI) == night.until(at(23, 59), SHANGHAI) == morning
    assert night.until(at(6, 59), SHANGHAI) == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert night.until(at(7), SHANGHAI) is None
    noon = Quiet.model_validate({"from": "12:00", "to": "13:30", "zone": "UTC"})
    assert noon.until(at(20), SHANGHAI) == datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    assert noon.until(at(12), SHANGHAI) is None


def test_critical_alerts_break_the_quiet_unless_it_says_otherwise(tmp_path):
    silent = route(tmp_path, 'quiet: {from: "23:00", to: "07:00"}')
    assert silent.quiet_until({"severity": "critical"}, at(1), SHANGHAI) is None
    assert silent.quiet_until({"severity": "warning"}, at(1), SHANGHAI) is not None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("match: {severity: '=~('}", "no regular expression"),
        ("match: severity", "write for example {severity: critical}"),
        ("group_wait: soon", "write for example 30s"),
        ("quiet: {from: 23:00, to: '07:00'}", 'write for example "23:00", in quotes'),
        ("quiet: {from: '23:00'}", "quiet.to: is missing"),
        ("grup_by: [shop]", "did you mean 'group_by'?"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line_and_what_to_write(tmp_path, settings, said):
    with pytest.raises(ConfigFaultError) as fault:
        route(tmp_path, settings)
    assert fault.value.faults[0].startswith("config.yaml:3: alerts.routes[0].")
    assert said in str(fault.value)


def test_an_inhibition_of_ones_own_takes_the_place_of_those_that_come_along(tmp_path):
    assert read(tmp_path, "{}").alerts.inhibit == list(INHIBIT)
    assert read(tmp_path, "{inhibit: []}").alerts.inhibit == []
    own = "{inhibit: [{source: {alertname: A}, target: {severity: '!=critical'}, equal: [shop]}]}"
    [inhibit] = read(tmp_path, own).alerts.inhibit
    assert str(inhibit.inhibition.target) == '{severity!="critical"}'


def test_a_dead_database_is_told_and_not_each_check_that_needs_it():
    def an_alert(name, severity="critical", **labels):
        return Alert(name, {"alertname": name, "severity": severity, **labels}, "firing", at(1), 1.0)

    fires = [an_alert("DatabaseNotAnswering", shop="a")]
    fires += [an_alert("ProbeFailing", shop=shop, probe="pending_paid") for shop in ("a", "b")]
    fires += [an_alert("ConsumersStandStill", shop="a"), an_alert("ConsumerDelayed", "warning", shop="a")]
    muted = inhibited([each.inhibition for each in INHIBIT], fires)
    assert sorted((key[0], dict(key[1])["shop"]) for key in muted) == [("ConsumerDelayed", "a"), ("ProbeFailing", "a")]


def test_the_inhibitions_that_come_along_name_rules_that_exist(tmp_path):
    config = read(tmp_path, "{}")
    rules = Rulebook.load(config.rule_files())
    titles = {rules.rule(name).title for name in rules.names()}
    for inhibit in INHIBIT:
        for side in (inhibit.source, inhibit.target):
            [named] = side.all
            assert set(named.value.split("|")) <= titles


@pytest.mark.parametrize(
    ("overflow", "said"),
    [("dutty", "no channel 'dutty'; did you mean 'duty'?"), ("ops", "'ops' has an overflow itself")],
)
def test_an_overflow_ends_in_another_channel(tmp_path, overflow, said):
    file = tmp_path / "config.yaml"
    channels = f"{{ops: {{kind: wecom, key: k, overflow: {overflow}}}, duty: {{kind: wecom, key: d}}}}"
    file.write_text(CONFIG.replace("{ops: {kind: wecom, key: k}}", channels).replace("ALERTS", "{}"), encoding="utf-8")
    with pytest.raises(ConfigFaultError) as fault:
        load(file)
    assert fault.value.faults[0].startswith(f"config.yaml:2: channels.ops.overflow: {said}")
