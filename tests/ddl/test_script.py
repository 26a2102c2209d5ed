"""A file is cut into statements as the mysql client cuts it, with their places; what cannot be cut is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.ddl import read
from exporter.ddl.script import LONGEST, MOST, statements


def cut(text, family="mysql"):
    found, faults = statements(text, family)
    assert faults == []
    return [each.text for each in found]


def test_strings_names_and_comments_hide_their_semicolons():
    assert cut("SELECT 'a;b', \"c;d\", `e;f` -- g;h\n; # i;j\nSELECT 2 /* k; */;") == [
        "SELECT 'a;b', \"c;d\", `e;f`",
        "SELECT 2",
    ]


def test_delimiter_is_the_clients_word_and_ends_a_trigger():
    text = (
        "DELIMITER //\nCREATE TRIGGER t BEFORE INSERT ON o FOR EACH ROW BEGIN SET NEW.a = 1; END//\nDELIMITER ;\nUSE x;"
    )
    assert [each.split()[0] for each in cut(text)] == ["CREATE", "USE"]


def test_a_body_without_delimiter_ends_where_its_begin_ends():
    text = "CREATE TRIGGER t AFTER UPDATE ON o BEGIN UPDATE s SET a = CASE WHEN 1 THEN 2 END; END; DROP TABLE o;"
    assert len(cut(text, "sqlite")) == 2
    text = "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; END; DROP TABLE o;"
    assert len(cut(text)) == 2
    assert len(cut("BEGIN; UPDATE o SET a = 1 WHERE id = 2; COMMIT;")) == 3


def test_a_dollar_quoted_body_of_postgres_is_one_statement():
    assert (
        len(cut("CREATE FUNCTION f() RETURNS int AS $body$ SELECT 1; $body$ LANGUAGE sql; DROP TABLE o", "postgresql"))
        == 2
    )


def test_what_the_server_runs_inside_a_comment_is_read():
    found, _ = read("/*!50003 DROP TABLE orders */;", "mysql")
    assert [each.verb for each in found] == ["DROP"]


def test_places_count_lines_and_columns_from_one():
    found, _ = statements("\n\n  USE a;   DROP TABLE b;\nDROP\n TABLE c")
    assert [(each.line, each.column) for each in found] == [(3, 3), (3, 12), (4, 1)]


def test_a_comment_speaks_of_the_statement_below_it_or_before_it_on_its_line():
    text = "-- order-health: allow table-dropped nobody reads it\nDROP TABLE a;\nDROP TABLE b; -- order-health: allow used-table gone\n"
    found, _ = statements(text + "DROP TABLE c;")
    assert [dict(each.allowed) for each in found] == [{"table-dropped": "nobody reads it"}, {"used-table": "gone"}, {}]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("USE a;\nDROP TABLE 'b;", 2, "string"),
        ("USE a;\n/* DROP", 2, "comment"),
        ("USE a;\n\nDROP TABLE `b;", 3, "name"),
        ("\0\1\2", 1, "binary"),
        (" " * (LONGEST + 1), 1, "dump"),
        ("USE a;" * (MOST + 1), 1, "dump"),
    ],
)
def test_what_cannot_be_cut_is_told_with_its_line(text, line, told):
    _, faults = statements(text)
    assert told in faults[0].text
    assert faults[0].line == line


@pytest.mark.parametrize("text", ["", "  \n", "-- only a comment\n", ";;;"])
def test_a_file_without_a_statement_is_a_fault(text):
    assert "no statement" in read(text, "mysql")[1][0].text


@pytest.mark.parametrize(
    ("sql", "line", "column"),
    [
        ("ALTER TABLE a ADD b INT,\n  DRP COLUMN c", 2, 3),
        ("DROP TABLE a;\nFOO BAR;", 2, 1),
        ("USE a; UPDATE a SET b = WHERE", 1, 25),
        ("ALTER TABLE a", 1, 14),
        ("CREATE INDEX i ON t", 1, 20),
        ("ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b)", 1, 47),
    ],
)
def test_what_does_not_parse_is_told_with_its_place(sql, line, column):
    (fault,) = read(sql, "mysql")[1]
    assert (fault.line, fault.column) == (line, column)


def test_every_fault_of_a_file_is_told_at_once():
    assert [fault.line for fault in read("FOO;\nBAR;\nDROP TABLE a;\nBAZ;", "mysql")[1]] == [1, 2, 4]


def test_a_comment_may_let_a_statement_pass_that_does_not_parse():
    found, faults = read("-- order-health: allow not-judged of another server\nFOO BAR;", "mysql")
    assert (len(found), faults) == (1, [])


WORDS = """ALTER TABLE orders ADD COLUMN x INT DROP INDEX MODIFY CHANGE VARCHAR ( 10 ) , ; ' " ` -- # /* */ /*! $$ DELIMITER
// BEGIN END CREATE TRIGGER UPDATE SET = WHERE DELETE FROM RENAME TO CONVERT CHARACTER UNIQUE KEY PRIMARY FOREIGN REFERENCES
ALGORITHM LOCK USE TRUNCATE @@ . \n ENUM 'a' NOT NULL DEFAULT AFTER IF EXISTS PARTITION LIKE '%a' 订单""".split(" ")  # noqa: SIM905 - as a file reads
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))


@given(TEXTS, st.sampled_from(["mysql", "postgresql", "sqlite"]))
def test_any_text_is_understood_or_told(text, family):
    found, faults = read(text, family)
    assert found or faults
    last = text.count("\n") + 1
    assert all(1 <= fault.line <= last and fault.column >= 1 for fault in faults)
    assert all(1 <= each.statement.line <= last for each in found)
