"""The whole probe against real databases: what it counts, how it judges, and what it costs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.mapping import load
from exporter.metrics import LIMIT
from exporter.probes.order_rate import OrderRate
from exporter.probes.order_rate import round as round_
from exporter.probes.order_rate.buckets import KEPT
from exporter.probes.order_rate.look import Look
from exporter.probes.order_rate.memory import Memory
from exporter.rules import Rulebook
from exporter.shop import ShopError, TimedOut
from tests.probes.order_rate.trade import sell, spread, usual_past
from tests.probes.plain import NOW, Plain, ago, on_mariadb, schema

PROBE = OrderRate()
RULES = Path(__file__).parents[2] / "rules" / "order_rate.yml"
TOTAL, HOUR, RATIO, MISSED = "orders_total", "orders_last_hour", "order_rate_ratio", "orders_missed"


def run(shop, *, minutes=0.0, probe=PROBE):
    return shop.probe(probe, NOW + timedelta(minutes=minutes))


def grown(shop, *, until=0.0, probe=PROBE, event="created"):
    """Runs until the baseline stands, some half an hour before; the last run is `until` minutes after NOW."""
    for turn in range(80):
        told = run(shop, minutes=until - 40 + turn / 2, probe=probe)
        if told.values("order_rate_baseline_points").get((event,), 0) >= 14:
            return run(shop, minutes=until, probe=probe)
    raise AssertionError(f"no baseline after 80 runs: {told.gaps}")


def alerts(told):
    limits = [("main", LIMIT(value, probe="order_rate", limit=name)) for name, value in PROBE.thresholds().items()]
    series = [*(("main", sample) for sample in told.samples), *limits]
    return {each.rule: each for each in Rulebook.load([str(RULES)]).judge(series, NOW).findings}


def test_47_orders_where_2300_are_usual_are_an_alert_with_the_first_run_that_can_know(lite):
    usual_past(lite, 2300)
    sell(lite, spread(ago(hours=2), ago(hours=1), 2300))
    sell(lite, spread(ago(hours=1), NOW, 47))
    assert "order_rate_ratio" in run(lite, minutes=-40).gaps
    assert alerts(run(lite, minutes=-40)) == {}
    told = grown(lite, until=2)
    assert told.value(HOUR, "created") == 47
    assert told.value("orders_expected", "created") == pytest.approx(2300, rel=0.01)
    assert told.refs(RATIO, "created")[0].startswith("47 / 2,")
    assert set(alerts(told)) == {"OrderRateDropped"}


def test_an_hour_as_usual_is_no_alert(lite):
    usual_past(lite, 300)
    sell(lite, spread(ago(hours=2), NOW, 540))
    told = grown(lite, until=2)
    assert told.value(RATIO, "created") == pytest.approx(0.9, abs=0.02)
    assert told.value(MISSED, "created") == 0
    assert alerts(told) == {}


def test_none_for_ten_minutes_in_a_busy_hour_is_an_alert_and_one_order_ends_it(lite):
    usual_past(lite, 600)
    sell(lite, spread(ago(hours=2), ago(minutes=8), 1120))
    assert alerts(grown(lite, until=0)) == {}
    told = run(lite, minutes=2.1)
    assert set(alerts(told)) == {"OrdersStopped"}
    assert told.value(MISSED, "created") == pytest.approx(100, rel=0.1)
    sell(lite, [NOW + timedelta(minutes=2.5)])
    assert alerts(run(lite, minutes=3)) == {}


def test_orders_that_are_created_but_not_paid_are_an_alert_of_the_payments(lite):
    usual_past(lite, 600)
    sell(lite, spread(ago(hours=2), ago(minutes=45), 750))
    sell(lite, spread(ago(minutes=45), NOW + timedelta(minutes=2), 470), paid=False)
    told = grown(lite, until=2)
    assert told.value(RATIO, "created") == pytest.approx(1, abs=0.05)
    assert told.value(RATIO, "paid_of_created") == pytest.approx(0.25, abs=0.05)
    assert set(alerts(told)) == {"PaymentsStopped"}


def test_counters_rise_with_every_finished_bucket_and_money_by_currency(plain):
    sell(plain, spread(ago(hours=1), ago(minutes=5), 60))
    told = run(plain)
    assert told.values(TOTAL) == {("created",): 0, ("paid",): 0}
    sell(plain, [NOW - timedelta(minutes=1), NOW + timedelta(minutes=1), NOW + timedelta(minutes=4)], amount=12.34)
    sell(plain, [NOW + timedelta(minutes=3)], paid=False)
    plain.sql(["UPDATE orders SET currency = 'USD' WHERE created_at > '2026-03-01 12:03:30'"])
    told = run(plain, minutes=8)
    assert told.values(TOTAL) == {("created",): 4, ("paid",): 3}
    amounts = {("created", "CNY"): 124.68, ("created", "USD"): 12.34, ("paid", "CNY"): 24.68, ("paid", "USD"): 12.34}
    assert told.values("order_amount_total") == amounts
    plain.close()
    plain.sql(["DELETE FROM orders"])
    assert run(plain, minutes=9).values(TOTAL) == {("created",): 4, ("paid",): 3}
    assert run(plain, minutes=200).values(TOTAL) == {("created",): 4, ("paid",): 3}


def test_a_bucket_waits_its_grace_and_what_comes_later_still_is_added_within_the_hour(plain):
    run(plain)
    sell(plain, [NOW + timedelta(minutes=1)])
    assert run(plain, minutes=6.9).value(TOTAL, "created") == 0
    assert run(plain, minutes=7).value(TOTAL, "created") == 1
    sell(plain, [NOW + timedelta(minutes=2)])
    assert run(plain, minutes=30).value(TOTAL, "created") == 1
    for minutes in (90, 130, 131):
        told = run(plain, minutes=minutes)
    assert told.values(TOTAL) == {("created",): 2, ("paid",): 2}


def test_an_outage_over_several_buckets_is_caught_up_each_bucket_once(plain):
    sell(plain, spread(ago(hours=1), ago(minutes=5), 60))
    run(plain)
    sell(plain, spread(NOW, NOW + timedelta(hours=5), 300))
    plain.sql(["ALTER TABLE orders RENAME TO away"])
    plain.shop().forget()
    for minutes in (30, 60, 120):
        with pytest.raises(ShopError):
            run(plain, minutes=minutes)
    plain.sql(["ALTER TABLE away RENAME TO orders"])
    plain.shop().forget()
    first = run(plain, minutes=302)
    assert first.value(HOUR, "created") == 60
    for turn in range(6):
        told = run(plain, minutes=302 + turn / 2)
    assert told.values(TOTAL) == {("created",): 300, ("paid",): 300}


def test_a_clock_that_was_set_back_neither_counts_twice_nor_takes_anything_back(lite):
    run(lite)
    sell(lite, spread(NOW, NOW + timedelta(hours=1), 60))
    assert run(lite, minutes=62).value(TOTAL, "created") == 60
    assert run(lite, minutes=22).value(TOTAL, "created") == 60
    assert run(lite, minutes=22).value(HOUR, "created") == 20
    sell(lite, spread(NOW + timedelta(hours=1), NOW + timedelta(hours=2), 60))
    assert run(lite, minutes=122).value(TOTAL, "created") == 120
    assert run(lite, minutes=122).value(HOUR, "created") == 60


def test_orders_by_their_status_now(plain):
    sell(plain, spread(ago(hours=20), NOW, 30))
    sell(plain, spread(ago(hours=20), NOW, 6), paid=False)
    sell(plain, spread(ago(hours=30), ago(hours=25), 6), paid=False)
    told = run(plain)
    kinds = {("pending",): 6, ("paid",): 30, ("shipped",): 0, ("done",): 0, ("closed",): 0}
    assert told.values("order_health_orders_by_status") == kinds
    assert run(plain, minutes=1).values("order_health_orders_by_status") == kinds


def test_a_table_without_any_index_on_time_is_counted_between_keys(tmp_path, mariadb):
    shop = on_mariadb(mariadb, "rate_keys", without=("orders_status_created", "orders_paid"))
    shop.large = 2_000
    sell(shop, spread(ago(days=3), ago(minutes=5), 9_000))
    run(shop)
    sell(shop, spread(NOW, NOW + timedelta(minutes=10), 20))
    shop.sql(["ANALYZE TABLE orders"])
    shop.shop().forget()
    told = run(shop, minutes=12)
    assert told.values(TOTAL) == {("created",): 20, ("paid",): 20}
    assert set(told.gaps) == {"order_rate_ratio", "shipped"}
    shop.close()


def test_shipments_are_counted_where_the_mapping_names_their_time_and_an_index_finds_them(plain):
    plain.sql(["ALTER TABLE orders ADD COLUMN shipped_at DATETIME NULL", "CREATE INDEX s ON orders (shipped_at)"])
    plain.mapping = load({"preset": "plain", "orders": {"columns": {"shipped": "shipped_at"}}})
    run(plain)
    sell(plain, spread(NOW, NOW + timedelta(minutes=5), 5))
    plain.sql(["UPDATE orders SET shipped_at = created_at"])
    told = run(plain, minutes=8)
    assert told.value(TOTAL, "shipped") == 5
    assert ("shipped",) not in told.values("order_rate_baseline_points")


def test_an_event_that_cannot_be_asked_for_is_a_gap_and_the_others_are_told(lite):
    lite.sql(["DROP INDEX orders_paid", "DROP INDEX orders_status_created"])
    lite.mapping = load({"preset": "plain", "orders": {"key": "order_no", "columns": {"created": None}}})
    lite.large = 100
    sell(lite, spread(ago(days=1), NOW, 9_000))
    told = run(lite)
    assert "ask the DBA for an index" in told.gaps["paid"]
    assert told.samples == []


def test_what_the_mapping_does_not_name_is_a_gap(lite):
    lite.mapping = load(
        {"preset": "plain", "orders": {"columns": {"paid": None, "amount": None, "status": None}, "status": None}}
    )
    sell(lite, spread(ago(hours=1), NOW, 12))
    told = run(lite)
    assert set(told.gaps) == {"paid", "shipped", "order_rate_ratio"}
    assert told.values(TOTAL) == {("created",): 0}
    assert "order_amount_total" not in {s.metric.name for s in told.samples}


def test_a_bucket_whose_shards_were_not_all_read_stays_unfinished(lite):
    lite.sql([each.replace("orders", f"orders_{n}") for n in (0, 1) for each in schema() if "orders" in each])
    lite.mapping = load({"preset": "plain", "orders": {"table": "orders_{0..1}"}})
    lite.sql(["DROP TABLE orders", "ALTER TABLE orders_0 RENAME TO orders"])
    sell(lite, spread(NOW, NOW + timedelta(minutes=5), 5))
    lite.sql(["ALTER TABLE orders RENAME TO orders_0", "INSERT INTO orders_1 SELECT * FROM orders_0"])
    run(lite, minutes=2)
    lite.sql(["ALTER TABLE orders_1 RENAME TO away"])
    lite.shop().forget()
    with pytest.raises(ShopError, match="orders_1"):
        run(lite, minutes=8)
    lite.sql(["ALTER TABLE away RENAME TO orders_1"])
    lite.shop().forget()
    assert run(lite, minutes=9).value(TOTAL, "created") == 10


def test_on_an_excepted_day_nothing_is_too_few_but_a_standstill_is_one(lite):
    usual_past(lite, 600)
    sell(lite, spread(ago(hours=2), ago(hours=1), 600))
    sell(lite, spread(ago(hours=1), ago(minutes=12), 240))
    day = OrderRate.model_validate({"except": ["03-01"]})
    told = grown(lite, until=0, probe=day)
    assert told.gaps["order_rate_ratio"].startswith("今天")
    assert set(alerts(told)) == {"OrdersStopped"}


def test_it_can_be_run_on_postgresql(postgres):
    url = postgres.url()
    statements = [each.replace("DATETIME", "TIMESTAMP") for each in schema()]

    def sql(each):
        postgres.execute("SET TIME ZONE 'Asia/Shanghai'", *each)

    postgres.execute("DROP TABLE IF EXISTS orders, pay_callback, inventory, inventory_lock")
    sql(statements)
    shop = Plain(url, sql)
    run(shop)
    sell(shop, spread(NOW, NOW + timedelta(minutes=5), 50), amount=0.29)
    told = run(shop, minutes=8)
    assert told.values(TOTAL) == {("created",): 50, ("paid",): 50}
    assert told.value("order_amount_total", "created", "CNY") == 14.5
    assert run(shop, minutes=18).values("order_health_orders_by_status")["paid",] == 50
    shop.close()


def test_the_past_is_counted_once_a_few_statements_a_run(plain):
    usual_past(plain, 120)
    sell(plain, spread(ago(hours=2), NOW, 240))
    asked = [len([a for a in run(plain, minutes=turn / 100).trace if "CASE" in a.sql]) for turn in range(450)]
    assert asked[0] <= 6
    assert max(asked[1:]) <= 6  # 4 about the past, and one of each event when five minutes are over
    told = [a.rows for a in run(plain, minutes=4.6).trace if "CASE" in a.sql]
    assert max(told, default=0) <= 1


def test_where_one_statement_a_run_is_all_each_event_has_its_turn(lite, monkeypatch):
    monkeypatch.setattr(round_, "STATEMENTS", 1)
    sell(lite, spread(ago(hours=2), NOW, 24))
    for turn in range(20):
        run(lite, minutes=turn / 100)
    ledgers = lite.shop().bounded("OrderRate", 1).notes.read(Memory.loads).ledgers
    known = [KEPT - ledgers[event].history.gaps for event in ("created", "paid")]
    assert min(known) >= 100


def test_a_statement_about_the_past_that_takes_too_long_is_no_fault_and_the_next_is_shorter(lite, monkeypatch):
    sell(lite, spread(ago(hours=2), NOW, 24))
    real, lengths = Look.tallies, []

    def slow(look, event, stretch, *, money=True):
        lengths.append(stretch.length)
        if not money and stretch.length > 3:
            raise TimedOut("the server ended it")
        return real(look, event, stretch, money=money)

    monkeypatch.setattr(Look, "tallies", slow)
    for turn in range(4):
        assert run(lite, minutes=turn / 100).value(HOUR, "created") == 12
    assert lengths == [12, 12, 12, 6, 3, 3, 3, 3, 3, 3, 3, 3]


def test_its_settings_are_limits_of_the_rules():
    probe = OrderRate.model_validate(
        {"min_ratio": 0.4, "max_missed": 50, "except": ["11-11", datetime(2026, 2, 16, tzinfo=UTC).date()]}
    )
    assert probe.limits() == {"ratio": 0.4, "deviations": 4.0, "missed": 50}
    assert probe.model_dump(mode="json", by_alias=True)["except"] == ["11-11", "2026-02-16"]
