"""The whole probe against real databases: how long orders take, who is late, which times cannot be, which events are new."""

from datetime import timedelta

import pytest

from exporter.probes.fulfilment import Fulfilment, tell
from exporter.shop import Shop
from tests.probes.plain import NOW, Told, ago
from tests.probes.shipping import event, on_lite, on_maria, on_postgres, shipped, waiting

PROBE = Fulfilment()
SECONDS, ORDERS, FAULTS = "fulfilment_seconds", "fulfilment_orders", "fulfilment_faults"
LATE, SHARE, EVENTS = "fulfilment_late_orders", "fulfilment_start_missing_ratio", "order_events"
HOUR = 3600


@pytest.fixture(params=["sqlite", *(pytest.param(n, marks=pytest.mark.server) for n in ("mariadb", "postgres"))])
def shop(request, tmp_path):
    """Empty, on each kind of database."""
    if request.param == "sqlite":
        made = on_lite(tmp_path)
    else:
        on = {"mariadb": on_maria, "postgres": on_postgres}[request.param]
        made = on(request.getfixturevalue(request.param), "shipping")
    yield made
    made.close()


@pytest.fixture
def lite(tmp_path):
    made = on_lite(tmp_path)
    yield made
    made.close()


def read_up(shop, probe=PROBE, now=NOW) -> Told:
    """Runs until all of the window is read."""
    for _ in range(200):
        told = shop.probe(probe, now)
        if not told.value("fulfilment_truncated"):
            return told
    raise AssertionError("it never comes to the end of its window")


def test_the_time_from_payment_is_not_the_time_from_the_start_of_fulfilment(shop):
    """2.3 hours by the start, 18 by what the customer feels."""
    for number in range(20):
        paid, sent = ago(hours=20), ago(hours=2)
        start = sent - timedelta(hours=2, minutes=18)
        shipped(shop, f"N{number}", sent, created_at=paid, paid_at=paid, fulfillment_start_at=start)
    told = read_up(shop)
    assert 2 * HOUR < told.value(SECONDS, "started_to_shipped", "0.9") <= 4 * HOUR
    assert 12 * HOUR < told.value(SECONDS, "paid_to_shipped", "0.5") <= 18 * HOUR
    assert told.value(ORDERS, "paid_to_shipped") == told.value(ORDERS, "created_to_shipped") == 20
    assert told.value(SHARE) == 0
    assert told.total(FAULTS) == 0
    assert told.gaps == {}


def test_an_order_is_counted_once_however_often_the_probe_runs(lite):
    shipped(lite, "N1", ago(hours=2))
    read_up(lite)
    shipped(lite, "N2", ago(minutes=1))
    for minutes in range(1, 20):
        told = lite.probe(PROBE, NOW + timedelta(minutes=minutes))
    assert told.value(ORDERS, "paid_to_shipped") == 2


def test_what_was_shipped_before_the_window_is_forgotten(lite):
    shipped(lite, "N1", ago(hours=2))
    assert read_up(lite).value(ORDERS, "paid_to_shipped") == 1
    told = read_up(lite, now=NOW + timedelta(hours=30))
    assert told.value(ORDERS, "paid_to_shipped") == 0
    assert told.values(SECONDS) == {}
    assert told.values(SHARE) == {}, "a share of no orders is no 0"


def test_orders_without_a_start_are_a_share_and_never_a_duration_of_0(shop):
    for number in range(8):
        shipped(shop, f"N{number}", ago(hours=2), fulfillment_start_at=ago(hours=3) if number == 0 else None)
    told = read_up(shop)
    assert told.value(SHARE) == 7 / 8
    assert told.value(ORDERS, "started_to_shipped") == 1
    assert told.value(ORDERS, "paid_to_shipped") == 8
    assert set(told.refs(SHARE)) == {f"N{number}" for number in range(1, 8)}


def test_times_that_cannot_be_are_findings_and_not_durations(shop):
    shipped(shop, "ZONE", ago(hours=2), paid_at=ago(hours=2) + timedelta(hours=8), created_at=ago(hours=2))
    shipped(shop, "START", ago(hours=2), fulfillment_start_at=ago(hours=1))
    shipped(shop, "EARLY", ago(hours=2), fulfillment_start_at=ago(hours=21))
    shipped(shop, "SKEW", ago(hours=2), paid_at=ago(hours=2) + timedelta(seconds=3), fulfillment_start_at=None)
    shipped(shop, "AHEAD", NOW + timedelta(hours=8))
    told = read_up(shop)
    found = {labels[0]: value for labels, value in told.values(FAULTS).items() if value}
    assert found == {
        "shipped_before_paid": 1,
        "shipped_before_started": 1,
        "started_before_paid": 2,  # EARLY, and ZONE started before its payment too
        "shipped_in_future": 1,
    }
    assert told.refs(FAULTS, "shipped_before_paid") == ["ZONE"]
    assert told.refs(FAULTS, "shipped_in_future") == ["AHEAD"]
    assert told.value(ORDERS, "paid_to_shipped") == 3
    assert told.value(ORDERS, "started_to_shipped") == 2
    note = next(s for s in told.samples if s.labels == ("shipped_before_paid",)).evidence[0].note
    assert note == "8:00:00", "the zone can be seen in it"


def test_moments_that_stand_for_never_are_not_set(shop):
    shipped(shop, "N1", ago(hours=2), fulfillment_start_at="1970-01-01 08:00:00", delivered_at="9999-12-31 23:59:59")
    waiting(shop, "N2", ago(hours=60), shipped_at="9999-12-31 00:00:00")
    told = read_up(shop)
    assert told.value(SHARE) == 1
    assert told.total(FAULTS) == 0
    assert told.refs(LATE) == ["N2"]


def test_a_paid_order_is_late_when_its_promise_is_over_and_until_it_is_shipped(shop):
    waiting(shop, "LATE", ago(hours=49), fulfillment_start_at=ago(hours=30))
    waiting(shop, "IDLE", ago(hours=50), warehouse_id="B")
    waiting(shop, "SOON", ago(hours=47))
    shop.order("UNPAID", "pending", created_at=ago(hours=60))
    shop.order("CLOSED", "closed", created_at=ago(hours=60), paid_at=ago(hours=60))
    told = read_up(shop)
    late = {labels: value for labels, value in told.values(LATE).items() if value}
    assert late == {("A", "started"): 1, ("B", "not_started"): 1}
    assert told.value("fulfilment_oldest_timestamp_seconds") == ago(hours=50).timestamp()
    shop.sql(["UPDATE orders SET status = 'shipped', shipped_at = paid_at WHERE order_no = 'IDLE'"])
    told = shop.probe(PROBE, NOW + timedelta(minutes=1))
    assert told.values(LATE) == {
        ("A", "started"): 1,
        ("A", "not_started"): 0,
        ("B", "not_started"): 0,
        ("B", "started"): 0,
    }
    told = shop.probe(PROBE, NOW + timedelta(hours=2))
    assert told.value(LATE, "A", "not_started") == 1, "SOON is late by now"
    shop.sql(["UPDATE orders SET status = 'closed' WHERE status = 'paid'"])
    told = shop.probe(PROBE, NOW + timedelta(hours=2, minutes=1))
    assert told.total(LATE) == 0
    assert told.values("fulfilment_oldest_timestamp_seconds") == {}


def test_an_order_stays_late_longer_than_the_probe_looks_back(lite):
    waiting(lite, "N1", ago(hours=49))
    read_up(lite)
    assert lite.probe(PROBE, NOW + timedelta(days=40)).refs(LATE) == ["N1"]


def test_deliveries_are_timed_from_shipment_and_from_payment(shop):
    shipped(shop, "N1", ago(hours=10), delivered_at=ago(hours=1), paid_at=ago(hours=31))
    told = read_up(shop)
    assert 8 * HOUR < told.value(SECONDS, "shipped_to_delivered", "0.5") <= 12 * HOUR
    assert 24 * HOUR < told.value(SECONDS, "paid_to_delivered", "0.99") <= 36 * HOUR


@pytest.mark.server
def test_without_an_index_on_shipping_orders_are_timed_when_their_promise_is_over(mariadb):
    shop = on_maria(mariadb, "unindexed", indexes=())
    shop.sql(["DROP INDEX orders_paid ON orders", "DROP INDEX orders_status_created ON orders"])
    shop.sql([
        ("INSERT INTO orders (id, order_no, out_trade_no, status, amount, created_at, paid_at, shipped_at, updated_at)"
        " SELECT seq, CONCAT('B', seq), CONCAT('B', seq), 'shipped', 1, at, at, at + INTERVAL 10 HOUR, at"
        " FROM (SELECT seq, '2026-02-20 12:00:00' + INTERVAL seq * 100 SECOND AS at FROM seq_1_to_7000) AS made")
    ])  # fmt: skip
    shop.sql([
        ("INSERT INTO orders (id, order_no, out_trade_no, status, amount, created_at, paid_at, updated_at)"
        " SELECT 7000 + seq, CONCAT('W', seq), CONCAT('W', seq), 'paid', 1, at, at, at"
        " FROM (SELECT seq, '2026-02-28 14:26:40' + INTERVAL seq * 100 SECOND AS at FROM seq_1_to_100) AS made"),
        "UPDATE orders SET shipped_at = NULL, status = 'paid' WHERE id IN (5500, 5501)",
        "ANALYZE TABLE orders",
    ])  # fmt: skip
    shop.large = 5000
    told = read_up(shop)
    assert told.value(ORDERS, "paid_to_shipped") == pytest.approx(864, abs=40)
    assert 8 * HOUR < told.value(SECONDS, "paid_to_shipped", "0.9") <= 12 * HOUR
    assert told.refs(LATE) == ["B5500", "B5501"]
    assert set(told.gaps) == {"shipped_to_delivered"}
    idle = shop.probe(PROBE, NOW + timedelta(seconds=30))
    assert sum(asked.rows for asked in idle.trace) < 50
    shop.close()


def test_a_mapping_that_cannot_tell_what_is_shipped_says_so(lite):
    lite.mapping = lite.mapping.model_copy(
        update={"orders": lite.mapping.orders.model_copy(update={"columns": {"number": "order_no", "paid": "paid_at"}})}
    )
    told = lite.probe(PROBE)
    assert "fulfilment" in told.gaps
    assert told.samples == []


def test_without_a_start_in_the_mapping_nothing_is_said_about_it(tmp_path):
    shop = on_lite(tmp_path, orders={"columns": {"shipped": "shipped_at"}})
    shipped(shop, "N1", ago(hours=2))
    waiting(shop, "N2", ago(hours=50))
    told = read_up(shop)
    assert "start_missing" in told.gaps
    assert told.values(SHARE) == {}
    assert told.values(LATE) == {("default", "unknown"): 1}
    assert {labels[0] for labels in told.values(ORDERS)} == {"paid_to_shipped", "created_to_shipped"}
    shop.close()


def test_a_run_that_fails_half_way_counts_nothing_twice(lite, monkeypatch):
    shipped(lite, "N1", ago(hours=2))
    waiting(lite, "N3", ago(hours=50))
    read_up(lite)
    shipped(lite, "N2", ago(minutes=1))
    later = NOW + timedelta(minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(Shop, "lookup", lambda *_args, **_more: (_ for _ in ()).throw(TimeoutError))
        with pytest.raises(TimeoutError):
            lite.probe(PROBE, later)
    assert lite.probe(PROBE, later).value(ORDERS, "paid_to_shipped") == 2


def test_the_memory_survives_a_restart(lite):
    shipped(lite, "N1", ago(hours=2), fulfillment_start_at=None)
    waiting(lite, "N2", ago(hours=50))
    event(lite)
    probe = Fulfilment(events={"delayed": "warning"})
    read_up(lite, probe)
    event(lite, "N2")
    before = lite.probe(probe)
    lite.close()
    after = lite.probe(probe)
    assert after.samples == before.samples
    assert after.refs(EVENTS) == ["N2"]


# --- events of the shop's own log

WATCHED = Fulfilment(events={"delayed": "warning", "production_confirmed": "info"})


def test_an_event_is_told_once_by_the_look_that_noticed_it(shop):
    event(shop, "OLD", at=ago(days=9))
    assert shop.probe(WATCHED).values(EVENTS) == {}, "history is no news"
    event(shop, "N1", elapsed="65880", owner="team-7", at=ago(minutes=1))
    event(shop, "N2", "picked")
    event(shop, "N3", "production_confirmed")
    told = shop.probe(WATCHED, NOW + timedelta(seconds=30))
    assert told.values(EVENTS) == {
        ("delayed", "warning", "2026-03-01T04:00:30Z"): 1,
        ("production_confirmed", "info", "2026-03-01T04:00:30Z"): 1,
    }
    case = next(s for s in told.samples if s.metric is tell.EVENTS).evidence[0]
    assert (case.ref, case.note, case.since) == ("N1", "18:18:00 · team-7", ago(minutes=1))
    assert shop.probe(WATCHED, NOW + timedelta(seconds=60)).values(EVENTS) == told.values(EVENTS)
    assert shop.probe(WATCHED, NOW + timedelta(hours=1)).values(EVENTS) == {}


def test_hostile_and_broken_rows_of_the_log_harm_nobody(shop):
    shop.probe(WATCHED)
    event(shop, None, elapsed=None)
    event(shop, "<b>x</b>\n@all", elapsed="forever", owner="13812345678")
    event(shop, "N3", elapsed="1e999999", owner="o" + "a" * 27)
    event(shop, "N4", None)
    event(shop, "N5", elapsed="-60", owner="li@example.com")
    told = shop.probe(WATCHED, NOW + timedelta(seconds=30))
    notes = [case.note for s in told.samples if s.metric is tell.EVENTS for case in s.evidence]
    assert notes == ["", "forever · ?", "1e999999 · ?", "-0:01:00 · ?"]


def test_more_events_than_a_look_reads_are_told_by_the_next(lite):
    lite.probe(WATCHED)
    lite.sql([
        ("INSERT INTO event_log (id, order_no, event) "
        "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1699) "
        "SELECT i, 'N' || i, 'delayed' FROM n")
    ])  # fmt: skip
    lite.probe(WATCHED, NOW + timedelta(seconds=30))
    told = lite.probe(WATCHED, NOW + timedelta(seconds=60))
    assert list(told.values(EVENTS).values()) == [500, 200]
    assert all(len(s.evidence) <= 20 for s in told.samples if s.metric is tell.EVENTS)


def test_a_row_that_is_committed_after_a_later_one_is_still_told(lite):
    event(lite, id=10)
    lite.probe(WATCHED)
    event(lite, "N12", id=12)
    lite.probe(WATCHED, NOW + timedelta(seconds=30))
    event(lite, "N11", id=11)
    assert lite.probe(WATCHED, NOW + timedelta(seconds=60)).refs(EVENTS) == ["N12", "N11"]


def test_a_log_that_was_emptied_is_read_from_its_start(lite):
    for number in range(5):
        event(lite, id=100 + number)
    lite.probe(WATCHED)
    lite.sql(["DELETE FROM event_log"])
    event(lite, "N1", id=1)
    lite.probe(WATCHED, NOW + timedelta(seconds=30))
    assert lite.probe(WATCHED, NOW + timedelta(seconds=60)).refs(EVENTS) == ["N1"]


def test_without_a_log_or_a_growing_key_events_are_a_gap(tmp_path):
    shop = on_lite(tmp_path, events=None)
    assert "order_events" in shop.probe(WATCHED).gaps
    assert shop.probe(PROBE).gaps == {}, "nobody asked for events"
    shop.close()
