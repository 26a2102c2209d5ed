"""`order-health ddl` on real databases: a shop with a view, a trigger and a foreign key; all outputs; bad files."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from exporter.__main__ import main
from exporter.ddl.rules import RULES
from tests.shops import PASSWORD, PlainShop

CALM = "SET SESSION lock_wait_timeout = 5;\n"


@pytest.fixture(scope="module")
def shop(mariadb):
    shop = PlainShop.build(mariadb, "migrated")
    shop.execute(
        "CREATE VIEW open_orders AS SELECT o.order_no, o.amount FROM orders o WHERE o.status = 'pending'",
        "CREATE TRIGGER taken AFTER UPDATE ON orders FOR EACH ROW"
        " UPDATE inventory SET quantity = quantity - 1 WHERE sku_id = NEW.pay_channel",
        "CREATE TABLE refunds (id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, amount DECIMAL(12,2), at DATETIME(3),"
        " CONSTRAINT refund_of FOREIGN KEY (order_id) REFERENCES orders (id))",
        "INSERT INTO refunds SELECT NULL, 1, 1, NULL FROM orders WHERE 0",
    )
    return shop


@pytest.fixture
def ddl(capfd, tmp_path, shop):
    """Judges the text of a migration; its exit status, stdout and stderr."""

    def run(sql, *words, user="root", url=None, probes="{pending_paid: {}, negative_stock: {}}"):
        config, file = tmp_path / "config.yaml", tmp_path / "v7.sql"
        address = url or shop.server.url("migrated", user=user)
        password = f"    password: {PASSWORD}\n" if user == "oh" else ""
        config.write_text(
            f"shops:\n  main:\n    database: {address}\n{password}    tables: plain\n    probes: {probes}\n", "utf-8"
        )
        file.write_bytes(sql if isinstance(sql, bytes) else sql.encode())
        status = main(["ddl", str(file), "--config.file", str(config), *words])
        return (status, *capfd.readouterr())

    return run


@pytest.fixture
def found(ddl):
    """Rule → who depends on it."""

    def run(sql, **more):
        status, out, err = ddl(CALM + sql, "--format", "json", **more)
        assert err == ""
        told = json.loads(out)
        assert told["status"] == status
        return {each["rule"]: each["who"] for each in told["findings"]}

    return run


@pytest.mark.server
def test_what_breaks_is_told_with_who_depends_on_it_and_what_to_write(ddl):
    status, out, err = ddl("-- v7\nALTER TABLE orders\n  DROP COLUMN status;\n")
    assert (status, err) == (1, "")
    assert "v7.sql:2:1: block used-column [main]: orders.status is dropped" in out
    assert "breaks   probe pending_paid (orders.status)" in out
    assert "breaks   view open_orders" in out
    assert "instead  expand and contract" in out
    assert "lock-wait-timeout" in out
    assert out.splitlines()[-1].endswith("blocking, 1 notes") or "blocking" in out.splitlines()[-1]


@pytest.mark.server
def test_views_triggers_and_foreign_keys_of_the_live_schema_are_seen(found):
    told = found("ALTER TABLE orders DROP COLUMN amount, DROP COLUMN pay_channel")
    assert told["read-by-view"] == ["view open_orders"]
    assert told["read-by-trigger"] == ["trigger taken on orders"]
    assert found("ALTER TABLE inventory DROP COLUMN quantity")["read-by-trigger"] == ["trigger taken on orders"]
    told = found("ALTER TABLE orders MODIFY id VARCHAR(20) NOT NULL")
    assert told["foreign-key-broken"] == ["foreign key refund_of of refunds"]
    assert found("DROP TABLE orders")["foreign-key-broken"] == ["foreign key refund_of of refunds"]
    assert found("ALTER TABLE refunds DROP INDEX refund_of")["foreign-key-broken"] == [
        "foreign key refund_of of refunds"
    ]
    assert "foreign-key-broken" not in found("ALTER TABLE refunds DROP FOREIGN KEY refund_of, DROP INDEX refund_of")
    assert "type-narrowed" in found("ALTER TABLE refunds MODIFY at DATETIME")


@pytest.mark.server
def test_what_harms_nothing_passes(ddl):
    status, out, _ = ddl(CALM + "ALTER TABLE refunds ADD COLUMN note VARCHAR(90), ALGORITHM=INSTANT;")
    assert status == 0
    assert out.endswith("2 statements: nothing found\n")


@pytest.mark.server
def test_nothing_of_the_file_is_run(ddl, shop):
    shop.order(1, paid_ago=None)
    ddl("DELETE FROM orders WHERE id > 0; TRUNCATE orders; DROP TABLE refunds; UPDATE orders SET status = 'x'")
    assert shop.execute("SELECT count(*), max(status) FROM orders") == [(1, "pending")]
    assert shop.execute("SELECT count(*) FROM refunds") == [(0,)]


@pytest.mark.server
def test_a_write_is_held_against_the_plan_of_the_server(found, shop):
    shop.execute("CREATE TABLE IF NOT EXISTS big (id INT PRIMARY KEY, state VARCHAR(9), KEY (state))")
    shop.execute(
        "INSERT IGNORE INTO big SELECT seq, if(seq < 9, 'new', 'a:b%c') FROM seq_1_to_120000", "ANALYZE TABLE big"
    )
    assert "write-large" in found("DELETE FROM big WHERE state = 'a:b%c'")
    assert "write-large" not in found("DELETE FROM big WHERE state = 'new'")
    assert "write-large" in found("UPDATE big SET state = 'x' WHERE id + 1 = 2")
    assert "table-copy" in found("ALTER TABLE big MODIFY state VARCHAR(5)")
    assert {"algorithm-unsaid"} == set(found("ALTER TABLE big ADD COLUMN a INT"))


@pytest.mark.server
def test_searches_that_people_wait_for_are_asked_for_by_name(found):
    query = "SELECT order_no FROM orders WHERE pay_channel = :via AND created_at > '2026-01-01' ORDER BY id LIMIT 20"
    probes = f'{{slow_queries: {{searches: {{by_channel: {{query: "{query}", values: {{via: alipay}}}}}}}}}}'
    who = found("ALTER TABLE orders DROP COLUMN pay_channel;", probes=probes)["used-column"]
    assert "search by_channel" in who


@pytest.mark.server
def test_queries_of_the_configuration_are_asked_for_by_name(found):
    query = "SELECT amount AS n FROM refunds WHERE order_id = 7"
    probes = f"{{sql: {{queries: {{by_refund: {{query: {query}, metrics: {{shop_n: {{value: n}}}}}}}}}}}}"
    told = found("ALTER TABLE refunds DROP COLUMN amount", probes=probes)
    assert told["used-column"] == ["query by_refund"]
    dropped = found("ALTER TABLE refunds DROP FOREIGN KEY refund_of, DROP INDEX refund_of", probes=probes)
    assert dropped["index-lost"] == ["query by_refund, by order_id"]


@pytest.mark.server
def test_an_account_that_sees_little_is_told_what_is_missing(ddl):
    status, out, _ = ddl(CALM + "ALTER TABLE orders DROP COLUMN status", user="oh")
    assert status == 1
    assert "used-column" in out
    assert "note: main: the account may not see all columns, references, triggers, views" in out
    assert "GRANT" not in out.partition("note:")[2]


@pytest.mark.server
def test_a_file_for_another_database_is_not_judged_and_a_comment_says_where_that_is_meant(ddl):
    sql = CALM + "ALTER TABLE refunds DROP COLUMN amount"
    status, out, _ = ddl(sql, user="oh")
    assert status == 2
    assert "none of the tables of this file is known, refunds for one" in out
    assert ddl("USE elsewhere; DROP TABLE orders")[0] == 2
    status, out, _ = ddl(f"{sql} -- order-health: allow unknown-table another account\n", user="oh")
    assert status == 0
    assert "allowed  another account" in out


@pytest.mark.server
def test_sarif_names_rules_places_and_suppressions(ddl):
    sql = CALM + "ALTER TABLE orders DROP COLUMN created_at -- order-health: allow used-column moved to payments\n;"
    status, out, _ = ddl(sql, "--format", "sarif")
    told = json.loads(out)
    assert (told["version"], status) == ("2.1.0", 1)
    (run,) = told["runs"]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == list(RULES)
    assert run["invocations"][0] == {"executionSuccessful": True, "exitCode": 1, "toolExecutionNotifications": []}
    for result in run["results"]:
        assert list(RULES)[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].endswith("v7.sql")
        assert place["region"] == {"startLine": 2, "startColumn": 1}
        assert result["message"]["text"]
    used = next(each for each in run["results"] if each["ruleId"] == "used-column")
    assert used["suppressions"] == [{"kind": "inSource", "justification": "moved to payments"}]


@pytest.mark.server
@pytest.mark.parametrize(
    ("sql", "line", "told"),
    [
        ("DROP TABLE orders;\nALTER TABLE orders DRP COLUMN a;", 2, "'DRP' is not understood here"),
        ("", 1, "no statement"),
        (b"\x00\x01\x02", 1, "binary"),
        (b"USE a;\n\xff\xfe", 2, "UTF-8"),
        ("UPDATE orders SET status = 'c4nary-literal' WHERE (", 1, "does not parse"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_file_that_cannot_be_judged_is_told_with_its_line(ddl, form, sql, line, told):
    status, out, err = ddl(sql, "--format", form)
    assert (status, err) == (2, "")
    assert told in out
    assert "c4nary" not in out
    if form == "text":
        assert f"v7.sql:{line}:" in out
    elif form == "sarif":
        (notification,) = json.loads(out)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        assert notification["locations"][0]["physicalLocation"]["region"]["startLine"] == line


@pytest.mark.server
def test_a_missing_file_a_wrong_shop_and_a_shop_that_is_down_are_no_verdict(ddl, tmp_path):
    assert ddl("USE a", "--shop", "mian")[::2] == (2, "no shop 'mian'; did you mean 'main'?\n")
    status, _, err = ddl("DROP TABLE a", url="mysql+pymysql://nobody@127.0.0.1:1/x")
    assert status == 2
    assert "cannot be reached" in err
    status, _, err = ddl("DROP TABLE a", url=f"sqlite:///{tmp_path}/none.db")
    assert (status, "cannot be opened" in err) == (2, True)


@pytest.mark.server
def test_literals_of_the_file_stand_in_no_output(ddl):
    sql = "UPDATE orders SET status='c4nary1'; ALTER TABLE orders MODIFY status ENUM('c4nary2') NOT NULL DEFAULT 'c4nary3'"
    for form in ("text", "json", "sarif"):
        assert "c4nary" not in ddl(sql, "--format", form)[1]


def plain(file):
    with contextlib.closing(sqlite3.connect(file)) as link:
        from tests.shops import SCHEMA

        link.executescript(SCHEMA.read_text("utf-8") + "CREATE VIEW v AS SELECT status FROM orders;")


def test_an_sqlite_shop_is_judged_in_its_own_dialect(found, tmp_path):
    plain(tmp_path / "shop.db")
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    assert found("ALTER TABLE orders DROP COLUMN status", url=url)["read-by-view"] == ["view v"]
    assert found("DROP INDEX pay_callback_received", url=url)["index-lost"]


@pytest.mark.server
def test_a_postgres_shop_is_judged_in_its_own_dialect(found, postgres):
    from tests.shops import SCHEMA

    lines = [line for line in SCHEMA.read_text("utf-8").splitlines() if not line.startswith("--")]
    statements = [each for each in "\n".join(lines).replace("DATETIME", "TIMESTAMP").split(";") if each.strip()]
    view = "CREATE VIEW v AS SELECT status, amount FROM orders"
    url = postgres.url(postgres.database("migrated", *statements, view)).replace(
        "postgresql://", "postgresql+psycopg://"
    )
    assert found("ALTER TABLE orders DROP COLUMN status", url=url)["read-by-view"] == ["view v"]
    assert found("ALTER TABLE orders ALTER COLUMN status TYPE varchar(9)", url=url)["type-narrowed"]
    assert "money-float" in found("ALTER TABLE orders ALTER amount TYPE double precision", url=url)
    assert found("DROP INDEX CONCURRENTLY pay_callback_received", url=url)["index-lost"]
    assert "null-forbidden" in found("ALTER TABLE orders ALTER COLUMN paid_at SET NOT NULL", url=url)
    assert "lock-wait-timeout" in found("ALTER TABLE orders ADD COLUMN a int", url=url)
    assert "lock-wait-timeout" not in found("SET lock_timeout = '5s'; ALTER TABLE orders ADD COLUMN a int", url=url)
