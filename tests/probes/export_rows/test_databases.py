"""The primary is what counts: proven by the server that answers, on real servers, and never by much work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from exporter.mapping import load
from exporter.shop import Shop, ShopError
from tests.probes.export_rows.exports import NAME, PATH, Day, at, figures, findings, row, written
from tests.probes.plain import Plain, on_mariadb, schema
from tests.servers.origin import Answer

pytestmark = pytest.mark.server

PRESET = Path(__file__).parents[3] / "exporter" / "presets" / "plain.yaml"


def mapping(**orders):
    given = yaml.safe_load(PRESET.read_text(encoding="utf-8"))
    given["orders"] |= orders
    return load({word: given[word] for word in ("zone", "orders")})


@pytest.fixture
def shop(mariadb):
    plain = on_mariadb(mariadb, "plain")
    yield plain
    plain.close()


@pytest.fixture
def day(shop, origin):
    return Day(shop, origin)


@pytest.fixture
def pair(replicated):
    replicated.primary.execute("CREATE OR REPLACE DATABASE oms", "USE oms", *schema())
    replicated.wait()
    yield replicated
    replicated.primary.execute("SET GLOBAL read_only = 0")
    replicated.heal()


def mirrored(pair, origin, url=None):
    """The shop on the primary with its replica, as `day`."""

    def sql(statements):
        pair.primary.execute("SET time_zone = '+08:00'", *statements, database="oms")

    plain = Plain(url or pair.primary.url("oms"), sql)
    replicas = {"reporting": pair.replica.url("oms")}
    plain._shop = Shop.open("main", plain.url, None, plain.mapping, replicas=replicas, memory=plain)
    return Day(plain, origin)


def exported_from(server):
    """As an admin that reads this server."""

    def answer(_asked):
        found = server.execute("SELECT order_no, amount, created_at FROM oms.orders ORDER BY id")
        return Answer(written((number, str(amount), str(created)) for number, amount, created in found))

    return answer


def test_an_export_that_reads_a_lagging_replica_names_it(pair, origin):
    day = mirrored(pair, origin).orders(20, since=at(24), hours=10)
    pair.wait()
    origin.answers[PATH] = exported_from(pair.replica)
    told = day.look(covers="today")
    assert (figures(told), findings(told)) == ((0, 0), {})
    pair.replica.execute("STOP SLAVE SQL_THREAD")
    day.orders(3, since=at(34), hours=1)
    told = day.look(covers="today")
    assert figures(told) == (3, 0)
    assert findings(told) == {"replica": 3}
    assert told.refs("export_findings", NAME, "replica") == ["reporting"]
    assert set(told.refs("export_missing_rows")) == {"OH00020", "OH00021", "OH00022"}
    origin.answers[PATH] = exported_from(pair.primary)
    assert findings(day.look(covers="today")) == {}
    day.plain.close()


def test_a_replica_that_is_down_explains_nothing_and_fails_nothing(pair, origin):
    day = mirrored(pair, origin).orders(4)
    day.export(day.rows[1:])
    with pair.replica.frozen():
        told = day.look(timeout="12s")
    assert (figures(told), findings(told)) == ((1, 0), {})
    day.plain.close()


def test_a_replica_is_no_truth(pair, origin):
    day = mirrored(pair, origin, pair.replica.url("oms"))
    with pytest.raises(ShopError, match="takes no writes"):
        day.look()
    assert origin.asked == []
    day.plain.close()


def test_a_primary_after_a_switch_is_no_truth_either(pair, origin):
    day = mirrored(pair, origin)
    day.export([])
    assert figures(day.look()) == (0, 0)
    pair.primary.execute("SET GLOBAL read_only = 1")
    with pytest.raises(ShopError, match="takes no writes"):
        day.look()
    day.plain.close()


def test_the_server_that_counts_tells_so_in_the_same_answer(day):
    day.orders(3).export(day.rows)
    counts = [asked.sql for asked in day.look().trace if "count" in asked.sql.lower()]
    assert len(counts) == 24
    assert all("CONCAT(@@global.read_only), CONCAT(@@global.innodb_read_only)" in sql for sql in counts)


def test_a_day_of_a_large_table_without_an_index_on_time_is_counted_between_its_keys(day):
    """400,000 orders over 40 days; the day's 10,000 are cut at 10,000 once there are some more."""
    day.plain.sql([
        "DROP INDEX orders_status_created ON orders",
        ("INSERT INTO orders (id, order_no, out_trade_no, status, amount, created_at, updated_at)"
        " SELECT seq, CONCAT('OH', seq), CONCAT('T', seq), 'paid', 1 + seq % 100 / 100,"
        " TIMESTAMP('2026-01-20') + INTERVAL seq * 8640000 MICROSECOND, '2026-03-01' FROM seq_1_to_400000"),
        "ANALYZE TABLE orders",
    ])  # fmt: skip
    start = (at(0) - at(-39 * 24)) // timedelta(microseconds=8_640_000)
    rows = [
        row(f"OH{seq}", f"{1 + seq % 100 / 100:.2f}", at(-39 * 24) + timedelta(microseconds=8_640_000) * seq)
        for seq in range(start, start + 10_000)
    ]
    day.export(rows)
    told = day.look()
    assert told.value("export_expected_orders", NAME) == 10_000
    assert (figures(told), findings(told)) == ((0, 0), {})
    assert max(asked.seconds for asked in told.trace) < 1
    assert {step.access for asked in told.trace for step in asked.plan} <= {"range", "const", "ref", "eq_ref"}
    day.export([*rows[:5000], *rows[5001:]])
    told = day.look()
    assert told.refs("export_missing_rows") == [rows[5000][0]]
    assert told.value("export_amount_difference", NAME) == -float(rows[5000][1])


def test_orders_that_are_missing_are_found_in_a_busy_hour(day):
    """30,000 in one hour: halved by counts until little is left to read."""
    day.plain.sql([
        ("INSERT INTO orders (id, order_no, out_trade_no, status, amount, created_at, updated_at)"
        " SELECT seq, CONCAT('OH', seq), CONCAT('T', seq), 'paid', 1,"
        " TIMESTAMP('2026-02-28 10:00:00') + INTERVAL seq * 100 * 1000 MICROSECOND, '2026-03-01' FROM seq_1_to_30000"),
        "CREATE INDEX orders_created ON orders (created_at)", "ANALYZE TABLE orders",
    ])  # fmt: skip
    rows = [row(f"OH{seq}", 1, at(10) + timedelta(microseconds=100_000 * seq)) for seq in range(1, 30_001)]
    day.export([*rows[:12_345], *rows[12_347:]])
    told = day.look()
    assert told.refs("export_missing_rows") == ["OH12346", "OH12347"]
    assert max(asked.rows for asked in told.trace) <= 500
    day.export(written([each[:2] for each in rows[:-1]], ("订单编号", "实付金额")))
    assert day.look().refs("export_missing_rows") == ["OH30000"]


def test_without_an_index_on_the_number_eight_hours_are_told_by_counts(day):
    """And amounts that differ have no cause."""
    day.plain.large = 100
    day.plain.sql(["DROP INDEX order_no ON orders", "CREATE INDEX orders_created ON orders (created_at)"])
    day.orders(120, since=at(-12), hours=12)
    day.orders(480)
    day.plain.sql(["ANALYZE TABLE orders"])
    day.export([each for each in day.rows if f"{at(-8):%F %T}" <= each[2] < f"{at(16):%F %T}"])
    assert day.look().refs("export_findings", NAME, "time_zone") == ["-8 h"]
    number, _, time = day.rows[300]
    day.export([each for each in day.rows[120:] if each[0] != number] + [(number, "1.00", time)])
    told = day.look()
    assert findings(told) == {}
    assert told.value("export_amount_difference", NAME) < 0


def test_amounts_in_a_binary_float_are_a_finding_of_their_own(day):
    day.orders(3).export(day.rows)
    assert findings(day.look()) == {}
    day.plain.sql(["ALTER TABLE orders MODIFY amount DOUBLE NOT NULL"])
    day.plain.shop().forget()
    told = day.look()
    assert findings(told) == {"float_column": 1}
    assert told.refs("export_findings", NAME, "float_column") == ["orders.amount"]
    assert told.value("export_amount_difference", NAME) == 0


def test_shards_are_counted_one_by_one_and_none_is_left_out(shop, origin, mariadb):
    shop.sql([f"CREATE TABLE orders_{shard} LIKE orders" for shard in range(2)])
    shop.mapping = mapping(table="orders_{0..2}")  # the third is not there yet
    day = Day(shop, origin).orders(10)
    for shard in range(2):
        shop.sql([f"INSERT INTO orders_{shard} SELECT * FROM orders WHERE id % 2 = {shard}"])
    day.export(day.rows)
    told = day.look()
    assert (figures(told), findings(told)) == ((0, 0), {})
    assert told.value("export_expected_orders", NAME) == 10
    assert told.value("export_amount_difference", NAME) == 0
    day.export(day.rows[:-1])
    assert figures(day.look()) == (1, 0)
    shop.close()
    mariadb.account("narrow", "SELECT ON plain.orders_0")
    shop.url = mariadb.url("plain", "narrow", "secret")
    with pytest.raises(ShopError, match="orders_1"):
        day.look()


def test_orders_with_several_rows_of_one_number_count_once(day):
    day.plain.sql(["DROP INDEX order_no ON orders", "CREATE INDEX orders_no ON orders (order_no)"])
    day.order("OH1", at(1), "10.00")
    day.order("OH2", at(2), "10.00")
    day.plain.order("OH1", "paid", amount=5, created_at=at(1), out_trade_no="T-OH1-2")
    day.export([("OH1", "15.00", day.rows[0][2]), day.rows[1]])
    told = day.look()
    assert figures(told) == (0, 0)
    assert told.value("export_amount_difference", NAME) == 0


def test_postgres_tells_whether_it_recovers(postgres, origin):
    name = postgres.database("exported", *(each.replace("DATETIME", "TIMESTAMP") for each in schema()))

    def sql(statements):
        postgres.execute(*statements, database=name)

    plain = Plain(postgres.url(name), sql)
    day = Day(plain, origin).orders(5)
    day.export(day.rows[:-1])
    told = day.look()
    assert figures(told) == (1, 0)
    assert told.refs("export_missing_rows") == ["OH00004"]
    assert any("pg_is_in_recovery" in asked.sql and "count" in asked.sql for asked in told.trace)
    plain.close()
