"""What an Alertmanager says becomes cards once, whoever says it again; and with our own evidence."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from exporter import webhook
from exporter.config import load
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Case, Mute, Reading
from exporter.probes import known
from exporter.probes.negative_stock import tell as stock
from exporter.probes.pending_paid import tell as paid
from exporter.rules import Rulebook
from exporter.state import State, StateFaultError
from tests.notices import alert, later, notice, resolved

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CONFIG = """\
shops:
  main:
    database: sqlite:///shop.db
    tables: plain
    probes: {pending_paid: {}, negative_stock: {}}
channels:
  ops: {kind: wecom, key: k}
  duty: {kind: wecom, key: d}
alerts:
  from: alertmanager
  routes:
    - {match: {severity: critical}, to: [duty], mention: ["13800000000"]}
    - {match: {severity: "!=none"}, to: [ops]}
web: {external_url: http://oh.example.com}
"""
QUIET = CONFIG.replace("to: [ops]}", 'to: [ops], quiet: {from: "00:00", to: "12:00"}}')  # 11:00 in Shanghai


class Desk:
    """A judge that listens; `state` outlives it."""

    def __init__(self, folder, state, config=CONFIG):
        self.folder, self.state, self.mutes = folder, state, {}
        self.exposition, self.woken = Exposition(), []
        bench = self.bench(config)
        self.judge = Judge(bench, state, self.exposition.series, lambda: self.woken.append(1), self.muted)
        reading = Reading("pending_paid", "main", NOW, 0.1, (paid.ORDERS(0, pay_channel="wechat", age="under_5m"),))
        self.exposition.put(reading, known()["pending_paid"]().thresholds())
        self.stock(0)

    def bench(self, config):
        file = self.folder / "config.yaml"
        file.write_text(config, encoding="utf-8")
        loaded = load(file)
        return Bench(Rulebook.load(loaded.rule_files(), loaded.external(), loaded.target()), loaded)

    def stock(self, skus):
        sample = stock.SKUS(skus, warehouse="a", evidence=tuple(Case(f"SKU-{n}") for n in range(skus)))
        self.exposition.put(
            Reading("negative_stock", "main", NOW, 0.1, (sample,)), known()["negative_stock"]().thresholds()
        )

    def muted(self, among, _now):
        return {each.key: self.mutes[each.rule] for each in among if each.rule in self.mutes}

    def hears(self, *alerts, at=0.0, **more):
        self.judge.hear(webhook.read(notice(*alerts, **more), NOW + timedelta(seconds=at)))

    def sits(self, at=0.0):
        return self.judge.sit(NOW + timedelta(seconds=at))

    def cards(self, channel="ops"):
        return [row.card for row in self.state.due(channel, 9e9)]

    def titles(self, channel="ops"):
        return [card.title for card in self.cards(channel)]

    def counted(self, result):
        return next(
            each.value
            for each in self.judge.samples()
            if each.metric.name == "order_health_alertmanager_notifications_total" and each.labels == (result,)
        )


@pytest.fixture
def state():
    opened = State("sqlite://")
    yield opened
    opened.close()


@pytest.fixture
def desk(tmp_path, state):
    return Desk(tmp_path, state)


A = alert("A", starts=NOW - timedelta(minutes=1), shop="main")
B = alert("B", starts=NOW - timedelta(minutes=1), shop="main")
GONE = resolved(A, NOW + timedelta(seconds=30))


def test_a_notification_becomes_a_card_and_its_end_another(desk):
    desk.hears(A)
    assert [(each.rule, each.status) for each in desk.judge.active()] == [("A", "firing")]
    desk.hears(GONE, at=60)
    assert [card.status for card in desk.cards()] == ["firing", "resolved"]
    assert desk.judge.active() == []
    assert len(desk.woken) == 2


def test_two_alertmanagers_that_say_the_same_are_told_once(desk):
    desk.hears(A)
    desk.hears(A, at=15)
    desk.hears(GONE, at=60)
    desk.hears(GONE, at=75)
    assert [card.status for card in desk.cards()] == ["firing", "resolved"]
    assert (desk.counted("told"), desk.counted("known")) == (2, 2)


def test_the_slower_alertmanager_takes_nothing_back(desk):
    desk.hears(A)
    desk.hears(GONE, B, at=60)
    desk.hears(A, at=70)  # said late: it is over
    assert [each.rule for each in desk.judge.active()] == ["B"]
    assert len(desk.cards()) == 2


def test_what_was_taken_for_late_and_does_not_end_again_is_told_after_all(desk):
    desk.hears(A)
    desk.hears(GONE, at=60)
    desk.hears(A, at=70)  # its Prometheus was away for a moment; nobody will say it again for hours
    desk.sits(180)
    assert len(desk.cards()) == 2
    desk.sits(191)
    assert [card.status for card in desk.cards()] == ["firing", "resolved", "firing"]
    assert [each.rule for each in desk.judge.active()] == ["A"]


def test_what_was_late_and_ends_again_is_not_told(desk):
    desk.hears(A)
    desk.hears(GONE, at=60)
    desk.hears(A, at=70)
    desk.hears(GONE, at=80)
    desk.sits(300)
    assert [card.status for card in desk.cards()] == ["firing", "resolved"]


def test_two_prometheus_that_tell_two_beginnings_of_one_alert_are_told_once(desk):
    desk.hears(A)
    desk.hears(later(A, timedelta(seconds=20)), at=20)
    assert len(desk.cards()) == 1
    assert desk.judge.active()[0].since == NOW - timedelta(minutes=1)


def test_a_repeat_is_told_as_a_repeat_and_by_two_alertmanagers_once(desk):
    desk.hears(A)
    desk.hears(A, at=3600)
    desk.hears(A, at=3615)
    first, again = desk.cards()
    assert "仍未恢复" in again.title
    assert "仍未恢复" not in first.title


def test_an_alert_that_flaps_is_told_each_time(desk):
    desk.hears(A)
    desk.hears(GONE, at=60)
    desk.hears(later(A, timedelta(seconds=120)), at=120)
    assert [card.status for card in desk.cards()] == ["firing", "resolved", "firing"]


def test_what_joins_a_group_is_told_with_the_rest(desk):
    desk.hears(A)
    desk.hears(A, B, at=30)
    assert "2 条告警" in desk.titles()[1]
    assert desk.cards()[1].covers == 1


def test_what_is_not_named_any_more_has_not_recovered(desk):
    desk.hears(A, B)
    desk.hears(B, at=3600)  # A was silenced there, or its end is not sent
    assert [each.rule for each in desk.judge.active()] == ["B"]
    assert [card.resolved for card in desk.cards()] == [0, 0]


def test_alerts_that_were_left_out_are_counted_and_go_on(desk):
    desk.hears(A, B)
    desk.hears(B, at=3600, truncated=7)
    card = desk.cards()[-1]
    assert "2 条告警未恢复。Alertmanager 还略去了 6 条" in card.text  # A is one of the seven
    assert card.covers == 8
    assert {each.rule for each in desk.judge.active()} == {"A", "B"}


def test_alerts_of_one_group_go_where_each_belongs(desk):
    desk.hears(A, {**B, "labels": {**B["labels"], "severity": "critical"}})
    assert ["A" in desk.titles()[0], len(desk.titles())] == [True, 1]
    [card] = desk.cards("duty")
    assert "B" in card.title
    assert card.mention == ("13800000000",)


def test_a_receiver_named_like_a_channel_is_that_channel(desk):
    desk.hears(A, receiver="duty")
    assert (len(desk.cards("duty")), desk.cards("ops")) == (1, [])


def test_what_no_route_takes_is_counted_and_not_told(desk):
    desk.hears({**A, "labels": {**A["labels"], "severity": "none"}})
    assert desk.cards() == desk.cards("duty") == []
    assert (desk.counted("muted"), desk.counted("told")) == (1, 0)


def test_our_evidence_stands_on_the_card_where_a_rule_of_ours_finds_the_same(desk):
    desk.stock(2)
    desk.sits()
    assert desk.judge.active() == []  # not judged here
    ours = alert(
        "StockBelowZero",
        starts=NOW,
        shop="main",
        warehouse="a",
        probe="negative_stock",
        job="oh",
        instance="oh:9847",
        cluster="hz",
        annotations={"summary": "2 个 SKU", "unit": "个", "runbook_url": "docs/runbooks/negative_stock.md"},
    )
    ours["labels"]["severity"] = "critical"
    desk.hears(ours)
    desk.stock(0)
    desk.sits(30)
    desk.hears(resolved(ours, NOW + timedelta(seconds=30)), at=60)
    begun, over = desk.cards("duty")
    assert (begun.number, begun.unit) == ("2", "个")
    assert any("SKU-0" in case for case in begun.cases)
    assert any("/runbooks/negative_stock" in link.url for link in begun.links)
    assert over.number == "0"
    assert "2" in over.text


def test_a_restart_between_two_alertmanagers_tells_nothing_twice(desk, tmp_path, state):
    desk.hears(A)
    again = Desk(tmp_path, state)
    assert [each.rule for each in again.judge.active()] == ["A"]
    again.hears(A, at=15)
    again.hears(GONE, at=60)
    assert [card.status for card in again.cards()] == ["firing", "resolved"]


def test_what_quiet_hours_kept_back_is_told_when_they_end(tmp_path, state):
    desk = Desk(tmp_path, state, QUIET)
    desk.hears(A)
    assert desk.cards() == []
    assert next(iter(desk.judge.mutes().values()), None) is None  # told by the next round
    desk.sits(5)
    assert [mute.why for mute in desk.judge.mutes().values()] == ["quiet"]
    desk.sits(3700)
    assert [card.status for card in desk.cards()] == ["firing"]
    desk.sits(3705)
    assert len(desk.cards()) == 1


def test_what_people_silenced_is_not_told_but_its_end_is_if_it_was(desk):
    desk.hears(A)
    desk.mutes = {"A": Mute("silenced", by="Li"), "B": Mute("silenced", by="Li")}
    desk.hears(A, B, at=60)
    desk.hears(A, B, at=3600)
    desk.hears(resolved(A, NOW + timedelta(seconds=3650)), resolved(B, NOW + timedelta(seconds=3650)), at=3660)
    assert [(card.status, card.covers) for card in desk.cards()] == [("firing", 1), ("resolved", 1)]


def test_nothing_counts_as_heard_when_it_cannot_be_written_down(desk, state, monkeypatch):
    def refuse(*_):
        raise StateFaultError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(state, "hear", refuse)
        with pytest.raises(StateFaultError):
            desk.hears(A)
    assert desk.judge.active() == []
    desk.hears(A, at=5)
    assert len(desk.cards()) == 1
    assert (desk.counted("failed"), desk.counted("told")) == (1, 1)


def test_an_alertmanager_that_takes_over_ends_what_our_rules_had_begun_as_no_longer_checked(tmp_path, state):
    desk = Desk(tmp_path, state, CONFIG.replace("alertmanager", "rules"))
    desk.stock(1)
    [flip] = desk.sits()
    desk.judge.use(desk.bench(CONFIG))
    assert [(each.alert.key, each.lost) for each in desk.sits(5)] == [(flip.alert.key, True)]


def test_an_alertmanager_that_is_not_listened_to_any_more_leaves_nothing_on_the_page(desk, tmp_path):
    desk.hears(A)
    desk.judge.use(desk.bench(CONFIG.replace("from: alertmanager", "from: rules")))
    desk.sits(5)
    assert desk.judge.active() == []
    assert "不再检查" in desk.titles()[-1]


def test_with_both_our_rules_are_judged_here_and_only_the_rest_is_relayed(tmp_path, state):
    desk = Desk(tmp_path, state, CONFIG.replace("from: alertmanager", "from: both"))
    desk.stock(1)
    [flip] = desk.sits()
    desk.hears({**A, "labels": dict(flip.alert.labels)}, B)
    assert {each.rule for each in desk.judge.active()} == {flip.alert.rule, "B"}
    desk.hears({**A, "labels": dict(flip.alert.labels)}, key="other")
    assert desk.counted("ours") == 1


def test_a_group_that_is_over_or_that_nobody_has_repeated_for_days_is_forgotten(desk, state):
    desk.hears(A)
    desk.hears(B, key="other")
    desk.hears(GONE, at=60)
    desk.sits(300)
    assert len(state.heard()) == 1
    desk.sits(6 * 86400 + 1)
    assert state.heard() == []
    assert desk.judge.active() == []


def test_hostile_labels_are_text(desk):
    desk.hears(
        alert("<at>[x](http://evil)", starts=NOW, shop="@all", **{"a b": "![](x)"}, annotations={"summary": "@all <b>"})
    )
    assert len(desk.cards()) == 1
    assert desk.cards()[0].mention == ()


def test_a_storm_of_five_thousand_takes_a_few_seconds_at_the_most(desk):
    alerts = [alert("A", starts=NOW, shop="main", order=str(n)) for n in range(5_000)]
    begun = time.process_time()
    desk.hears(*alerts)
    desk.hears(*alerts, at=15)
    assert time.process_time() - begun < 8
    assert "5000 条" in desk.titles()[0].replace(",", "")
