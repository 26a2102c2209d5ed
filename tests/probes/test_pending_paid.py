"""The whole probe against real databases: what it finds, keeps, confirms and forgets."""

from datetime import timedelta

import pytest

from exporter.mapping import load
from exporter.probes.pending_paid import PendingPaid
from exporter.probes.pending_paid.look import Look
from exporter.shop import ShopError
from tests.probes.plain import NOW, ago, on_mariadb

ORDERS, OLDEST, AMOUNT = "pending_paid_orders", "pending_paid_oldest_timestamp_seconds", "pending_paid_amount"
PROBE = PendingPaid()


def test_a_paid_yet_pending_order_is_told_with_channel_age_amount_and_number(plain):
    plain.order("N1")
    plain.callback("N1", ago(minutes=10))
    told = plain.probe(PROBE)
    assert told.value(ORDERS, "wechat", "under_30m") == told.total(ORDERS) == 1
    assert told.value(OLDEST) == ago(minutes=10).timestamp()
    assert told.value(AMOUNT, "CNY") == 128
    assert told.value("pending_orders") == 1
    assert told.value("pending_paid_truncated") == 0
    assert told.refs(ORDERS) == ["N1"]
    assert told.anomalies() == {} == told.gaps


def test_a_healthy_shop_is_all_zeros_and_has_no_oldest(plain):
    for number in ("N1", "N2"):
        plain.order(number, "paid")
        plain.callback(number)
    plain.order("N3")
    told = plain.probe(PROBE)
    assert told.total(ORDERS) == told.total("payment_anomalies") == told.total(AMOUNT) == 0
    assert len(told.values(ORDERS)) == 5
    assert len(told.values("payment_anomalies")) == 10
    assert told.values(OLDEST) == {}
    assert told.value("pending_orders") == 1


def test_a_late_payment_of_an_older_order_is_seen(plain):
    plain.order("OLD", created_at=ago(days=3))
    plain.callback("OLD", ago(minutes=5))
    assert plain.probe(PROBE).refs(ORDERS) == ["OLD"]


def test_a_case_outlives_the_window_and_ends_when_it_is_repaired(plain):
    plain.order("N1")
    plain.callback("N1", ago(minutes=10))
    assert plain.probe(PROBE).total(ORDERS) == 1
    for hours in (2, 4, 30):
        later = plain.probe(PROBE, NOW + timedelta(hours=hours))
        assert later.total(ORDERS) == 1
    assert later.value(ORDERS, "wechat", "over_24h") == later.value("payment_anomalies", "retry_exhausted") == 1
    plain.sql(["UPDATE orders SET status = 'paid' WHERE order_no = 'N1'"])
    assert plain.probe(PROBE, NOW + timedelta(hours=31)).total(ORDERS) == 0


def test_a_new_process_without_memory_reads_the_whole_window(plain):
    plain.order("N1")
    plain.callback("N1", ago(hours=2, minutes=50))
    plain.probe(PROBE)
    plain.close()
    plain.memory.clear()
    assert plain.probe(PROBE).total(ORDERS) == 1


def test_a_callback_that_was_committed_late_is_seen(plain):
    plain.probe(PROBE)
    plain.order("N1")
    plain.callback("N1", ago(seconds=150))
    assert plain.probe(PROBE, NOW + timedelta(seconds=30)).total(ORDERS) == 1


def test_an_order_that_falls_back_to_pending_is_seen_by_the_second_look(plain):
    plain.order("N1", "paid")
    plain.callback("N1", ago(hours=1))
    assert plain.probe(PROBE).total(ORDERS) == 0
    plain.sql(["UPDATE orders SET status = 'pending', paid_at = NULL, transaction_id = NULL"])
    assert plain.probe(PROBE, NOW + timedelta(seconds=30)).total(ORDERS) == 1


def test_the_second_look_goes_round_at_one_pace_whatever_the_interval(lite):
    for number in range(100):
        lite.order(f"N{number}", "paid")
        lite.callback(f"N{number}", ago(hours=2, seconds=-number))
    lite.probe(PROBE)
    looked = {}
    for seconds in (1, 31):
        trace = lite.probe(PROBE, NOW + timedelta(seconds=seconds)).trace
        looked[seconds] = max(asked.rows for asked in trace if "FROM pay_callback" in asked.sql)
    assert looked == {1: 6, 31: 51}  # one more row than is looked at tells whether there are more


def test_a_process_that_ends_between_two_writings_goes_on_from_the_last_one(lite):
    lite.order("N1")
    lite.callback("N1")
    lite.probe(PROBE)
    lite.order("N2", "paid")
    lite.callback("N2", ago(seconds=60))
    lite.probe(PROBE, NOW + timedelta(seconds=70))
    lite.close()
    lite.sql(["UPDATE orders SET status = 'pending' WHERE order_no = 'N2'"])
    assert lite.probe(PROBE, NOW + timedelta(seconds=75)).total(ORDERS) == 2


def test_what_is_repaired_between_reading_and_confirming_does_not_count(lite, monkeypatch):
    lite.order("N1")
    lite.callback("N1")
    read = Look.orders_of

    def stale(look, numbers):
        book = read(look, numbers)
        lite.sql(["UPDATE orders SET status = 'paid', paid_at = created_at, transaction_id = 'wx-N1'"])
        return book

    monkeypatch.setattr(Look, "orders_of", stale)
    assert lite.probe(PROBE).total(ORDERS) == 0


def test_an_order_that_appears_between_reading_and_confirming_is_no_orphan(lite, monkeypatch):
    lite.callback("N1")
    read = Look.orders_of
    asked = []

    def late(look, numbers):
        asked.append(numbers)
        return read(look, numbers) if len(asked) > 1 else {}

    monkeypatch.setattr(Look, "orders_of", late)
    lite.order("N1", "paid")
    assert lite.probe(PROBE).anomalies() == {}


def test_failed_callbacks_and_callbacks_in_flight_do_not_count(plain):
    plain.order("N1")
    plain.callback("N1", trade_state="PAYERROR")
    plain.order("N2")
    plain.callback("N2", ago(seconds=60))
    assert plain.probe(PROBE).total(ORDERS) == 0
    assert plain.probe(PendingPaid(grace="30s")).refs(ORDERS) == ["N2"]


def test_each_kind_of_anomaly_is_told_by_its_order(plain):
    plain.order("CLOSED", "closed")
    plain.callback("CLOSED")
    plain.callback("NOWHERE")
    plain.order("CHEAP", "paid")
    plain.callback("CHEAP", amount_fen=1)
    plain.order("TWICE", "paid")
    plain.callback("TWICE")
    plain.callback("TWICE", transaction_id="ali-2")
    plain.order("BARE", "paid", transaction_id=None)
    plain.callback("BARE", transaction_id="")
    plain.order("STORM", "paid")
    for second in (0, 15, 30):
        plain.callback("STORM", ago(minutes=20, seconds=-second))
    plain.order("HALF", paid_at=ago(minutes=10))
    plain.order("GHOST", "paid")
    plain.order("CLOCK", "paid", paid_at=ago(hours=2))
    plain.callback("CLOCK")
    told = plain.probe(PROBE)
    expected = {
        "paid_after_close": ["CLOSED"],
        "orphan_callback": ["T-NOWHERE"],
        "amount_mismatch": ["CHEAP"],
        "double_payment": ["TWICE"],
        "missing_transaction": ["BARE"],
        "callback_storm": ["STORM"],
        "half_written": ["HALF"],
        "paid_without_callback": ["GHOST"],
        "time_order": ["CLOCK"],
        "retry_exhausted": [],
    }
    assert {kind: told.refs("payment_anomalies", kind) for kind in expected} == expected
    assert told.total(ORDERS) == 0
    again = plain.probe(PROBE, NOW + timedelta(hours=5))
    assert {kind: again.refs("payment_anomalies", kind) for kind in expected} == expected


def test_an_anomaly_that_no_repair_ends_is_told_for_a_day(lite):
    lite.order("CLOSED", "closed")
    lite.callback("CLOSED")
    lite.order("HALF", paid_at=ago(minutes=10))
    assert lite.probe(PROBE).anomalies() == {"paid_after_close": 1, "half_written": 1}
    assert lite.probe(PROBE, NOW + timedelta(hours=25)).anomalies() == {"half_written": 1}


def test_a_second_payment_hours_after_the_first_is_a_double_payment(plain):
    plain.order("N1", "paid", paid_at=ago(days=1), created_at=ago(days=1))
    plain.callback("N1", ago(hours=20))
    plain.callback("N1", ago(minutes=10), transaction_id="wx-other")
    assert plain.probe(PROBE).anomalies() == {"double_payment": 1}


def test_what_is_null_is_unknown_and_never_nothing(plain):
    plain.sql(["DELETE FROM orders"])
    plain.order("N1", "paid", pay_channel=None)
    plain.callback("N1")
    plain.order("N2", pay_channel=None)
    plain.callback("N2", transaction_id=None)
    told = plain.probe(PROBE)
    assert told.value(ORDERS, "wechat", "under_30m") == 1
    assert told.anomalies() == {"missing_transaction": 1}


@pytest.mark.parametrize("number", ["**[x](http://a)**", "<b>1</b>", "订单'1\";--", "🧨", "a\nb", "x" * 30])
def test_an_order_number_may_be_anything(plain, number):
    plain.order(number)
    plain.callback(number)
    assert plain.probe(PROBE).refs(ORDERS) == [number]


def test_statuses_that_the_mapping_does_not_know_are_a_failure_and_not_a_zero(plain):
    for place in range(3):
        plain.order(f"N{place}", "wait_pay")
        plain.callback(f"N{place}")
    with pytest.raises(ShopError, match="status of none of the orders looked at: they say 'wait_pay'; write"):
        plain.probe(PROBE)


def test_a_single_unknown_status_among_known_ones_is_told_and_disturbs_nothing(plain):
    plain.order("STUCK")
    plain.callback("STUCK")
    plain.order("ODD", "on_hold")
    plain.callback("ODD")
    told = plain.probe(PROBE)
    assert told.refs(ORDERS) == ["STUCK"]
    assert "'on_hold'" in told.gaps["status"]


def test_a_full_memory_keeps_the_oldest_and_says_so(lite):
    for place in range(4):
        lite.order(f"N{place}")
        lite.callback(f"N{place}", ago(minutes=10 + place))
    probe = PendingPaid(keep=2)
    first = lite.probe(probe)
    assert (first.total(ORDERS), first.value("pending_paid_truncated")) == (4, 1)
    assert [payment[0] for payment in lite.memory["main", "PendingPaid"]["open"]] == ["T-N3", "T-N2"]


def test_a_shop_without_callbacks_tells_what_its_orders_show_and_why_not_the_rest(lite):
    lite.mapping = load("plain").model_copy(update={"callbacks": None})
    lite.order("HALF", paid_at=ago(minutes=10))
    lite.order("BLANK", "paid", paid_at=None)
    lite.order("GOOD", "paid")
    told = lite.probe(PROBE)
    assert told.anomalies() == {"half_written": 2}
    assert told.values(ORDERS) == {}
    assert "pending_paid" in told.gaps
    assert "callbacks.trade_no" in told.gaps["orphan_callback"]
    assert "half_written" not in told.gaps


def test_a_kind_that_is_switched_off_is_a_gap_not_a_zero(lite):
    told = lite.probe(PendingPaid(skip=["paid_without_callback"]))
    assert ("paid_without_callback",) not in told.values("payment_anomalies")
    assert "config.yaml" in told.gaps["paid_without_callback"]


def test_channels_named_in_the_configuration_start_at_zero(lite):
    told = lite.probe(PendingPaid(channels=["wechat", "alipay"]))
    assert {labels[0] for labels in told.values(ORDERS)} == {"wechat", "alipay"}


def test_a_busy_window_is_read_to_its_end_and_a_quiet_one_costs_little(lite, monkeypatch):
    monkeypatch.setattr("exporter.shop.stretches.CAP", 50)
    statements = []
    for place in range(300):
        at = f"'{NOW - timedelta(seconds=200 + 30 * place) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}'"
        statements += [
            f"INSERT INTO orders VALUES ({place}, 'N{place}', 'T{place}', 'paid', 1, 'CNY', 'w', 'x{place}', {at}, {at}, {at})",
            f"INSERT INTO pay_callback VALUES ({place}, 'T{place}', 'x{place}', 'SUCCESS', 100, 'w', {at})",
        ]
    lite.sql(statements)
    lite.sql(["UPDATE orders SET status = 'pending', paid_at = NULL, transaction_id = NULL WHERE id IN (0, 299)"])
    first = lite.probe(PROBE)
    assert first.refs(OLDEST) == ["N299", "N0"]
    assert first.value("pending_paid_truncated") == 0
    second = lite.probe(PROBE, NOW + timedelta(seconds=30))
    assert sum(asked.rows for asked in second.trace) < 250


@pytest.mark.server
def test_epoch_columns_where_0_means_not_set(mariadb):
    shop = on_mariadb(mariadb, "epochs")
    shop.sql([
        "DROP TABLE orders", "DROP TABLE pay_callback",
        ("CREATE TABLE orders (id BIGINT PRIMARY KEY, no VARCHAR(32) UNIQUE, status TINYINT, price DECIMAL(10,2),"
        " add_time INT UNSIGNED, pay_time INT UNSIGNED NOT NULL DEFAULT 0, KEY (status, add_time), KEY (pay_time))"),
        ("CREATE TABLE pay_log (id BIGINT PRIMARY KEY, no VARCHAR(32), price DECIMAL(10,2), status TINYINT,"
        " pay_time BIGINT UNSIGNED, KEY (pay_time), KEY (no))"),
    ])  # fmt: skip
    clock = {"time": {"kind": "epoch_s"}, "key": "id"}
    shop.mapping = load({
        "orders": {"table": "orders", **clock, "status": {"pending": [0], "paid": [1]}, "columns": {
            "number": "no", "trade_no": "no", "status": "status", "amount": "price", "created": "add_time", "paid": "pay_time"}},
        "callbacks": {"table": "pay_log", "key": "id", "time": {"kind": "epoch_ms"}, "success": {"state": [1]}, "columns": {
            "trade_no": "no", "state": "status", "received": "pay_time", "amount": "price"}},
    })  # fmt: skip
    paid, made = int(ago(minutes=10).timestamp()), int(ago(hours=1).timestamp())
    shop.sql([
        f"INSERT INTO orders VALUES (1, 'STUCK', 0, 12.80, {made}, 0), (2, 'HALF', 0, 1, {made}, {paid}), (3, 'GOOD', 1, 0.29, {made}, {paid})",
        f"INSERT INTO pay_log VALUES (1, 'STUCK', 12.80, 1, {paid}000), (2, 'GOOD', 0.29, 1, {paid}000), (3, 'HALF', 1, 0, 0)",
    ])  # fmt: skip
    told = shop.probe(PROBE)
    assert told.refs(ORDERS) == ["STUCK"]
    assert told.anomalies() == {"half_written": 1}
    assert told.value(AMOUNT, "CNY") == 12.80
    shop.close()


@pytest.mark.server
def test_without_an_index_on_time_the_window_is_found_along_the_key(mariadb):
    indexes = ("orders_status_created", "orders_paid", "pay_callback_received")
    shop = on_mariadb(mariadb, "bare", without=indexes)
    shop.large = 100
    shop.sql([
        ("INSERT INTO orders SELECT seq, CONCAT('H', seq), CONCAT('T-H', seq), 'paid', 128, 'CNY', 'wechat', CONCAT('x', seq),"
        f" FROM_UNIXTIME({ago(days=9).timestamp()} + seq * 60), FROM_UNIXTIME({ago(days=9).timestamp()} + seq * 60), NOW()"
        " FROM seq_1_to_12000"),
        "INSERT INTO pay_callback SELECT id, out_trade_no, transaction_id, 'SUCCESS', 12800, 'wechat', created_at FROM orders",
        "ANALYZE TABLE orders", "ANALYZE TABLE pay_callback",
    ])  # fmt: skip
    shop._ids = 20_000
    shop.order("STUCK", created_at=ago(minutes=20))
    shop.callback("STUCK", ago(minutes=10))
    shop.order("HALF", paid_at=ago(minutes=9), created_at=ago(minutes=20))
    told = shop.probe(PROBE)
    assert told.refs(ORDERS) == ["STUCK"]
    assert told.anomalies() == {"half_written": 1}
    assert told.value("pending_orders") == 2
    assert sum(asked.rows for asked in told.trace) < 2000
    shop.close()


def test_a_pending_order_that_is_flagged_as_paid_is_half_written(lite):
    lite.mapping = load({
        "orders": {"table": "orders", "status": {"pending": ["pending"]}, "success": {"paid_flag": [1]}, "columns": {
            "number": "order_no", "status": "status", "created": "created_at", "paid_flag": "amount"}},
    })  # fmt: skip
    lite.order("FLAGGED", amount=1)
    lite.order("PLAIN", amount=0)
    assert lite.probe(PROBE).refs("payment_anomalies", "half_written") == ["FLAGGED"]


@pytest.mark.server
def test_a_check_whose_plan_is_refused_is_a_gap_and_the_others_go_on(mariadb):
    shop = on_mariadb(mariadb, "noindex", without=("pay_callback_trade_no", "orders_status_created"))
    shop.large = 10
    shop.sql([
        f"INSERT INTO orders SELECT seq * 7 % 30011, CONCAT('H', seq), CONCAT('T-H', seq), 'paid', 1, 'CNY', 'w', 'x', {made}, {made}, {made}"
        " FROM seq_1_to_6000"
        for made in [f"FROM_UNIXTIME({ago(days=2).timestamp()} - seq)"]
    ] + ["INSERT INTO pay_callback SELECT id, out_trade_no, 'x', 'SUCCESS', 100, 'w', created_at FROM orders",
         "ANALYZE TABLE orders", "ANALYZE TABLE pay_callback"])  # fmt: skip
    shop._ids = 40_000
    shop.order("STUCK")
    shop.callback("STUCK")
    told = shop.probe(PROBE)
    assert told.refs(ORDERS) == ["STUCK"]
    assert {"double_payment", "paid_without_callback", "pending_orders"} <= set(told.gaps)
    assert "index" in told.gaps["double_payment"]
    assert ("double_payment",) not in told.values("payment_anomalies")
    shop.close()
