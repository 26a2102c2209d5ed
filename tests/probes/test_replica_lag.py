"""Replicas of a real MariaDB: what is read is held against a lag that is made, and measured beside all GTIDs."""

import threading
import time

import pytest

from exporter.shop import Denied, ShopError
from tests.probes.replica_lag.pair import PART, Watched
from tests.servers.mariadb import MariaDB
from tests.servers.relay import Relay

pytestmark = pytest.mark.server

WITHIN = 0.15
"""Seconds between what is read and what is true."""

PROMPT = 1.3
"""Seconds after which a silent primary is known to be silent."""


@pytest.fixture
def pair(replicated):
    yield replicated
    replicated.heal()


@pytest.fixture
def watch(pair):
    """Opens the shop with settings of the probe; looks once, so that the primary is being followed."""
    opened = []

    def open_(**settings):
        shop = Watched(pair.primary.url("shop"), pair.replica.url("shop"), settings)
        opened.append(shop)
        shop.look()
        return shop

    yield open_
    for shop in opened:
        shop.shop.close()


def off(shop, ticks):
    """By how much a reading misses the truth, which goes on while it is read; and the truth."""
    before, seen, after = ticks.true_lag(), shop.look(), ticks.true_lag()
    assert seen.method == "gtid"
    low, high = sorted((before, after))
    return max(low - seen.lag, seen.lag - high, 0), high


def agrees(shop, ticks):
    return any(off(shop, ticks)[0] <= WITHIN for _ in range(3))


# --- true lag


@pytest.mark.parametrize("delay", [0.0, 0.4, 0.8, 1.5])
def test_true_lag_is_read_within_150_ms(replicated, delay):
    replicated.wire.delay = delay
    with Watched(replicated.primary.url("shop"), replicated.replica.url("shop")) as shop, replicated.writing() as ticks:
        shop.look()
        time.sleep(delay + 0.6)
        errors = []
        for _ in range(8):
            error, truth = off(shop, ticks)
            errors.append(error)
            assert truth >= delay - 0.1, "the wire makes no such lag"
            time.sleep(0.11)
    # this machine may halt for a moment while one of them is read
    assert sorted(errors)[-2] <= WITHIN, errors
    replicated.wire.delay = 0.0
    replicated.wait()


def test_lag_from_before_the_first_look_is_no_zero_and_no_guess(pair):
    """The primary was not followed then: the lag is at least the time of following, and told when that says enough."""
    pair.replica.execute("STOP SLAVE SQL_THREAD")
    pair.primary.execute("UPDATE shop.long_one SET v = v + 1")
    with Watched(pair.primary.url("shop"), pair.replica.url("shop")) as shop:
        first = shop.look()
        assert first.lag is None
        assert "it lacks what is older than" in first.gaps["replica_lag_seconds"]
        later = shop.until(lambda seen: seen.lag is not None)
        assert later.lag >= 0.5


def test_no_traffic_is_no_lag(watch):
    shop = watch()
    time.sleep(0.5)
    assert (shop.look().lag, shop.look().method) == (0, "gtid")


# --- what goes wrong with replication


def test_a_stopped_sql_thread_shows_and_the_lag_grows(pair, watch):
    by_gtid, by_status = watch(), watch(method="status")
    pair.replica.execute("STOP SLAVE SQL_THREAD")
    with pair.writing() as ticks:
        time.sleep(1)
        seen = by_gtid.look()
        assert agrees(by_gtid, ticks)
    assert seen.threads == {"io": 1, "sql": 0}
    assert seen.lag > 0.7
    assert seen.notes("running") == ["sql=No"]
    blind = by_status.look()
    assert blind.lag is None
    assert "does not know while a thread stands still" in blind.gaps["replica_lag_seconds"]


def test_a_stopped_io_thread_shows_and_the_lag_grows(pair, watch):
    by_gtid, by_status = watch(), watch(method="status")
    pair.replica.execute("STOP SLAVE IO_THREAD")
    with pair.writing() as ticks:
        time.sleep(1)
        seen = by_gtid.look()
        assert agrees(by_gtid, ticks)
    assert seen.threads == {"io": 0, "sql": 1}
    assert seen.lag > 0.7
    assert by_status.look().lag is None


def test_since_when_a_thread_stands_still_is_kept_over_a_restart(pair, watch):
    shop = watch()
    pair.replica.execute("STOP SLAVE SQL_THREAD")
    first = [case.since for s in shop.look()._of("running") for case in s.evidence]
    with Watched(shop.primary, shop.replica, memory=shop.memory) as again:
        assert [case.since for s in again.look()._of("running") for case in s.evidence] == first


@pytest.mark.parametrize("method", ["auto", "status"])
def test_a_frozen_primary_is_no_zero(pair, watch, method):
    """Both threads say Yes and the status command says 0, for as long as slave_net_timeout."""
    shop = watch(method=method)
    with pair.primary.frozen():
        time.sleep(PROMPT)
        seen = shop.look()
        assert seen.threads == {"io": 1, "sql": 1}
        assert pair.replica.execute("SHOW ALL SLAVES STATUS"), "it answers all the while"
    assert seen.lag is None
    assert "the primary does not answer" in seen.gaps["replica_lag_seconds"]
    assert shop.until(lambda seen: seen.lag is not None).lag < 1


def test_what_the_replica_lacked_when_the_primary_froze_goes_on_ageing(pair, watch):
    shop = watch()
    pair.wire.delay = 30
    pair.primary.execute("UPDATE shop.long_one SET v = v + 1")
    committed = time.monotonic()
    time.sleep(0.3)
    with pair.primary.frozen():
        time.sleep(PROMPT)
        assert shop.look().lag == pytest.approx(time.monotonic() - committed, abs=0.2)
    pair.wire.cut()


def test_a_primary_that_is_gone_is_no_zero_and_its_account_is_not_told(pair, watch):
    shop = watch()
    pair.primary.stop()
    try:
        seen = shop.until(lambda seen: seen.threads["io"] == 0 and seen.lag is None)
        assert any("error=" in note for note in seen.notes("running"))
        assert "repl@" not in "".join(seen.notes("running")) + "".join(seen.gaps.values())
        assert "127.0.0.1" not in "".join(seen.notes("running")) + "".join(seen.gaps.values())
    finally:
        pair.primary.start()
    assert shop.until(lambda seen: seen.lag == 0 and seen.threads == {"io": 1, "sql": 1}).method == "gtid"


def test_a_channel_with_a_name_is_no_missing_replica(pair, watch):
    pair.replica.execute("STOP SLAVE", "RESET SLAVE ALL")
    pair.replicate("orders")
    shop = watch()
    seen = shop.until(lambda seen: seen.value("running", "orders", "io") == 1)
    assert seen.value("running", "orders", "sql") == seen.value("is_replica") == 1
    assert seen.lag == 0


def test_a_delayed_replica_tells_its_delay_beside_its_lag(pair, watch):
    pair.replica.execute("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=2", "START SLAVE")
    shop = watch()
    with pair.writing() as ticks:
        time.sleep(2.8)
        late = time.monotonic() + 5  # the applier of a busy machine begins late
        while not (seen := shop.look()).lag > 1.8 and time.monotonic() < late:
            time.sleep(0.2)
        assert agrees(shop, ticks)
    assert seen.value("delay_seconds") == 2
    assert seen.lag > 1.8


def test_a_long_transaction_is_no_lag_until_it_is_committed_and_then_it_is(pair, watch):
    """What nobody can see on the primary either is not missing; the status command jumps by the whole of it."""
    shop = watch()

    def long_one():
        pair.primary.execute("SET SESSION binlog_format = STATEMENT", "UPDATE shop.long_one SET v = SLEEP(2)")

    thread = threading.Thread(target=long_one)
    thread.start()
    time.sleep(1.2)
    assert shop.look().lag == 0
    thread.join()
    committed = time.monotonic()
    time.sleep(1)
    seen = shop.look()
    assert seen.lag == pytest.approx(time.monotonic() - committed, abs=0.2)
    assert shop.until(lambda seen: seen.lag == 0)


# --- bad input


def test_a_replica_that_is_none_has_no_lag(pair, mariadb):
    with Watched(pair.primary.url("shop"), mariadb.url()) as shop:
        seen = shop.look()
    assert seen.value("is_replica") == 0
    assert seen.lag is None
    assert "replicates from nobody" in seen.gaps["replica_lag_seconds"]
    assert seen.gaps.keys() == {"replica_lag_seconds", "replica_running"}


def test_a_replica_of_another_primary_is_not_taken_for_one_of_ours(pair):
    """Its numbers are higher than ours, and it is 0 seconds behind a server that is none of ours."""
    other = MariaDB("--log-bin=binlog", "--server-id=5").start()
    try:
        other.execute("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)")
        with Watched(other.url("shop"), pair.replica.url("shop")) as shop:
            seen = shop.until(lambda seen: "replica_lag_seconds" in seen.gaps)
        assert seen.lag is None
        assert "it replicates from another server than the primary (server_id 5)" in seen.gaps["replica_lag_seconds"]
    finally:
        other.remove()


def test_a_proxy_that_sends_reads_to_the_primary_is_noticed(pair):
    proxy = Relay(pair.replica.port)
    with Watched(
        pair.primary.url("shop"), pair.replica.url("shop").replace(str(pair.replica.port), str(proxy.port))
    ) as shop:
        seen = shop.until(lambda seen: seen.lag == 0)
        assert (seen.value("is_replica"), seen.value("nodes")) == (1, 1)
        proxy.target = pair.primary.port
        proxy.cut()
        seen = shop.look()
        assert (seen.value("is_replica"), seen.value("nodes"), seen.lag) == (0, 2, None)
        assert "answered by the primary itself" in seen.gaps["replica_lag_seconds"]
    proxy.close()


def test_a_replica_that_restarts_fails_the_probe_and_is_read_again(pair, watch):
    shop = watch()
    pair.replica.stop()
    with pytest.raises(ShopError):
        shop.look()
    pair.replica.start()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if shop.look().lag == 0:
                return
        except ShopError:
            time.sleep(0.2)
    pytest.fail("it never came back")


def test_grants_taken_away_hide_the_threads_and_not_the_lag(pair):
    pair.replica.account("oh", "REPLICA MONITOR ON *.*", "SELECT ON shop.tick")
    url = pair.replica.url("shop", "oh", "secret")
    with (
        Watched(pair.primary.url("shop"), url) as shop,
        Watched(pair.primary.url("shop"), url, {"method": "status"}) as whole,
    ):
        assert shop.look().threads == {"io": 1, "sql": 1}
        pair.replica.execute("REVOKE REPLICA MONITOR ON *.* FROM oh@'%'")
        for (number,) in pair.replica.execute("SELECT id FROM information_schema.processlist WHERE user = 'oh'"):
            pair.replica.execute(f"KILL {number}")
        seen = shop.look()
        assert seen.threads == {}
        assert "may not read the state of replication" in seen.gaps["replica_running"]
        assert "GRANT" in seen.gaps["replica_running"]
        assert (seen.lag, seen.method) == (0, "gtid")
        with pytest.raises(Denied, match="may not read the state of replication"):
            whole.look()


def test_a_primary_without_gtids_leaves_the_whole_seconds_of_the_status(pair, mariadb):
    """An empty position would be reached at once."""
    with Watched(mariadb.url(), pair.replica.url("shop"), {"catch_up": 1}) as shop:
        seen = shop.until(lambda seen: seen.lag is not None)
        assert (seen.lag, seen.method) == (0, "status")
        assert "position is empty" in seen.gaps["catch_up"]


# --- catching up


def test_an_export_can_wait_until_the_replica_shows_what_is_committed(pair, watch):
    shop = watch(catch_up=1, timeout=3)
    pair.replica.execute("STOP SLAVE SQL_THREAD")
    pair.primary.execute("UPDATE shop.long_one SET v = v + 1")
    assert "did not catch up within 1 s" in shop.look().gaps["catch_up"]
    timer = threading.Timer(0.3, lambda: pair.replica.execute("START SLAVE SQL_THREAD"))
    timer.start()
    assert 0.25 <= shop.look().value("lag_seconds", "catch_up") <= 1
    timer.join()
    assert shop.shop.bounded("export", 5).caught_up(PART, 1) < 0.1
