"""The whole probe against real databases; what only MySQL has, over the wire against a stand-in."""

import contextlib
import threading
import time
from datetime import UTC, datetime

import pytest

from exporter import cards
from exporter.model import Alert
from exporter.notify import known
from exporter.probes.slow_queries import SlowQueries
from exporter.shop import Denied, Missing, TimedOut
from tests.groups import alone
from tests.probes.plain import NOW, Plain, Told, on_mariadb, on_sqlite, schema
from tests.servers.mariadb import MariaDB
from tests.servers.standin import PASSWORD, Error, standin
from tests.shops import eventually

PHONE = "13812345678"
DIGESTS = "performance_schema.events_statements_summary_by_digest"
FILL = (
    "INSERT INTO orders (id, order_no, out_trade_no, status, amount, pay_channel, created_at, updated_at)"
    " SELECT seq, concat('N', seq), concat('T', seq), 'paid', 1, 'wechat', now(), now() FROM seq_1_to_30000"
)
SCAN = f"SELECT COUNT(*) FROM orders WHERE transaction_id LIKE '%{PHONE}%'"
STATISTICS = SlowQueries(slow="200ms", too_long="1s", sources=["digests"])
GRANTS = ("SELECT ON watched.*", "SELECT ON performance_schema.*", "SELECT ON mysql.slow_log")


def run(plain, probe, part="statements", seconds=10):
    view = plain.shop().bounded("slow_queries", seconds, part)
    return Told(list(probe.read(view, NOW)), view.trace)


def searching(query, **more):
    return SlowQueries(searches={"s": {"query": query, **more}})


def notes(told, metric):
    return [case.note for case in cases(told, metric)]


def statements(told, metric):
    return [case.statement for case in cases(told, metric)]


def cases(told, metric):
    return [case for s in told.samples if s.metric.name == f"order_health_{metric}" for case in s.evidence]


def settled(sql):
    """The server counts a statement a moment after its answer is out."""

    def run(statements):
        sql(statements)
        time.sleep(0.05)

    return run


@pytest.fixture(scope="module")
def watching():
    """A MariaDB that keeps statistics of statements."""
    server = MariaDB("--performance-schema=ON")
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def watched(watching):
    """The plain shop there with 30,000 orders, and an account that may read the statistics."""
    shop = on_mariadb(watching, "watched")
    shop.sql([FILL])
    watching.account("oh", *GRANTS)
    shop.url = watching.url("watched", "oh", "secret")
    shop.sql = settled(shop.sql)
    run(shop, STATISTICS)
    yield shop
    shop.close()


def test_what_ran_since_the_last_run_is_told_by_its_digest_and_table(watched):
    watched.sql([SCAN, "DO SLEEP(0.25)", "SELECT id, SLEEP(0.25) FROM orders WHERE id = 7"])
    told = run(watched, STATISTICS)
    assert told.value("slow_queries_total", "watched") == 2
    averages = told.values("query_average_seconds")
    assert {labels[2] for labels in averages} == {"orders", ""}
    assert max(averages.values()) >= 0.25
    spent = told.values("query_seconds_total")
    assert max(spent.values()) == pytest.approx(0.25, abs=0.2)
    assert all(len(digest) == 16 and where == "watched" for digest, where in spent)
    assert 30_000 in told.values("query_rows_examined_per_row").values()
    assert told.value("query_statistics_lost_ratio") == 0
    assert told.gaps == {}


def test_a_backup_is_no_slow_statement(watched):
    watched.sql(["SELECT /*!40001 SQL_NO_CACHE */ *, SLEEP(0.00001) FROM orders"])
    told = run(watched, STATISTICS)
    assert told.values("query_average_seconds") == {}
    assert told.value("full_scans", "orders") == told.value("slow_queries_total", "watched") == 0


def test_full_scans_of_mapped_tables_are_told_of_queries_and_of_updates(watched):
    watched.sql(
        [SCAN, f"UPDATE orders SET amount = 2 WHERE transaction_id = '{PHONE}'", "SELECT id FROM orders WHERE id = 7"]
    )
    told = run(watched, STATISTICS)
    assert told.values("full_scans") == {
        ("orders",): 2,
        ("pay_callback",): 0,
        ("inventory",): 0,
        ("inventory_lock",): 0,
    }
    assert any("UPDATE `orders`" in text for text in statements(told, "full_scans"))
    assert PHONE not in repr(told)
    assert run(watched, SlowQueries(sources=["digests"], small_table=50_000)).value("full_scans", "orders") == 0


def test_counters_go_on_and_gauges_stay_while_nothing_runs_but_not_for_ever(watched):
    watched.sql([SCAN, "SELECT id, SLEEP(0.25) FROM orders WHERE id = 7"])
    first = run(watched, STATISTICS)
    second = run(watched, STATISTICS)
    for metric in ("slow_queries_total", "query_seconds_total", "query_average_seconds", "full_scans"):
        assert second.values(metric) == first.values(metric)
    time.sleep(0.1)
    held = run(watched, SlowQueries(slow="200ms", sources=["digests"], hold="10ms"))
    assert held.value("full_scans", "orders") == 0
    assert held.values("query_average_seconds") == {}
    assert held.values("slow_queries_total") == first.values("slow_queries_total")


def test_after_our_own_restart_everything_goes_on_where_it_was(watched):
    watched.sql([SCAN, "SELECT id, SLEEP(0.25) FROM orders WHERE id = 7"])
    before = run(watched, STATISTICS)
    watched.close()  # a new process knows what was written down, no more
    same = run(watched, STATISTICS)
    for metric in ("slow_queries_total", "query_seconds_total", "query_average_seconds", "full_scans"):
        assert same.values(metric) == before.values(metric)
    watched.sql(["SELECT id, SLEEP(0.25) FROM orders WHERE id = 8"])
    after = run(watched, STATISTICS)
    assert after.value("slow_queries_total", "watched") == before.value("slow_queries_total", "watched") + 1
    assert (
        max(after.values("query_seconds_total").values()) >= max(before.values("query_seconds_total").values()) + 0.25
    )


def test_what_order_health_itself_asks_does_not_count(watched):
    search = searching("SELECT id FROM orders WHERE transaction_id LIKE :part LIMIT 20", values={"part": "%7%"})
    for _ in range(2):
        watched.shop().bounded("x", 5).lookup("orders", "number", ["N1", "N2"])
        run(watched, search, "s")
        told = run(watched, STATISTICS)
    assert told.values("query_average_seconds") == {}
    assert told.values("query_seconds_total") == {}
    assert told.value("full_scans", "orders") == 0


def test_a_server_that_restarts_in_the_middle_is_no_new_beginning_for_the_counters(watching, watched):
    watched.sql(["SELECT id, SLEEP(0.25) FROM orders WHERE id = 7"])
    before = run(watched, STATISTICS)
    watching.stop()
    with pytest.raises(Exception, match=r"cannot be reached|ended the connection|gave no connection"):
        run(watched, STATISTICS, seconds=0.5)
    watching.start()
    watched.sql(["SELECT id, SLEEP(0.3) FROM orders WHERE id = 7", "SELECT id, SLEEP(0.3) FROM orders WHERE id = 7"])
    after = run(watched, STATISTICS)
    assert after.value("slow_queries_total", "watched") == before.value("slow_queries_total", "watched") + 2
    for labels, value in before.values("query_seconds_total").items():
        assert after.values("query_seconds_total")[labels] >= value


def test_a_table_of_digests_that_is_emptied_is_noticed(watching, watched):
    watched.sql(["SELECT id, SLEEP(0.25) FROM orders WHERE id = 7"])
    before = run(watched, STATISTICS).value("slow_queries_total", "watched")
    watching.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
    watched.sql(["SELECT id, SLEEP(0.25) FROM orders WHERE id = 7"])
    assert run(watched, STATISTICS).value("slow_queries_total", "watched") == before + 1


def test_a_privilege_that_is_taken_away_fails_the_run_and_tells_nothing_false(watching, watched):
    watching.account("oh", "SELECT ON watched.*")
    watched.close()
    with pytest.raises(Denied, match=r"may not read performance_schema\.setup_consumers .*1142"):
        run(watched, STATISTICS)
    watching.account("oh", *GRANTS)
    assert run(watched, STATISTICS).values("slow_queries_total")


def test_hostile_texts_reach_the_card_harmless(watched):
    name = "a*b](http://evil.example)<img src=x>@all # x"
    watched.sql([f"SELECT id AS `{name}`, SLEEP(0.25), '<b>{PHONE}</b>' FROM orders WHERE id = 7"])
    told = run(watched, STATISTICS)
    [sample] = [s for s in told.samples if s.metric.name == "order_health_query_average_seconds"]
    assert PHONE not in repr(told)
    assert any(name in text for text in statements(told, "query_average_seconds"))
    labels = {"alertname": "StatementSlow", "severity": "warning", "probe": "slow_queries", **sample.labelled("main")}
    alert = Alert("StatementSlow", labels, "firing", NOW, 2.0, {"summary": "slow"}, sample.evidence)
    card = cards.write(alone(alert, NOW), zone=UTC, language="en")
    for kind, settings in (("dingtalk", {"token": "t"}), ("wecom", {"key": "k"})):
        channel = known()[kind].model_validate({"kind": kind, **settings})
        bodies = "".join(str(request.json) for request in channel.messages(card, NOW))
        assert "](http" not in bodies
        assert "<img" not in bodies
        assert "@all" not in bodies


def test_a_full_table_of_digests_says_how_much_it_loses():
    server = MariaDB("--performance-schema=ON", "--performance-schema-digests-size=20")
    try:
        shop = on_mariadb(server.start(), "watched")
        run(shop, STATISTICS)
        shop.sql([f"SELECT {'id, ' * number} 1 FROM orders" for number in range(30)])
        told = run(shop, STATISTICS)
        assert 0.3 < told.value("query_statistics_lost_ratio") <= 1
        shop.close()
    finally:
        server.remove()


def test_without_statistics_it_says_why_and_never_zero(mariadb):
    shop = on_mariadb(mariadb, "unwatched")
    told = run(shop, SlowQueries())
    assert set(told.gaps) == {"slow_queries", "query", "full_scans"}
    assert told.gaps["query"].endswith("performance_schema is off; the slow log is off")
    assert [s.metric.name for s in told.samples] == [
        "order_health_running_queries",
        "order_health_running_longest_seconds",
    ]
    mariadb.account("poor", "SELECT ON unwatched.*")
    shop.close()
    shop.url = mariadb.url("unwatched", "poor", "secret")
    told = run(shop, SlowQueries())
    assert told.samples == []
    assert "PROCESS" in told.gaps["running"]
    shop.close()


@contextlib.contextmanager
def slow_log(server):
    server.execute("SET GLOBAL log_output='TABLE', long_query_time=0.05, slow_query_log=ON")
    try:
        yield
    finally:
        server.execute(
            "SET GLOBAL log_output='FILE', long_query_time=10, slow_query_log=OFF", "TRUNCATE mysql.slow_log"
        )


def test_the_slow_log_is_read_on_from_where_it_was_and_counts_each_statement_once(mariadb):
    with slow_log(mariadb):
        shop = on_mariadb(mariadb, "logged")
        shop.sql(["SELECT SLEEP(0.3), 'before us'"])
        mariadb.account("oh", "SELECT ON logged.*", "SELECT ON mysql.slow_log")
        shop.url = mariadb.url("logged", "oh", "secret")
        probe = SlowQueries(slow="200ms", sources=["digests", "slow_log"])
        assert run(shop, probe).values("slow_queries_total") == {("logged",): 0}
        later = threading.Thread(target=shop.sql, args=(["SELECT SLEEP(1.5), 'long'"],))
        later.start()
        shop.sql([f"SELECT SLEEP(0.3), '{PHONE}', {number}" for number in (1, 22)])
        told = run(shop, probe)
        assert told.value("slow_queries_total", "logged") == 2
        later.join()
        told = run(shop, probe)
        assert told.value("slow_queries_total", "logged") == 3  # the one that began before the others and ended after
        assert told.gaps.keys() == {"full_scans"}
        assert PHONE not in repr(told)
        assert any(text.startswith("SELECT SLEEP(0.3), '?'") for text in statements(told, "query_average_seconds"))
        assert run(shop, probe).value("slow_queries_total", "logged") == 3
        mariadb.execute("TRUNCATE mysql.slow_log")  # as a DBA rotates it
        shop.sql(["SELECT SLEEP(0.3)"])
        eventually(lambda: mariadb.execute("SELECT 1 FROM mysql.slow_log WHERE sql_text = 'SELECT SLEEP(0.3)'"))
        assert run(shop, probe).value("slow_queries_total", "logged") == 4
        shop.close()


def test_our_own_searches_are_neither_in_the_slow_log_nor_among_what_runs_too_long(mariadb):
    with slow_log(mariadb):
        shop = on_mariadb(mariadb, "ours")  # with the very account of the shop's own people
        shop.sql(["INSERT INTO orders VALUES (1,'N1','T1','paid',1,'CNY','x',NULL,NOW(),NULL,NOW())"])
        probe = SlowQueries(slow="200ms", too_long="1s", sources=["slow_log", "running"])
        run(shop, probe)
        query = "SELECT COUNT(*) FROM seq_1_to_90000000 WHERE seq LIKE :part"
        own = threading.Thread(target=run, args=(shop, searching(query, values={"part": "%7x%"}), "s", 3))
        own.start()
        theirs = threading.Thread(target=shop.sql, args=(["SELECT SLEEP(2.2), id FROM orders WHERE id = 1"],))
        theirs.start()
        time.sleep(1.6)
        assert run(shop, probe).value("running_queries") == 1
        own.join()
        theirs.join()
        assert run(shop, probe).value("slow_queries_total", "ours") == 1
        shop.close()


def test_what_runs_too_long_now_is_told_without_what_it_says(mariadb):
    shop = on_mariadb(mariadb, "busy")
    mariadb.account("oh", "SELECT ON busy.*", "PROCESS ON *.*")
    shop.url = mariadb.url("busy", "oh", "secret")
    probe = SlowQueries(sources=["running"], too_long="1s")
    assert run(shop, probe).values("running_queries") == {(): 0}
    dump = threading.Thread(target=shop.sql, args=(["SELECT /*!40001 SQL_NO_CACHE */ SLEEP(2.5)"],))
    slow = threading.Thread(target=shop.sql, args=([f"SELECT SLEEP(2.5), '{PHONE}', 'x' AS `busy`"],))
    dump.start()
    slow.start()
    time.sleep(1.6)
    told = run(shop, probe)
    slow.join()
    dump.join()
    assert told.value("running_queries") == 1
    assert told.value("running_longest_seconds") >= 1
    assert statements(told, "running_queries") == ["SELECT SLEEP(2.5), '?', '?' AS `busy`"]
    assert told.refs("running_queries")[0].startswith("busy#")
    shop.close()


@pytest.fixture(params=["5.7", "8.0", "8.4"])
def mysql(request):
    """Answered as documented, not by a real server."""
    with standin(request.param) as server:
        columns = server.tables.columns(*DIGESTS.split("."))
        place = dict(zip(("TABLE_SCHEMA", "TABLE_NAME"), DIGESTS.split("."), strict=True))
        server.tables.insert("information_schema.COLUMNS", [{**place, "COLUMN_NAME": name} for name in columns])
        server.account.change("GRANT SELECT ON performance_schema.* TO oh@'%'")
        server.tables.create(schema()[0], "shop")
        shop = Plain(server.url(password=PASSWORD), None)
        yield server, shop
        shop.close()


def counted(server, runs, seconds, **more):
    """The one row of the server's statistics, as it is now."""
    now = datetime.now(UTC).replace(tzinfo=None)
    server.tables.clear(DIGESTS)
    row = {
        "SCHEMA_NAME": "shop", "DIGEST": "0123456789abcdef" * 4, "DIGEST_TEXT": "SELECT `id` FROM `orders` WHERE `phone` LIKE ?",
        "COUNT_STAR": runs, "SUM_TIMER_WAIT": int(seconds * 10**12), "SUM_ROWS_EXAMINED": 40_000 * runs, "SUM_SELECT_SCAN": runs,
        "SUM_NO_INDEX_USED": runs, "FIRST_SEEN": datetime(2026, 1, 1), "LAST_SEEN": now, **more,
    }  # fmt: skip
    server.tables.insert(DIGESTS, [row])


def test_mysql_is_asked_for_the_columns_that_it_has(mysql):
    server, shop = mysql
    more = {"QUANTILE_95": 3 * 10**12, "QUERY_SAMPLE_TEXT": f"SELECT id FROM orders WHERE phone LIKE '%{PHONE}%'"}
    more = more if server.release != "5.7" else {}
    counted(server, 10, 20, **more)
    run(shop, STATISTICS)
    counted(server, 12, 24, **more)
    told = run(shop, STATISTICS)
    assert told.values("query_average_seconds") == {("0123456789abcdef", "shop", "orders"): 2}
    assert told.value("slow_queries_total", "shop") == 2
    assert told.value("full_scans", "orders") == 1
    said = notes(told, "query_average_seconds")[0]
    assert said == "2 s, rows_examined 40,000" + (", p95 3 s, LIKE '%…'" if more else "")
    assert PHONE not in repr(told)


def test_statistics_that_are_switched_off_are_unsupported(mysql):
    server, shop = mysql
    server.tables.insert("performance_schema.setup_consumers", [{"NAME": "statements_digest", "ENABLED": "NO"}])
    assert "statements_digest off" in run(shop, STATISTICS).gaps["query"]
    server.variables["performance_schema_digests_size"] = 0
    assert "digests_size is 0" in run(shop, STATISTICS).gaps["query"]
    server.replies["@@performance_schema"] = Error(1193, "Unknown system variable 'performance_schema'")
    assert "has no performance_schema" in run(shop, STATISTICS).gaps["query"]
    assert run(shop, STATISTICS).samples == []


SEARCHED = "SELECT id, order_no FROM orders WHERE {} ORDER BY id DESC LIMIT 20"


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def orders(request, tmp_path):
    """The plain shop with 30,000 orders on each family."""
    if request.param == "sqlite":
        shop = on_sqlite(tmp_path)
        shop.sql([FILL.replace("concat('N', seq), concat('T', seq)", "'N' || seq, 'T' || seq").replace("now()", "0").replace(
            "seq_1_to_30000", "(WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 30000) SELECT seq FROM n)"
        )])  # fmt: skip
    elif request.param == "mariadb":
        shop = on_mariadb(request.getfixturevalue("mariadb"), "searched")
        shop.sql([FILL, "ANALYZE TABLE orders"])
    else:
        server = request.getfixturevalue("postgres")
        name = server.database("searched")
        shop = Plain(server.url(name), lambda statements: server.execute(*statements, database=name))
        shop.sql([each.replace("DATETIME", "TIMESTAMP") for each in schema()])
        shop.sql([FILL.replace("seq_1_to_30000", "generate_series(1, 30000) seq"), "ANALYZE orders"])
    yield shop
    shop.close()


def test_a_search_is_timed_and_explained_with_its_example_values(orders):
    fast = run(orders, searching(SEARCHED.format("order_no = :no"), values={"no": "N77"}), "s")
    assert 0 < fast.value("search_seconds", "s") < 0.2
    assert fast.value("search_budget_seconds", "s") == 0.2
    assert fast.value("search_full_scan", "s") == fast.value("search_misses", "s") == 0
    assert fast.trace[-1].rows == 1
    scan = run(orders, searching(SEARCHED.format("transaction_id LIKE :part"), values={"part": f"%{PHONE}%"}), "s")
    assert scan.value("search_full_scan", "s") == 1
    assert PHONE not in repr(scan)
    small = SlowQueries(searches={"s": SEARCHED.format("pay_channel = 'x'")}, small_table=50_000)
    assert run(orders, small, "s").value("search_full_scan", "s") == 0


def test_a_search_over_its_budget_is_a_miss_and_three_in_a_row_are_counted_no_further(orders):
    late = searching("SELECT COUNT(*) FROM orders WHERE transaction_id = 'x'", budget="0.001ms")
    assert [run(orders, late, "s").value("search_misses", "s") for _ in range(4)] == [1, 2, 3, 3]
    assert any(", SCAN orders" in note for note in notes(run(orders, late, "s"), "search_seconds"))
    orders.close()
    assert run(orders, late, "s").value("search_misses", "s") == 3
    assert run(orders, searching("SELECT 1"), "s").value("search_misses", "s") == 0


def test_a_search_that_does_not_end_takes_at_least_as_long_as_it_was_given(orders):
    endless = "SELECT COUNT(*) FROM orders a, orders b, orders c WHERE a.amount + b.amount < c.amount - a.id"
    begun = time.monotonic()
    told = run(orders, searching(endless), "s", seconds=0.8)
    assert time.monotonic() - begun < 2
    assert 0.3 < told.value("search_seconds", "s") < 1
    assert told.value("search_misses", "s") == told.value("search_full_scan", "s") == 1
    assert notes(told, "search_seconds")[0].startswith("> ")


def test_no_search_brings_more_than_a_thousand_rows(orders):
    told = run(orders, searching("SELECT * FROM orders"), "s")
    assert told.trace[-1].rows == 1000
    assert told.value("search_full_scan", "s") == 1


def test_a_search_on_a_missing_table_or_column_fails_alone_and_says_which(orders):
    with pytest.raises(Missing, match="for the search s"):
        run(orders, searching("SELECT id FROM ordres"), "s")
    with pytest.raises(Missing, match="for the search s"):
        run(orders, searching("SELECT buyer FROM orders"), "s")
    assert run(orders, searching("SELECT 1"), "s").samples


def test_a_list_read_along_the_key_up_to_its_limit_is_no_full_scan(mariadb):
    shop = on_mariadb(mariadb, "listed")
    shop.sql([FILL, "ANALYZE TABLE orders"])
    assert (
        run(shop, searching("SELECT * FROM orders ORDER BY id DESC LIMIT 20"), "s").value("search_full_scan", "s") == 0
    )
    by_alias = searching("SELECT o.id FROM orders o WHERE o.transaction_id = 'x' ORDER BY o.id LIMIT 20")
    assert run(shop, by_alias, "s").value("search_full_scan", "s") == 1
    shop.close()


def test_a_search_that_hangs_on_a_lock_delays_no_probe_of_the_shop(mariadb):
    shop = on_mariadb(mariadb, "locked")
    with mariadb.connect("locked") as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES orders WRITE")
        failed = []

        def hang():
            try:
                run(shop, searching("SELECT id FROM orders"), "s", seconds=5)
            except TimedOut as error:
                failed.append(str(error))

        hung = threading.Thread(target=hang)
        hung.start()
        time.sleep(0.3)
        begun = time.monotonic()
        shop.shop().bounded("x", 2).lookup("stock", "key", ["1"])
        assert time.monotonic() - begun < 1
        hung.join(10)
        cursor.execute("UNLOCK TABLES")
    assert len(failed) == 1
    assert "a lock stood in the way" in failed[0]
    shop.close()


def test_elsewhere_there_are_searches_only_and_it_says_so(lite):
    told = run(lite, SlowQueries())
    assert set(told.gaps) == {"slow_queries", "query", "full_scans", "running"}
    assert told.samples == []
    assert run(lite, searching("SELECT '50% of ' || :x", values={"x": 5}), "s").samples


def test_a_search_without_a_plan_is_timed_and_the_scan_is_not_applicable(mysql):
    server, shop = mysql
    server.replies["^EXPLAIN"] = [{"id": "TableReader_7", "estRows": "20.00", "task": "root"}]  # as TiDB answers
    told = run(shop, searching("SELECT 1 FROM orders"), "s")
    assert "plans" in told.gaps["search_full_scan"]
    assert told.value("search_seconds", "s") > 0
