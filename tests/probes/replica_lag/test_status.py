"""What the status commands of each family say, read by name."""

import pytest

from exporter.probes.replica_lag.status import Thread, behind, channel

OLD = {
    "Slave_IO_Running": "Yes", "Slave_SQL_Running": "No", "Seconds_Behind_Master": None, "SQL_Delay": 0,
    "Last_IO_Errno": 0, "Last_SQL_Errno": 1062, "Last_SQL_Error": "Duplicate entry '13800000000'", "Master_Server_Id": 1,
}  # fmt: skip
NEW = {
    "Replica_IO_Running": "Connecting", "Replica_SQL_Running": "Yes", "Seconds_Behind_Source": 0, "SQL_Delay": 30,
    "Last_IO_Errno": 2003, "Last_SQL_Errno": 0, "Source_Server_Id": 7, "Channel_Name": "pay",
}  # fmt: skip


def test_old_and_new_names_are_one():
    told = channel({**OLD, "Channel_Name": ""})
    assert told.threads == (Thread("io", "Yes", 0), Thread("sql", "No", 1062))
    assert (told.name, told.lag, told.delay, told.source) == ("", None, 0, 1)
    told = channel(NEW)
    assert [thread.running for thread in told.threads] == [False, True]
    assert (told.name, told.lag, told.delay, told.source) == ("pay", 0, 30, 7)


def test_mariadb_names_its_connections_otherwise():
    assert channel({"Connection_name": "orders", **OLD}).name == "orders"


def test_connecting_and_preparing_are_not_running():
    assert not any(Thread("io", state, 0).running for state in ("Connecting", "Preparing", "No", ""))


def test_of_several_channels_the_worst_counts_and_what_is_not_known_is_worse():
    near, far, unknown = (channel({**NEW, "Seconds_Behind_Source": seconds}) for seconds in (2, 40, None))
    assert behind([near]) == 2
    assert behind([near, far]) == 40
    assert behind([near, far, unknown]) is None


@pytest.mark.parametrize("text", ["", None])
def test_a_lag_that_is_not_said_is_none(text):
    assert channel({**OLD, "Seconds_Behind_Master": text}).lag is None
