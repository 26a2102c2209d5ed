"""Queries of people who write no code: what becomes a series, what is refused, and what never happens to the shop."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from exporter.config import ConfigFaultError, load
from exporter.probes.sql import Sql
from exporter.probes.sql.query import Query
from exporter.probes.sql.samples import samples
from exporter.shop import Missing, Refused, ShopError
from tests.shops import PlainShop, eventually, watching

BY_STATUS = "SELECT status, COUNT(*) AS n, SUM(amount) AS yuan FROM orders GROUP BY status"


def probe(query, *, metrics=None, **more):
    made = metrics or {"shop_orders": {"value": "n"}}
    return Sql(queries={"q": {"query": query, "metrics": made, **more}})


def asked(plain, query, **more):
    return plain.probe(probe(query, **more), part="q")


def refusal(**query):
    with pytest.raises(ValidationError) as error:
        Sql(queries={"q": {"query": "SELECT 1 AS n", "metrics": {"shop_n": {"value": "n"}}, **query}})
    return str(error.value)


def test_columns_become_values_and_labels(plain):
    plain.order("N1")
    plain.order("N2")
    plain.order("N3", "paid")
    told = asked(
        plain, BY_STATUS, labels=["status"], metrics={"shop_orders": {"value": "n"}, "shop_yuan": {"value": "yuan"}}
    )
    assert told.values("shop_orders") == {("pending",): 2, ("paid",): 1}
    assert told.values("shop_yuan") == {("pending",): 256, ("paid",): 128}


def test_null_is_no_sample_and_no_row_is_no_sample(plain):
    assert asked(plain, "SELECT MAX(amount) AS n FROM orders").values("shop_orders") == {}
    assert asked(plain, "SELECT 1 AS n FROM orders").values("shop_orders") == {}


def test_a_query_with_cte_casts_texts_and_percent_signs_runs_as_it_was_written(plain):
    plain.order("N1")
    query = "WITH o AS (SELECT * FROM orders WHERE status LIKE 'pend%') SELECT 'a:b' AS what, COUNT(*) AS n FROM o"
    assert asked(plain, query, labels=["what"]).values("shop_orders") == {("a:b",): 1}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT 'many' AS n", "the column n holds a str, not a number"),
        ("SELECT 1 AS m", "answers without the column n; its columns are m"),
        ("SELECT 1 AS n UNION ALL SELECT 2", "two rows have the same labels"),
    ],
)
def test_a_value_that_is_none_says_what_to_write(plain, query, says):
    with pytest.raises(ShopError, match=says):
        asked(plain, query)


def test_more_rows_than_allowed_fail_the_query_rather_than_tell_a_part(plain):
    query = "SELECT sku_id AS sku, quantity AS n FROM inventory"
    for number in range(5):
        plain.stock("A", f"S{number}", 1)
    assert len(asked(plain, query, labels=["sku"], max_rows=5).samples) == 5
    with pytest.raises(Refused, match="finds more than 4 rows"):
        asked(plain, query, labels=["sku"], max_rows=4)


def test_a_plan_that_reads_a_large_table_from_end_to_end_is_not_run(plain):
    plain.large = 3
    for number in range(6):
        plain.order(f"N{number}")
    with pytest.raises(Refused, match="reads the whole table"):
        asked(plain, "SELECT COUNT(*) AS n FROM orders o WHERE o.amount > 3")
    # walking it in the order of the key is the same, whatever LIMIT says of it
    with pytest.raises(Refused, match="reads the whole table"):
        asked(plain, "SELECT amount AS n FROM orders ORDER BY id LIMIT 1")
    assert asked(plain, "SELECT COUNT(*) AS n FROM orders WHERE id = 2").values("shop_orders") == {(): 1}


def test_a_missing_table_is_told_without_the_text_of_the_query(plain):
    with pytest.raises(Missing, match="no such table or column for the query q"):
        asked(plain, "SELECT COUNT(*) AS n FROM 8613800138000_refunds".replace("8613800138000_", ""))


def test_what_looks_like_a_customer_is_hidden_in_a_label(plain):
    told = asked(plain, "SELECT '13800138000' AS who, 'WH-10001' AS place, 1 AS n", labels=["who", "place"])
    assert list(told.values("shop_orders")) == [("?", "WH-10001")]


def test_a_label_is_cut_and_null_is_empty():
    query = Query(query="SELECT 1 AS n", metrics={"shop_n": {"value": "n"}}, labels=["a", "b"])
    [sample] = samples(query, [{"n": Decimal("1.5"), "a": None, "b": "x" * 500}])
    assert (sample.value, sample.labels) == (1.5, ("", "x" * 120))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"query": "DELETE FROM orders"}, "is not a SELECT"),
        ({"query": "SELECT 1; DROP TABLE orders"}, "more than one statement"),
        ({"query": "SELECT * FROM orders FOR UPDATE"}, "locks rows"),
        ({"query": "SELECT amount AS n FROM orders WHERE id = :id"}, "asks for the value :id"),
        ({"query": "SELECT 1 AS n FROM orders LIMIT 5000"}, "a LIMIT of more than max_rows"),
        ({"metrics": {"order_health_n": {"value": "n"}}}, "begin with a name of your own"),
        ({"metrics": {"shop_n_total": {"value": "n"}}}, "only counters end in _total"),
        ({"metrics": {"shop_n": {"value": "n", "kind": "counter"}}}, "name it shop_n_total"),
        ({"metrics": {"shop_wait_ms": {"value": "n"}}}, "tell it in seconds"),
        ({"metrics": {"shop_n_sum": {"value": "n"}}}, "kept for histograms"),
        ({"metrics": {"Shop-n": {"value": "n"}}}, "is no name of a metric"),
        ({"labels": ["shop"]}, "the label shop is taken"),
        ({"labels": ["n"]}, "is a value already"),
        ({"labels": ["a", "a"]}, "stands here twice"),
        ({"max_rows": 5000}, "less than or equal to 500"),
        ({"replica": "a", "database": "b"}, "runs in one place"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_read(query, says):
    assert says in refusal(**query)


def test_one_metric_has_one_meaning():
    with pytest.raises(ValidationError, match="query a makes shop_n with another kind, help or other labels"):
        Sql(
            queries={
                "a": {"query": "SELECT 1 AS n", "metrics": {"shop_n": {"value": "n"}}},
                "b": {"query": "SELECT 1 AS n, 2 AS m", "metrics": {"shop_n": {"value": "n"}}, "labels": ["m"]},
            }
        )


def test_a_server_that_is_not_configured_is_told_with_its_line(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(
        "shops:\n  main:\n    database: sqlite:///shop.db\n    tables: plain\n    probes:\n      sql:\n"
        "        queries:\n          q: {query: SELECT 1 AS n, metrics: {shop_n: {value: n}},\n"
        "              replica: reportin}\n    replicas: {reporting: 'sqlite:///r.db'}\n"
    )
    with pytest.raises(ConfigFaultError, match=r"config.yaml:9: .*no replica 'reportin'; did you mean 'reporting'"):
        load(file)


def test_each_query_has_its_own_pace_and_its_own_metrics():
    both = {"a": "SELECT 1 AS n", "b": "SELECT 2 AS n"}
    sql = Sql(
        every="2m",
        queries={
            name: {
                "query": query,
                "metrics": {f"shop_{name}": {"value": "n"}},
                **({"every": "7s"} if name == "b" else {}),
            }
            for name, query in both.items()
        },
    )
    assert {part: settings.every for part, settings in sql.parts(()).items()} == {"a": 120, "b": 7}
    assert [metric.name for metric in sql.metrics("b")] == ["shop_b"]


SQL = """
      sql:
        every: 300ms
        queries:
          few: {query: "SELECT COUNT(*) AS n FROM inventory WHERE quantity < 3", metrics: {shop_low_skus: {value: n}}}
          gone: {query: "SELECT COUNT(*) AS n FROM refunds", metrics: {shop_refunds: {value: n}}}
"""
RULE = """
groups:
  - name: own
    rules:
      - alert: LowSkus
        expr: shop_low_skus > 0
        labels: {severity: warning}
        annotations: {summary: '{{ $value }} 个 SKU 快卖完了（{{ $labels.shop }}）', unit: 个}
"""


@pytest.mark.server
def test_a_rule_and_a_card_work_on_a_query_as_on_any_probe(mariadb, tmp_path):
    shop = PlainShop.build(mariadb, "own_queries")
    shop.execute("INSERT INTO inventory VALUES (3, 'shanghai', 'SKU-9', 2, 0)")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yml").write_text(RULE, encoding="utf-8")
    with watching(tmp_path, mariadb.url("own_queries", user="oh"), probes=SQL) as sidecar:
        eventually(lambda: sidecar.metric('shop_low_skus{shop="main"}') == 1)
        assert "1 个 SKU 快卖完了（main）" in eventually(sidecar.texts)[0]
        # the other query fails by itself, and says so
        eventually(lambda: sidecar.metric('order_health_probe_part_success{part="gone",probe="sql",shop="main"}') == 0)
        assert sidecar.metric('order_health_probe_part_success{part="few",probe="sql",shop="main"}') == 1
        assert sidecar.metric('order_health_probe_success{probe="sql",shop="main"}') == 0
        shop.execute("UPDATE inventory SET quantity = 9 WHERE id = 3")
        eventually(lambda: "已恢复" in "".join(sidecar.texts()))
