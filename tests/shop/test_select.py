"""What may stand in config.yaml as a SELECT, and how it gets an end."""

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.database.select import Select


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "select id from orders where phone like '%138%' order by id desc limit 20;",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH recent AS (SELECT id FROM orders) SELECT * FROM recent",
        "SELECT `update`, t.delete, REPLACE(a, ';', '--'), updated_at FROM t FORCE INDEX (i) WHERE note = 'DROP TABLE x'",
        "SELECT a::text, 'it''s', \"we;ird\" FROM t WHERE a = :number AND b <> 5 - -3 AND c LIKE '50\\%'",
        "SELECT pg_is_in_recovery(), COUNT(*) FILTER (WHERE a > 1) FROM t FETCH FIRST 5 ROWS ONLY",
    ],
)
def test_a_select_is_taken(text):
    assert Select.parse(text).text == text.rstrip(";")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a SELECT; write one statement"),
        ("UPDATE orders SET status = 'paid'", "is not a SELECT"),
        ("SHOW TABLES", "is not a SELECT"),
        ("SELECT 1; DROP TABLE orders", "more than one statement"),
        ("SELECT `a;b` FROM t", "that is not closed"),
        ("SELECT id FROM orders INTO OUTFILE '/tmp/x'", "the word INTO"),
        ("SELECT id INTO copy_of_orders FROM orders", "the word INTO"),
        ("SELECT id FROM orders FOR UPDATE", "locks rows"),
        ("SELECT id FROM orders FOR NO KEY UPDATE", "locks rows"),
        ("SELECT id FROM orders LOCK IN SHARE MODE", "the word LOCK"),
        ("WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone", "the word DELETE"),
        ("SELECT /*!50000 SLEEP(9) */ 1", "has a comment"),
        ("SELECT /*+ NO_INDEX(t) */ 1 FROM t", "has a comment"),
        ("SELECT 1 -- ' \n INTO @x", "has a comment"),
        ("SELECT 1 # ' \n INTO @x -- '", "has a comment"),
        ("SELECT '\\' FROM t; DROP TABLE orders -- '", "before a quote"),
        ('SELECT "\\" FROM t', "before a quote"),
        ("SELECT 'open FROM t", "not closed"),
        ("SELECT $$;$$", "has a $"),
        ("SELECT id FROM t WHERE phone = ?", "write a value as :name"),
        ("SELECT @n := 1", "assigns with :="),
        ("SELECT SLEEP(10)", "calls sleep()"),
        ("SELECT pg_catalog.pg_sleep (10)", "calls pg_sleep()"),
        ("SELECT GET_LOCK('x', 9)", "calls get_lock()"),
        ("SELECT load_file('/etc/passwd')", "calls load_file()"),
        ("SELECT 1\x00", "cannot be read"),
        ("SELECT " + "1," * 20_000 + "1", "longer than"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text, said):
    with pytest.raises(ValueError) as refused:
        Select.parse(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("SELECT id FROM t", None),
        ("SELECT id FROM t LIMIT 20", 20),
        ("SELECT id FROM t LIMIT 20 OFFSET 400", 20),
        ("SELECT id FROM t LIMIT 400, 20", 20),
        ("SELECT id FROM t OFFSET 5 ROWS FETCH NEXT 20 ROWS ONLY", 20),
        ("SELECT id FROM t WHERE id IN (SELECT id FROM u LIMIT 3)", None),
        ("SELECT 'LIMIT 5' FROM t", None),
        ("(SELECT 1 LIMIT 3) UNION (SELECT 2 LIMIT 3)", None),
    ],
)
def test_its_own_limit_is_found(text, limit):
    assert Select.parse(text).limit() == limit


@pytest.mark.parametrize(
    "text", ["SELECT 1 LIMIT :n", "SELECT 1 LIMIT ALL", "SELECT 1 LIMIT (SELECT 9)", "SELECT 1 LIMIT 10, x"]
)
def test_a_limit_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="write LIMIT 50"):
        Select.parse(text).bounded(1000, {"n": 1})


def test_rows_have_an_end():
    assert str(Select.parse("SELECT id FROM t").bounded(1000, {})).endswith("\nLIMIT 1000")
    assert str(Select.parse("SELECT id FROM t LIMIT 5").bounded(1000, {})) == "SELECT id FROM t LIMIT 5"
    with pytest.raises(ValueError, match="more than 1,000 rows"):
        Select.parse("SELECT id FROM t LIMIT 5000").bounded(1000, {})


@pytest.mark.parametrize("text", ["SELECT ':no', '12:30:00', \"a:b\", :value, '%d%%'"])
def test_a_colon_within_a_text_is_no_value(text, tmp_path):
    import sqlalchemy

    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as link:
        row = link.execute(Select.parse(text.replace('"a:b"', "'a:b'")).bounded(1, {"value": "it's"})).one()
    engine.dispose()
    assert tuple(row) == (":no", "12:30:00", "a:b", "it's", "%d%%")


FRAGMENTS = [
    "SELECT ",
    "1",
    " ",
    "'",
    '"',
    "`",
    ";",
    "\\",
    "--",
    "#",
    "/*",
    "*/",
    "\n",
    "DROP TABLE t",
    "$",
    "(",
    ")",
    ",",
    "''",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@example("'\\'';DROP TABLE t--'")
def test_what_is_taken_is_one_statement_to_a_database_as_well(text):
    try:
        select = Select.parse("SELECT " + text)
    except ValueError:
        return
    link = sqlite3.connect(":memory:")
    link.execute("CREATE TABLE t (a)")
    said = ""
    try:
        link.execute(select.text)
    except (sqlite3.Warning, sqlite3.Error) as error:
        said = str(error)
    assert "one statement" not in said
    assert link.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (1,)
    link.close()
