"""The heartbeat method: as pt-heartbeat writes it, in a table of one's own, on any database."""

import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from exporter.probes.replica_lag import ReplicaLag
from tests.probes.replica_lag.pair import Watched

OWN = {"table": "heartbeat", "zone": "UTC", "server": ""}
EAST = timezone(timedelta(hours=8))


def said(ago=0.0, zone=UTC, form="%Y-%m-%dT%H:%M:%S.%f"):
    return (datetime.now(zone) - timedelta(seconds=ago)).strftime(form)


# --- SQLite


@pytest.fixture
def files(tmp_path):
    """Writes a heartbeat that is so many seconds old into the primary's file and the replica's."""

    def write(primary, replica):
        for file, value in (("primary.db", primary), ("replica.db", replica)):
            with closing(sqlite3.connect(tmp_path / file)) as database, database:
                database.execute("DROP TABLE IF EXISTS heartbeat")
                database.execute("CREATE TABLE heartbeat (id INTEGER PRIMARY KEY, ts)")
                if value is not None:
                    database.execute("INSERT INTO heartbeat VALUES (1, ?)", (value,))

    return write


def look(tmp_path, **heartbeat):
    settings = {"heartbeat": {**OWN, **heartbeat}} if heartbeat.pop("on", True) else {}
    with Watched(f"sqlite:///{tmp_path / 'primary.db'}", f"sqlite:///{tmp_path / 'replica.db'}", settings) as shop:
        return shop.look()


@pytest.mark.parametrize(
    "ago",
    [
        said,
        lambda seconds: said(seconds, form="%Y-%m-%d %H:%M:%S.%f"),
        lambda seconds: time.time() - seconds,
        lambda seconds: said(seconds, EAST, "%Y-%m-%dT%H:%M:%S.%f+08:00"),
    ],
    ids=["iso", "plain", "unix", "with its zone"],
)
def test_the_replica_s_heartbeat_is_as_old_as_its_data(tmp_path, files, ago):
    began = time.monotonic()
    files(ago(0), ago(0.8))
    seen = look(tmp_path)
    assert 0.79 <= seen.lag <= 0.81 + time.monotonic() - began
    assert seen.method == "heartbeat"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "+08:00"])
def test_a_heartbeat_in_local_time_is_read_in_its_zone(tmp_path, files, zone):
    began = time.monotonic()
    files(said(0, EAST), said(0.8, EAST))
    assert 0.79 <= look(tmp_path, zone=zone).lag <= 0.81 + time.monotonic() - began


@pytest.mark.parametrize(
    ("primary", "replica", "why"),
    [
        (lambda: said(60), lambda: said(60), "nobody writes the heartbeat on the primary: the latest is 1m old"),
        (lambda: said(0, EAST), lambda: said(0, EAST), "ahead of the primary's clock; is `zone` right?"),
        (lambda: None, lambda: None, "the heartbeat table has no row"),
        (said, lambda: None, "the heartbeat table has no row"),
        (lambda: "soon", lambda: "soon", "the heartbeat is no time"),
    ],
    ids=["stopped", "wrong zone", "empty", "empty on the replica", "no time"],
)
def test_a_heartbeat_that_tells_nothing_is_no_zero(tmp_path, files, primary, replica, why):
    files(primary(), replica())
    seen = look(tmp_path)
    assert seen.lag is None
    assert why in seen.gaps["replica_lag_seconds"]


def test_without_a_heartbeat_table_such_a_database_is_not_applicable(tmp_path, files):
    files(said(), said())
    assert "write heartbeat: {table:" in look(tmp_path, on=False).gaps["replica_lag_seconds"]


@pytest.mark.parametrize(
    ("heartbeat", "told"),
    [
        ({"table": "heartbeat"}, "zone"),
        ({**OWN, "zone": "Beijing"}, "write UTC, Asia/Shanghai or"),
        ({**OWN, "table": "heartbeat; DROP TABLE orders"}, "table"),
    ],
)
def test_what_cannot_be_a_heartbeat_is_refused_when_it_is_configured(heartbeat, told):
    with pytest.raises(ValidationError, match=told):
        ReplicaLag.model_validate({"heartbeat": heartbeat})


# --- PostgreSQL


@pytest.mark.server
def test_postgresql_is_read_by_its_heartbeat(postgres):
    for name in ("beat_primary", "beat_replica"):
        postgres.database(name, "CREATE TABLE heartbeat (id int PRIMARY KEY, ts timestamptz)")
    began = time.monotonic()
    postgres.execute("INSERT INTO heartbeat VALUES (1, clock_timestamp())", database="beat_primary")
    postgres.execute("INSERT INTO heartbeat VALUES (1, clock_timestamp() - interval '0.8 s')", database="beat_replica")
    urls = [
        postgres.url(name).replace("postgresql:", "postgresql+psycopg:") for name in ("beat_primary", "beat_replica")
    ]
    with Watched(*urls, {"heartbeat": OWN}) as shop:
        seen = shop.look()
    assert 0.79 <= seen.lag <= 0.81 + time.monotonic() - began


# --- MariaDB, with true lag


@pytest.mark.server
def test_pt_heartbeat_s_table_is_never_below_the_true_lag_and_above_it_by_no_more_than_its_interval(replicated):
    """Rows of former primaries stay in that table: the present one's counts."""
    every, stop = 0.2, threading.Event()
    replicated.primary.execute(f"REPLACE INTO shop.heartbeat VALUES ('{said(86_400, EAST)}', 77)")

    def write():
        with replicated.primary.connect("shop") as link, link.cursor() as cursor:
            while not stop.wait(every):
                cursor.execute(f"REPLACE INTO heartbeat VALUES ('{said(0, EAST)}', 1)")

    writer = threading.Thread(target=write)
    writer.start()
    replicated.wire.delay = 0.8
    beat = {"table": "shop.heartbeat", "zone": "Asia/Shanghai"}
    urls = replicated.primary.url("shop"), replicated.replica.url("shop")
    try:
        with Watched(*urls, {"heartbeat": beat, "method": "heartbeat"}) as shop, replicated.writing() as ticks:
            time.sleep(1.6)
            for _ in range(5):
                truth = ticks.true_lag()
                assert truth - 0.05 <= shop.look().lag <= truth + every + 0.15
                time.sleep(0.07)
    finally:
        stop.set()
        writer.join()
        replicated.heal()
