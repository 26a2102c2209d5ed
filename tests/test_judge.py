"""What is judged, what is told, and above all what is not: silence is no recovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exporter.config import load
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Coverage, Gap, Mute, Name, Reading
from exporter.probes import known
from exporter.probes.consumer_delay import ConsumerDelay
from exporter.probes.consumer_delay import tell as delay
from exporter.probes.negative_stock import tell as stock
from exporter.probes.pending_paid import tell as paid
from exporter.probes.replica_lag import tell as replica
from exporter.rules import Rulebook
from exporter.selfmetrics import FAILED_RULES, JUDGED_AT, UNROUTED
from exporter.state import State, StateFaultError

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CONFIG = """\
shops:
  main:
    database: sqlite:///shop.db
    tables: plain
    probes: {pending_paid: {}, negative_stock: {}}
  west:
    database: sqlite:///west.db
    tables: plain
    probes: {pending_paid: {}}
channels:
  ops: {kind: wecom, key: k}
"""


class Court:
    """A judge with its exposition and its state; `state` outlives it."""

    def __init__(self, folder, state, config=CONFIG):
        self.folder, self.state = folder, state
        self.exposition, self.woken = Exposition(), []
        self.mutes = {}
        self.judge = Judge(self.bench(config), state, self.exposition.series, lambda: self.woken.append(1), self.muted)

    def muted(self, among, _now):
        """By the name of the rule."""
        return {alert.key: self.mutes[alert.rule] for alert in among if alert.rule in self.mutes}

    def bench(self, config):
        file = self.folder / "config.yaml"
        file.write_text(config, encoding="utf-8")
        loaded = load(file)
        return Bench(Rulebook.load(loaded.rule_files(), loaded.external(), loaded.target()), loaded)

    def reads(self, probe, *samples, shop="main", at=0.0, **more):
        reading = Reading(probe, shop, NOW + timedelta(seconds=at), 0.1, samples, **more)
        self.exposition.put(reading, known()[probe]().thresholds())

    def all_well(self, at=0.0):
        self.reads("pending_paid", orders(0), at=at)
        self.reads("pending_paid", orders(0), shop="west", at=at)
        self.reads("negative_stock", stock.SKUS(0, warehouse="a"), stock.SKUS(0, warehouse="b"), at=at)

    def sit(self, at=0.0):
        return self.judge.sit(NOW + timedelta(seconds=at))

    def told(self, at=0.0):
        return [(flip.alert.rule, flip.alert.status, flip.lost) for flip in self.sit(at)]

    def cards(self):
        return [row.card for row in self.state.due("ops", 9e9)]


def orders(count):
    return paid.ORDERS(count, pay_channel="wechat", age="under_5m")


@pytest.fixture
def state():
    opened = State("sqlite://")
    yield opened
    opened.close()


@pytest.fixture
def court(tmp_path, state):
    there = Court(tmp_path, state)
    there.all_well()
    assert there.told() == []
    return there


def firing(court):
    court.reads("pending_paid", orders(3))
    assert court.told(1) == [("OrdersPaidYetPending", "firing", False)]


def test_a_fault_fires_once_and_recovers_once(court):
    firing(court)
    assert court.told(2) == []
    court.reads("pending_paid", orders(0))
    assert court.told(3) == [("OrdersPaidYetPending", "resolved", False)]
    assert [card.status for card in court.cards()] == ["firing", "resolved"]


def test_a_probe_that_fails_or_has_not_run_since_the_start_neither_raises_nor_resolves(court, tmp_path, state):
    firing(court)
    court.reads("pending_paid", error="down")
    assert court.told(2) == []
    assert Court(tmp_path, state).told(3) == []


def test_a_probe_that_failed_before_the_restart_has_not_recovered_by_it(court, tmp_path, state):
    court.reads("pending_paid", error="down")
    court.sit(0)
    assert {rule for rule, *_ in court.told(130)} == {"watch/ProbeFailing{severity=warning}"}
    again = Court(tmp_path, state)
    assert again.told(131) == []
    again.reads("negative_stock", stock.SKUS(0, warehouse="a"), at=131)
    assert again.told(132) == []
    again.reads("pending_paid", error="still down", at=132)
    assert again.told(133) == []
    again.reads("pending_paid", orders(0), at=134)
    assert again.told(134) == [("watch/ProbeFailing{severity=warning}", "resolved", False)]


@pytest.mark.parametrize(
    "without",
    [
        ("probes: {pending_paid: {}, negative_stock: {}}", "probes: {negative_stock: {}}"),
        ("  main:\n", "  other:\n"),
        ("channels:", "alerts: {rules: other.yml}\nchannels:"),
    ],
    ids=["probe", "shop", "rule"],
)
def test_an_alert_whose_probe_shop_or_rule_left_the_configuration_has_not_recovered(court, tmp_path, without):
    (tmp_path / "other.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: vector(1) > 2}]}]\n")
    firing(court)
    court.judge.use(court.bench(CONFIG.replace(*without)))
    court.exposition.drop(Name("main", "pending_paid"))
    court.exposition.drop(Name("main", "negative_stock"))
    assert court.told(2) == [("OrdersPaidYetPending", "resolved", True)]
    card = court.cards()[-1]
    assert (card.status, card.resolved) == ("info", 0)
    assert "不再检查" in card.title
    assert "已消失" not in card.text.replace("不代表问题已消失", "")
    assert {fact.name for fact in card.facts}.isdisjoint({"恢复"})


def test_a_check_that_the_shop_cannot_answer_any_more_has_not_recovered(court):
    firing(court)
    court.reads("pending_paid", paid.TRUNCATED(0), gaps=(Gap("pending_paid", "no index"),))
    assert court.told(2) == [("OrdersPaidYetPending", "resolved", True)]


def test_one_kind_that_cannot_be_told_any_more_has_not_recovered_while_another_has(court):
    for at in (0, 61):
        kinds = [paid.ANOMALIES(1, kind=kind) for kind in ("double_payment", "time_order")]
        court.reads("pending_paid", orders(0), *kinds)
        court.sit(at)
    gap = Gap("double_payment", "no index")
    court.reads("pending_paid", orders(0), paid.ANOMALIES(0, kind="time_order"), gaps=(gap,))
    lost = {flip.alert.labels["kind"]: flip.lost for flip in court.sit(62)}
    assert lost == {"double_payment": True, "time_order": False}


def test_what_one_replica_cannot_answer_any_more_says_nothing_of_another(court):
    watched = "replicas: {a: sqlite:///a.db, b: sqlite:///b.db}\n    probes: {replica_lag: {}, "
    court.judge.use(court.bench(CONFIG.replace("probes: {", watched, 1)))
    for at in (0, 11):
        for part in ("a", "b"):
            court.reads("replica_lag", replica.LAG(2, replica=part, method="gtid"), part=part)
        court.sit(at)
    court.reads("replica_lag", gaps=(Gap("replica_lag_seconds", "the primary does not answer"),), part="a")
    court.reads("replica_lag", replica.LAG(0, replica="b", method="gtid"), part="b")
    assert {flip.alert.labels["replica"]: flip.lost for flip in court.sit(12)} == {"a": True, "b": False}


def test_what_one_topic_of_a_group_cannot_answer_any_more_says_nothing_of_its_other_topics(court):
    topics = "{order_created: [order-service], stock: [order-service]}"
    watched = f"queues: {{orders: redis://10.0.0.7}}\n    probes: {{consumer_delay: {{topics: {topics}}}, "
    court.judge.use(court.bench(CONFIG.replace("probes: {", watched, 1)))
    limits = ConsumerDelay(topics={"orders": {"stock": []}}).thresholds()

    def reads(*samples, gaps=()):
        reading = Reading("consumer_delay", "main", NOW, 0.1, samples, gaps, part="orders")
        court.exposition.put(reading, limits)

    def late(topic, seconds):
        return delay.DELAY(seconds, queue="orders", topic=topic, group="order-service")

    for at in (0, 31):
        reads(late("order_created", 720), late("stock", 720))
        court.sit(at)
    reads(late("stock", 0), gaps=(Gap("order_created/order-service", "the group is gone"),))
    lost = {flip.alert.labels["topic"]: flip.lost for flip in court.sit(32)}
    assert lost == {"order_created": True, "stock": False}


def test_a_value_that_is_absent_while_all_is_well_does_recover_beside_a_gap_of_another_check(court):
    old = paid.OLDEST(NOW.timestamp() - 7200)
    court.judge.use(court.bench(CONFIG.replace("pending_paid: {}", "pending_paid: {max_orders: 5}")))
    gaps = (Gap("double_payment", "no index"),)

    def read(*samples):
        reading = Reading("pending_paid", "main", NOW, 0.1, samples, gaps)
        court.exposition.put(reading, {"orders": 5, "oldest": 1800, "anomalies": 0})

    read(orders(2), old)
    court.sit(0)
    assert court.told(61) == [("OldestPaidOrderWaiting", "firing", False)]
    read(orders(0))
    assert court.told(62) == [("OldestPaidOrderWaiting", "resolved", False)]


def test_all_alerts_of_many_shops_at_once_are_told_within_a_second_or_so(court):
    samples = [stock.SKUS(1, warehouse=f"w{n}") for n in range(1500)]
    court.reads("negative_stock", *samples)
    assert len(court.told(1)) == 1500
    [card] = court.cards()
    assert (card.status, card.covers, card.number) == ("firing", 1500, "1,500")


def pending(court, at=0):
    court.all_well(at)
    court.reads("pending_paid", orders(0), paid.TRUNCATED(1), at=at)
    assert court.told(at) == []
    return [alert.since for alert in court.judge.active()]


def test_the_time_in_which_nobody_looked_does_not_count_into_for(court, tmp_path, state):
    pending(court)
    assert court.told(540) == []
    again = Court(tmp_path, state)
    pending(again, 540 + 1800)
    assert again.told(540 + 1800 + 50) == []
    assert again.told(540 + 1800 + 61) == [("PendingPaidTruncated", "firing", False)]


def test_what_was_pending_long_ago_begins_anew(court, tmp_path, state):
    pending(court)
    again = Court(tmp_path, state)
    assert pending(again, 7200) == [NOW + timedelta(hours=2)]


def test_a_crash_now_and_then_does_not_keep_a_pending_alert_from_firing(court, tmp_path, state):
    """Each life is shorter than a minute; of each at most ten seconds are not noted."""
    pending(court)
    told = []
    for life in range(1, 30):
        again = Court(tmp_path, state)
        pending_now = paid.TRUNCATED(1)
        for second in range(0, 50, 5):
            at = life * 55 + second
            again.all_well(at)
            again.reads("pending_paid", orders(0), pending_now, at=at)
            told += [at for rule, _, _ in again.told(at) if rule == "PendingPaidTruncated"]
    assert len(told) == 1
    assert 600 < told[0] <= 900


def test_what_goes_on_firing_for_a_while_ends_at_the_same_time_over_a_restart(court, tmp_path, state):
    rules = "groups: [{name: g, rules: [{alert: A, expr: order_health_negative_stock_skus > 0, keep_firing_for: 5m}]}]"
    (tmp_path / "keep.yml").write_text(rules, encoding="utf-8")
    config = CONFIG + "alerts: {rules: keep.yml}\n"
    court.judge.use(court.bench(config))
    court.reads("negative_stock", stock.SKUS(1, warehouse="a"))
    assert court.told() == [("A", "firing", False)]
    court.reads("negative_stock", stock.SKUS(0, warehouse="a"), at=5)
    assert court.told(5) == []
    again = Court(tmp_path, state, config)
    again.reads("negative_stock", stock.SKUS(0, warehouse="a"), at=300)
    assert again.told(304) == []
    assert again.told(305) == [("A", "resolved", False)]


def shards(unread):
    return (Coverage("orders", 64, 64 - unread, unread),)


def test_nothing_recovers_while_shards_are_unread(court):
    firing(court)
    court.reads("pending_paid", orders(0), coverage=shards(2))
    assert court.told(2) == []
    court.reads("pending_paid", orders(0), error="down", coverage=shards(64))
    assert court.told(3) == []
    court.reads("pending_paid", orders(0), coverage=shards(0))
    assert court.told(4) == [("OrdersPaidYetPending", "resolved", False)]


def test_what_is_found_in_the_other_shards_is_told(court):
    court.reads("pending_paid", orders(3), coverage=shards(2))
    assert court.told(1) == [("OrdersPaidYetPending", "firing", False)]


def test_unread_shards_hold_back_no_alert_of_another_shop_or_probe(court):
    firing(court)
    court.reads("pending_paid", orders(0))
    court.reads("pending_paid", orders(0), shop="west", coverage=shards(1))
    court.reads("negative_stock", stock.SKUS(0, warehouse="a"), coverage=shards(1))
    assert court.told(2) == [("OrdersPaidYetPending", "resolved", False)]


def test_shards_that_are_long_unread_are_an_alert_that_ends_when_they_answer(court):
    for at in (0, 299, 300):
        court.reads("pending_paid", orders(0), coverage=shards(2), at=at)
        assert court.told(at) == ([("ShardsNotRead", "firing", False)] if at == 300 else [])
    court.reads("pending_paid", error="down", coverage=shards(2))
    assert court.told(301) == [], "a probe that fails altogether has read no shard either"
    court.reads("pending_paid", orders(0), coverage=shards(0))
    assert court.told(302) == [("ShardsNotRead", "resolved", False)]


def test_a_clock_that_is_set_back_delays_no_alert(court):
    pending(court)
    assert court.told(-3600) == []
    assert court.told(-3600 + 601) == [("PendingPaidTruncated", "firing", False)]


def test_an_alert_that_no_route_takes_is_logged_and_counted(court, caplog):
    text = "alerts: {routes: [{match: {severity: info}, to: [ops]}]}\nchannels:"
    court.judge.use(court.bench(CONFIG.replace("channels:", text)))
    firing(court)
    assert "OrdersPaidYetPending: no route in alerts.routes takes it, so nobody is told" in caplog.text
    assert UNROUTED(1) in court.judge.samples()


def test_a_rule_that_cannot_be_evaluated_is_logged_once_and_counted(court, tmp_path, caplog):
    (tmp_path / "other.yml").write_text(
        "groups: [{name: g, rules: [{alert: Broken, expr: order_health_limit * on (shop) order_health_limit > 0}]}]"
    )
    court.judge.use(court.bench(CONFIG.replace("channels:", "alerts: {rules: other.yml}\nchannels:")))
    court.sit(1)
    court.sit(2)
    assert caplog.text.count("rule Broken cannot be evaluated") == 1
    assert FAILED_RULES(1) in court.judge.samples()
    assert JUDGED_AT((NOW + timedelta(seconds=2)).timestamp()) in court.judge.samples()


def test_alerts_are_series_for_who_asks_for_them_and_rules_read_them(court, tmp_path):
    rules = (
        "groups: [{name: g, rules: ["
        "{alert: Negative, expr: order_health_negative_stock_skus > 0, labels: {value: x}},"
        "{alert: Later, expr: order_health_negative_stock_skus > 0, for: 1h},"
        '{alert: Both, expr: \'count(ALERTS{alertstate="firing", alertname="Negative"}) > 0\'}]}]'
    )
    (tmp_path / "alerts.yml").write_text(rules, encoding="utf-8")
    court.judge.use(court.bench(CONFIG + "alerts: {rules: alerts.yml, export: true}\n"))
    court.reads("negative_stock", stock.SKUS(1, warehouse="a"))
    assert court.told() == [("Negative", "firing", False)]
    court.exposition.own(court.judge.samples())
    page = court.exposition.page(None)[0].decode()
    labels = 'shop="main",value="x",warehouse="a"'
    assert f'ALERTS{{alertname="Negative",alertstate="firing",{labels}}} 1\n' in page
    assert 'ALERTS{alertname="Later",alertstate="pending",shop="main",warehouse="a"} 1\n' in page
    assert f'ALERTS_FOR_STATE{{alertname="Negative",{labels}}} {NOW.timestamp() / 1e9}e+09\n' in page
    assert page.count("# TYPE ALERTS gauge\n") == page.count("# TYPE ALERTS_FOR_STATE gauge\n") == 1
    assert court.told(5) == [("Both", "firing", False)]
    court.all_well()
    assert court.told(10) == [("Negative", "resolved", False)]
    court.exposition.own(court.judge.samples())
    assert "Negative" not in court.exposition.page(None)[0].decode()
    assert court.told(15) == [("Both", "resolved", False)]


def test_a_template_that_fails_does_not_keep_the_card_back_and_stands_on_it(court, tmp_path):
    rules = (
        "groups: [{name: g, rules: [{alert: Negative, expr: order_health_negative_stock_skus > 0, "
        "annotations: {summary: '{{ query `none` | first | value }}'}}]}]"
    )
    (tmp_path / "failing.yml").write_text(rules, encoding="utf-8")
    court.judge.use(court.bench(CONFIG + "alerts: {rules: failing.yml}\n"))
    court.reads("negative_stock", stock.SKUS(1, warehouse="a"))
    assert court.told() == [("Negative", "firing", False)]
    (card,) = court.cards()
    assert "<error expanding template: first: first() called on vector with no elements>" in card.title


def test_alerts_of_a_group_that_is_not_due_stay_as_they_are(court, tmp_path):
    rules = "groups: [{name: g, interval: 1m, rules: [{alert: Negative, expr: order_health_negative_stock_skus > 0}]}]"
    (tmp_path / "slow.yml").write_text(rules, encoding="utf-8")
    court.judge.use(court.bench(CONFIG + "alerts: {rules: slow.yml}\n"))
    court.all_well()
    court.reads("negative_stock", stock.SKUS(1, warehouse="a"))
    assert court.told() == [("Negative", "firing", False)]
    court.all_well()
    assert court.told(30) == []
    assert court.told(60) == [("Negative", "resolved", False)]


RISE = "groups: [{name: g, rules: [{alert: Rise, expr: 'delta(order_health_negative_stock_skus[10m]) > 0'}]}]"


def test_an_alert_that_looks_back_does_not_end_by_a_restart(court, tmp_path, state):
    (tmp_path / "rise.yml").write_text(RISE, encoding="utf-8")
    config = CONFIG + "alerts: {rules: rise.yml}\n"
    court.judge.use(court.bench(config))
    for at, count in ((0, 0), (60, 5)):
        court.reads("negative_stock", stock.SKUS(count, warehouse="a"), at=at)
        told = court.told(at)
    assert told == [("Rise", "firing", False)]
    assert court.judge.active()[0].labels["job"] == "order-health"
    again = Court(tmp_path, state, config)
    again.all_well(at=90)
    again.reads("negative_stock", stock.SKUS(5, warehouse="a"), at=90)
    assert again.told(90) == again.told(689) == []
    assert again.told(690) == [("Rise", "resolved", False)]


def test_a_reload_keeps_the_past_and_how_much_it_is_can_be_seen(court, tmp_path):
    (tmp_path / "rise.yml").write_text(RISE, encoding="utf-8")
    config = CONFIG + "alerts: {rules: rise.yml}\n"
    court.judge.use(court.bench(config))
    court.told(5)
    court.judge.use(court.bench(config))
    court.reads("negative_stock", stock.SKUS(5, warehouse="a"), at=60)
    assert court.told(60) == [("Rise", "firing", False)]
    court.exposition.own(court.judge.samples())
    page = court.exposition.page(None)[0].decode()
    assert "order_health_history_series 2\n" in page
    assert "order_health_history_samples 4\n" in page


def test_a_flip_that_cannot_be_written_down_is_told_as_soon_as_it_can(court, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(court.state, "commit", _full)
        court.reads("pending_paid", orders(3))
        with pytest.raises(StateFaultError):
            court.sit(1)
    assert court.told(2) == [("OrdersPaidYetPending", "firing", False)]


def routed(court, *routes, more=""):
    text = f"alerts: {{routes: [{', '.join(routes)}]{more}}}\nchannels:"
    court.judge.use(court.bench(CONFIG.replace("channels:", text)))


def test_a_silenced_alert_keeps_its_state_and_is_told_when_the_silence_ends(court):
    court.mutes = {"OrdersPaidYetPending": Mute("silenced", by="li")}
    firing(court)
    assert court.cards() == []
    assert [mute.by for mute in court.judge.mutes().values()] == ["li"]
    court.mutes = {}
    assert court.told(2) == []
    assert [card.status for card in court.cards()] == ["firing"]


def test_the_next_card_after_an_acknowledgement_says_who_took_it(court):
    firing(court)
    court.mutes = {"OrdersPaidYetPending": Mute("acknowledged", by="李雷", since=NOW)}
    court.sit(2)
    court.mutes = {}
    court.reads("pending_paid", orders(0))
    court.sit(3)
    assert ("认领", "李雷 11-22 11:00") in [(fact.name, fact.value) for fact in court.cards()[-1].facts]


def test_a_restart_forgets_nothing_of_what_was_told(court, tmp_path, state):
    firing(court)
    again = Court(tmp_path, state)
    again.all_well(2)
    assert again.told(2) == [("OrdersPaidYetPending", "resolved", False)]
    assert [card.status for card in court.cards()] == ["firing", "resolved"]


def test_what_fires_on_is_told_again_after_four_hours_and_calls_again(court):
    routed(court, "{to: [ops], mention: {critical: [li], warning: [han]}}")
    firing(court)
    court.sit(4 * 3600 + 1)
    assert [card.title[:7] for card in court.cards()] == ["🔴 3 笔订单", "🔴 仍未恢复："]
    assert [card.mention for card in court.cards()] == [("li",), ("li",)]


def test_in_quiet_hours_only_what_is_excepted_is_told(court):
    quiet = '{from: "10:30", to: "11:30", except: [warning]}'  # NOW is 11:00 in Shanghai
    routed(court, f"{{to: [ops], quiet: {quiet}}}")
    firing(court)
    assert court.cards() == []
    assert [mute.why for mute in court.judge.mutes().values()] == ["quiet"]
    court.all_well(1800)
    court.reads("pending_paid", orders(3), at=1800)
    court.sit(1800)
    assert [card.status for card in court.cards()] == ["firing"]


def test_what_one_alert_explains_is_not_told(court):
    more = ", inhibit: [{source: {alertname: StockBelowZero}, target: {alertname: OrdersPaidYetPending}, equal: shop}]"
    routed(court, "{to: [ops]}", more=more)
    court.reads("negative_stock", stock.SKUS(1, warehouse="a"))
    court.reads("pending_paid", orders(3))
    court.reads("pending_paid", orders(3), shop="west")
    court.sit(1)
    assert sorted(card.facts[-2].value for card in court.cards()) == ["main", "west"]
    assert [(mute.why, mute.by) for mute in court.judge.mutes().values()] == [("inhibited", "StockBelowZero")]


def test_the_journal_keeps_every_flip_also_those_that_nobody_was_told(court, state):
    court.mutes = {"OrdersPaidYetPending": Mute("silenced")}
    firing(court)
    court.reads("pending_paid", orders(0))
    court.sit(2)
    records = state.history(NOW, NOW + timedelta(minutes=1))
    assert [(each.rule, each.status, each.muted) for each in records] == [
        ("OrdersPaidYetPending", "resolved", "silenced"),
        ("OrdersPaidYetPending", "firing", "silenced"),
    ]


def _full(*_, **__):
    raise StateFaultError("state: the disk is full")
