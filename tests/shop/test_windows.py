"""Windows over time, on all three families, along an index and between keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.shop.conftest import DDL, mapped

START = datetime(2026, 1, 24, 20, 0, 0, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))

REPRESENTATIONS = {
    "local datetime": ("DATETIME", {"kind": "datetime", "zone": "+08:00"}),
    "UTC datetime": ("DATETIME", {"kind": "datetime", "zone": "UTC"}),
    "epoch seconds": ("BIGINT", {"kind": "epoch_s"}),
    "epoch milliseconds": ("BIGINT", {"kind": "epoch_ms"}),
}


def stored(at: datetime, time: dict[str, str]) -> Any:
    if time["kind"] == "datetime":
        return str(at.astimezone(BEIJING if time["zone"] == "+08:00" else UTC).replace(tzinfo=None))
    return int(at.timestamp() * (1000 if time["kind"] == "epoch_ms" else 1))


def make(
    plain: Any, count: int, *, step: float = 10, time: str = "local datetime", index: bool = True
) -> dict[str, str]:
    ddl, clock = REPRESENTATIONS[time]
    ddl = ddl.replace("DATETIME", "TIMESTAMP") if plain.family == "postgres" else ddl
    plain.run(DDL.format(time=ddl, more=""))
    if index:
        plain.run("CREATE INDEX by_time ON orders (created_at)")
    plain.fill(
        "orders",
        [
            (
                i * 3 + 7,
                f"N{i:07}",
                "pending" if i % 2 else "paid",
                "12.30",
                stored(START + timedelta(seconds=i * step), clock),
            )
            for i in range(count)
        ],
    )
    if plain.family == "mariadb":
        plain.run("ANALYZE TABLE orders")
    return clock


def numbers(scan: Any) -> list[str]:
    return [record["number"] for record in scan.records]


@pytest.mark.parametrize("time", REPRESENTATIONS)
@pytest.mark.parametrize("index", [True, False], ids=["index", "keys"])
def test_a_window_holds_its_first_instant_and_not_its_last(plain, opened, time, index):
    clock = make(plain, 6000, time=time, index=index)
    shop = opened(plain.address, mapped(time=clock)).bounded("test", 10)

    scan = shop.window("orders", "created", START + timedelta(seconds=2000), START + timedelta(seconds=2100))

    assert numbers(scan) == [f"N{i:07}" for i in range(200, 210)]
    assert scan.records[0]["created"] == START + timedelta(seconds=2000)
    assert not scan.truncated
    assert (scan.scanned, scan.total) == (1, 1)


@pytest.mark.parametrize("index", [True, False], ids=["index", "keys"])
def test_more_rows_than_a_page_are_read_page_by_page(plain, opened, index):
    clock = make(plain, 6000, step=0.5, time="epoch seconds", index=index)  # two rows share each second
    shop = opened(plain.address, mapped(time=clock)).bounded("test", 10)

    scan = shop.window("orders", "created", START, START + timedelta(seconds=600), cap=2000)

    assert numbers(scan) == [f"N{i:07}" for i in range(1200)]


def test_rows_beyond_the_cap_are_left_out_visibly(plain, opened):
    clock = make(plain, 700)
    shop = opened(plain.address, mapped(time=clock)).bounded("test", 10)

    scan = shop.window("orders", "created", START, START + timedelta(days=1), cap=600)

    assert len(scan.records) == 600
    assert scan.truncated
    assert not shop.window("orders", "created", START, START + timedelta(days=1), cap=700).truncated


def test_only_matching_raw_values_come_back(plain, opened):
    clock = make(plain, 100)
    shop = opened(plain.address, mapped(time=clock)).bounded("test", 10)
    pending = shop.require("orders").statuses("pending")

    scan = shop.window("orders", "created", START, START + timedelta(seconds=100), match={"status": pending})

    assert numbers(scan) == [f"N{i:07}" for i in range(1, 10, 2)]


def test_without_an_index_only_single_rows_and_the_window_itself_are_read(mariadb, opened):
    from tests.shop.conftest import Plain

    name = mariadb.database("bisect")
    place = Plain(
        "mariadb",
        mariadb.url(name),
        lambda *s: mariadb.execute(*s, database=name),
        lambda t, r: mariadb.fill(name, f"INSERT INTO {t} VALUES (%s, %s, %s, %s, %s)", r),
    )
    clock = make(place, 20000, index=False)
    shop = opened(place.address, mapped(time=clock))
    since, until = START + timedelta(seconds=100_000), START + timedelta(seconds=101_000)
    shop.bounded("test", 10).window("orders", "created", since, until)

    again = shop.bounded("test", 10)
    scan = again.window("orders", "created", since + timedelta(seconds=30), until + timedelta(seconds=30))

    assert len(scan.records) == 100
    assert len(again.trace) == 2, "the borders of the last run serve this one: the newest row, then the page"
    assert [step.access for asked in again.trace for step in asked.plan] == ["range"]


def test_a_table_refilled_from_the_first_key_is_not_overlooked(plain, opened):
    clock = make(plain, 6000, index=False)
    shop = opened(plain.address, mapped(time=clock))
    window = START + timedelta(seconds=50_000), START + timedelta(seconds=50_100)
    assert len(shop.bounded("test", 10).window("orders", "created", *window).records) == 10

    plain.run("DELETE FROM orders")
    at = stored(START + timedelta(seconds=50_050), clock)
    plain.fill("orders", [(1, "N1", "paid", "1.00", at), (2, "N2", "paid", "1.00", at)])

    assert numbers(shop.bounded("test", 10).window("orders", "created", *window)) == ["N1", "N2"]


def test_keys_that_do_not_follow_the_time_are_noticed(plain, opened):
    plain.run(DDL.format(time="BIGINT", more=""))
    plain.fill("orders", [(i, f"N{i}", "paid", "1.00", 1_700_000_000 + (i * 7919) % 6000 * 60) for i in range(6000)])
    if plain.family == "mariadb":
        plain.run("ANALYZE TABLE orders")
    shop = opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10)
    since = datetime.fromtimestamp(1_700_000_000, UTC) + timedelta(hours=10)

    scan = shop.window("orders", "created", since, since + timedelta(minutes=30))

    assert len(scan.records) == 30, "a table of this size may still be read as a whole"


def test_shards_that_are_not_there_are_counted_and_named(plain, opened):
    for shard in ("orders_00", "orders_01", "orders_03"):
        plain.run(DDL.format(time="BIGINT", more="").replace("TABLE orders", f"TABLE {shard}"))
        plain.fill(shard, [(i, f"{shard}-{i}", "paid", "1.00", 1_700_000_000 + i) for i in range(5)])
    shop = opened(plain.address, mapped(table="orders_{00..03}", time={"kind": "epoch_s"}))
    since = datetime.fromtimestamp(1_700_000_000, UTC)

    scan = shop.bounded("test", 10).window("orders", "created", since, since + timedelta(seconds=2))

    assert len(scan.records) == 6
    assert (scan.scanned, scan.total, scan.silent) == (3, 4, {"orders_02"})


def test_the_filter_of_the_mapping_holds_everywhere(plain, opened):
    clock = make(plain, 10)
    mapping = mapped(time=clock, where={"status": "paid"})
    shop = opened(plain.address, mapping).bounded("test", 10)

    assert len(shop.window("orders", "created", START, START + timedelta(days=1)).records) == 5
    assert len(shop.lookup("orders", "number", ["N0000001", "N0000002"])) == 1
