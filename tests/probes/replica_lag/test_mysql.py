"""Over the wire as MySQL 5.7, 8.0 and 8.4 document it: a stand-in, not a real server."""

import time

import pytest

from exporter.shop import Denied
from tests.probes.replica_lag.pair import PART, Watched
from tests.servers.standin import PASSWORD, Error, standin

OURS, OTHER = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"


@pytest.fixture(params=["5.7", "8.0", "8.4"])
def pair(request):
    """Primary and replica of one release, the replica at the 1000th transaction."""
    with standin(request.param) as primary, standin(request.param, replica=HEALTHY) as replica:
        primary.variables |= {"server_id": 1, "server_uuid": OURS, "gtid_executed": f"{OURS}:1-1000"}
        more = {"server_id": 2, "server_uuid": OTHER, "hostname": "replica", "read_only": 1}
        replica.variables |= {**more, "gtid_executed": f"{OURS}:1-1000"}
        yield primary, replica


HEALTHY = {"Source_Server_Id": 1, "Seconds_Behind_Source": 0, "Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes"}


def watched(pair, **settings):
    primary, replica = pair
    return Watched(primary.url(password=PASSWORD), replica.url(password=PASSWORD), settings)


def test_gtid_sets_tell_the_lag_below_a_second(pair):
    primary, _ = pair
    with watched(pair) as shop:
        seen = shop.look()
        assert (seen.lag, seen.method, seen.threads) == (0, "gtid", {"io": 1, "sql": 1})
        primary.variables["gtid_executed"] = f"{OURS}:1-1007"
        began = time.monotonic()
        time.sleep(0.8)
        lag = shop.look().lag
        assert 0.65 <= lag <= time.monotonic() - began + 0.15
        assert (seen.value("read_only"), seen.value("is_replica"), seen.value("delay_seconds")) == (1, 1, 0)


def test_the_statement_is_found_once_and_then_asked_first(pair):
    _, replica = pair
    with watched(pair) as shop:
        shop.look()
        replica.asked.clear()
        shop.look()
    shown = [sql for sql in replica.asked if sql.startswith("SHOW")]
    assert shown == ["SHOW SLAVE STATUS" if replica.release == "5.7" else "SHOW REPLICA STATUS"]


def test_an_upgrade_in_the_middle_is_found_out(pair):
    _, replica = pair
    with watched(pair) as shop:
        shop.look()
        replica.release = {"5.7": "8.4", "8.0": "5.7", "8.4": "5.7"}[replica.release]
        assert shop.look().threads == {"io": 1, "sql": 1}


@pytest.mark.parametrize("mode", ["OFF", "OFF_PERMISSIVE"])
def test_without_gtids_the_whole_seconds_of_the_status_are_left(pair, mode):
    _, replica = pair
    for server in pair:
        server.variables |= {"gtid_mode": mode, "gtid_executed": ""}
    replica.replica = [{**HEALTHY, "Seconds_Behind_Source": 7}]
    with watched(pair) as shop:
        assert (shop.look().lag, shop.look().method) == (7, "status")


def test_an_empty_set_is_no_lag_of_nought(pair):
    primary, _ = pair
    primary.variables["gtid_executed"] = ""
    with watched(pair, method="gtid") as shop:
        seen = shop.look()
    assert seen.lag is None
    assert "its set of executed GTIDs is empty" in seen.gaps["replica_lag_seconds"]


def test_a_lag_that_is_null_is_absent(pair):
    _, replica = pair
    replica.replica = [{**HEALTHY, "Seconds_Behind_Source": None, "Replica_SQL_Running": "No", "Last_SQL_Errno": 1032}]
    with watched(pair, method="status") as shop:
        seen = shop.look()
    assert seen.lag is None
    assert seen.threads == {"io": 1, "sql": 0}
    assert seen.notes("running") == ["sql=No error=1032"]


def test_no_rows_are_no_replica(pair):
    _, replica = pair
    replica.replica = []
    with watched(pair) as shop:
        seen = shop.look()
    assert (seen.value("is_replica"), seen.lag) == (0, None)


def test_several_channels_stand_apart(pair):
    _, replica = pair
    broken = {"Channel_Name": "pay", "Replica_IO_Running": "Connecting"}
    replica.replica = [{**HEALTHY, "Channel_Name": "orders"}, {**HEALTHY, **broken}]
    with watched(pair) as shop:
        seen = shop.look()
    assert (seen.value("running", "orders", "io"), seen.value("running", "pay", "io")) == (1, 0)


def test_the_right_that_is_missing_is_said(pair):
    _, replica = pair
    replica.replies[r"^SHOW (REPLICA|SLAVE) STATUS"] = Error(1227, "Access denied; you need REPLICATION CLIENT")
    with watched(pair, method="status") as shop, pytest.raises(Denied, match="may not read the state of replication"):
        shop.look()
    with watched(pair) as shop:
        seen = shop.look()
    assert (seen.lag, seen.method, seen.threads) == (0, "gtid", {})


def test_waiting_for_a_replica_waits_for_the_whole_set_and_never_for_ever(pair):
    primary, replica = pair
    primary.variables["gtid_executed"] = f"{OURS}:1-1007,{OTHER}:1-3"
    replica.replies[r"WAIT_FOR_EXECUTED_GTID_SET"] = [{"w": 0}]
    with watched(pair) as shop:
        assert shop.shop.bounded("export", 5).caught_up(PART, 0.0) < 1
        [asked] = [sql for sql in replica.asked if "WAIT_FOR" in sql]
        assert f"{OURS}:1-1007,{OTHER}:1-3" in asked
        assert "0.01" in asked, "0 would wait for ever"
        replica.replies[r"WAIT_FOR_EXECUTED_GTID_SET"] = [{"w": 1}]
        assert shop.shop.bounded("export", 5).caught_up(PART, 0.5) is None
