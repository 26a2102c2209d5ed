"""Searches as config.yaml has them: what is no single SELECT is refused with its line."""

import pytest

from exporter.config import ConfigFaultError, load

FILE = """\
shops:
  main:
    database: sqlite:///shop.db
    replicas: {{reporting: sqlite:///replica.db}}
    tables: plain
    probes:
      slow_queries:
        searches:
          by_phone:
            {}
"""


def faults(folder, *lines, env=None):
    file = folder / "config.yaml"
    file.write_text(FILE.format("\n            ".join(lines)), encoding="utf-8")
    with pytest.raises(ConfigFaultError) as refused:
        load(file, env or {})
    return refused.value.faults


def probe(folder, *lines, env=None):
    file = folder / "config.yaml"
    file.write_text(FILE.format("\n            ".join(lines)), encoding="utf-8")
    return load(file, env or {}).shops["main"].probes["slow_queries"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("UPDATE orders SET status = 1", "is not a SELECT; write one statement that begins with SELECT or WITH"),
        ("SELECT 1; DROP TABLE orders", "holds more than one statement; keep one SELECT"),
        ("SELECT id FROM orders FOR UPDATE", "locks rows with FOR; leave that out"),
        ("SELECT id FROM orders LIMIT 100000", "has a LIMIT of more than 1,000 rows; write a smaller one"),
        ("SELECT id FROM orders INTO OUTFILE '/tmp/x'", "has the word INTO"),
    ],
)
def test_a_search_that_is_no_single_select_is_refused_with_its_line(tmp_path, query, said):
    [line] = faults(tmp_path, f'query: "{query}"')
    assert line.startswith("config.yaml:10: shops.main.probes.slow_queries.searches.by_phone.query: ")
    assert said in line


def test_a_value_that_is_missing_or_not_asked_for_is_told(tmp_path):
    lines = faults(tmp_path, 'query: "SELECT 1 WHERE 2 = :phone"', "values: {phnoe: 1}")
    assert any("the query asks for :phone; write phone: with an example" in line for line in lines)
    assert any("config.yaml:11:" in line and "has no :phnoe; did you mean 'phone'?" in line for line in lines)


def test_a_value_stands_nowhere_where_a_configuration_is_shown(tmp_path):
    given = probe(
        tmp_path, 'query: "SELECT 1 WHERE 2 = :phone"', "values: {phone: !env PHONE}", env={"PHONE": "13812345678"}
    )
    assert "13812345678" not in f"{given!r} {given} {given.model_dump()} {given.model_dump_json()}"
    assert given.searches["by_phone"].plain == {"phone": "13812345678"}
    [line] = faults(tmp_path, 'query: "SELECT 1 WHERE 2 = :phone"', "values: {phone: [13812345678]}")
    assert "is no value; write a text, a number or a date" in line
    assert "13812345678" not in line


def test_a_search_runs_where_it_says_and_only_where_the_shop_has_a_server(tmp_path):
    assert probe(tmp_path, 'query: "SELECT 1"', "replica: reporting").searches["by_phone"].replica == "reporting"
    [line] = faults(tmp_path, 'query: "SELECT 1"', "replica: reportign")
    assert "no replica 'reportign'" in line
    [line] = faults(tmp_path, 'query: "SELECT 1"', "replica: reporting", "database: reporting")
    assert "a search runs in one place" in line


@pytest.mark.parametrize("name", ["statements", "by phone", "", "按手机号"])
def test_the_name_of_a_search_is_a_label(tmp_path, name):
    file = tmp_path / "config.yaml"
    file.write_text(FILE.format("query: SELECT 1").replace("by_phone", f'"{name}"'), encoding="utf-8")
    with pytest.raises(ConfigFaultError) as refused:
        load(file, {})
    assert "config.yaml:9" in str(refused.value)


def test_each_search_is_a_part_with_a_pace_of_its_own_in_the_lane_of_searches(tmp_path):
    given = probe(tmp_path, 'query: "SELECT 1"', "every: 2m", "timeout: 10s")
    parts = given.parts(())
    assert {name: (each.every, each.timeout) for name, each in parts.items()} == {
        "statements": (30, 3),
        "by_phone": (120, 10),
    }
    assert (given.lane("statements"), given.lane("by_phone")) == ("", "searches")
    assert not set(given.metrics("statements")) & set(given.metrics("by_phone"))
    assert given.model_copy(update={"sources": ()}).parts(()).keys() == {"by_phone"}
