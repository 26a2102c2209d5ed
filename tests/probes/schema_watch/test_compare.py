"""What differs between two outlines, held against generated ones; and which differences matter."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.schema_watch.compare import Needs, diff, judged
from exporter.probes.schema_watch.outline import WHATS, Outline

NAMES = st.text(min_size=1, max_size=64)
PIECES = st.lists(st.text(max_size=20), min_size=1, max_size=4).map(tuple)
PARTS = st.dictionaries(st.tuples(st.sampled_from(WHATS), NAMES), PIECES, max_size=8)
OUTLINES = PARTS.map(lambda parts: Outline(parts, {part: ("a",) for part in parts if part[0] in ("trigger", "view")}))
UNSEEN = st.frozensets(st.sampled_from(["columns", "indexes", "triggers", "views"]))


@given(OUTLINES)
def test_equal_outlines_do_not_differ(outline):
    assert diff(outline, outline) == ()
    assert diff(outline, Outline.loads(outline.dumps())) == ()


@given(OUTLINES, OUTLINES)
def test_the_changes_applied_to_the_old_outline_give_the_new_one(old, new):
    parts = dict(old.parts)
    for change in diff(old, new):
        assert parts.pop((change.what, change.name), None) == change.before
        if change.after is not None:
            parts[change.what, change.name] = change.after
    assert parts == new.parts


@given(OUTLINES, OUTLINES, UNSEEN, UNSEEN)
def test_what_cannot_be_seen_is_never_new_and_never_gone(old, new, before, now):
    old, new = replace(old, unseen=before), replace(new, unseen=now)
    for change in diff(old, new):
        kind = {"column": "columns", "index": "indexes", "trigger": "triggers", "view": "views"}[change.what]
        assert change.before is not None or kind not in before
        assert change.after is not None or kind not in now or kind == "columns"


@given(OUTLINES, OUTLINES, UNSEEN)
def test_what_an_account_sees_no_more_and_then_again_was_no_change(old, other, hidden):
    kinds = {"triggers": "trigger", "views": "view", "indexes": "index"}
    blind = {part: pieces for part, pieces in old.parts.items() if part[0] not in {kinds.get(each) for each in hidden}}
    dark = Outline(blind, {}, hidden - {"columns"})
    assert diff(old, dark) == ()
    assert diff(dark.after(old), old) == ()


@given(OUTLINES, OUTLINES, st.frozensets(NAMES))
def test_every_difference_gets_a_verdict_that_fits_a_line(old, new, columns):
    verdicts = list(judged(old, new, Needs(columns, tuple((name, frozenset()) for name in columns))))
    assert len(verdicts) >= len(diff(old, new))


def table(**columns: str) -> Outline:
    return Outline({("column", name): (kind, "NULL") for name, kind in columns.items()}, {})


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("int", "bigint", "column_changed"),
        ("bigint", "int", "mapped_column_converted"),
        ("int", "int unsigned", "mapped_column_converted"),
        ("varchar(32)", "varchar(64)", "column_changed"),
        ("varchar(64)", "varchar(32)", "mapped_column_converted"),
        ("varchar(64)", "text", "mapped_column_converted"),
        ("character varying(32)", "character varying", "column_changed"),
        ("decimal(12,2)", "decimal(14,4)", "column_changed"),
        ("decimal(12,2)", "decimal(12,4)", "mapped_column_converted"),
        ("datetime", "datetime(3)", "column_changed"),
        ("datetime(3)", "datetime(6)", "column_changed"),
        ("datetime(3)", "datetime", "mapped_column_converted"),
        ("timestamp without time zone", "timestamp with time zone", "mapped_column_converted"),
        ("timestamp without time zone", "timestamp(3) without time zone", "mapped_column_converted"),
        ("int unsigned", "bigint unsigned", "column_changed"),
        ("int unsigned", "bigint", "mapped_column_converted"),
        ("enum(2)#a", "enum(3)#b", "mapped_column_converted"),
    ],
)
def test_a_wider_column_is_not_a_converted_one(before, after, kind):
    [verdict] = judged(table(no=before), table(no=after), Needs(frozenset(["no"])))
    assert verdict.kind == kind
    assert verdict.note.startswith(f"MODIFY {before.partition('#')[0]} → ")


def test_names_are_compared_as_the_database_does_and_two_likely_heirs_are_none():
    old, new = table(No="int"), table(a="int", b="int")
    verdicts = {verdict.name: verdict for verdict in judged(old, new, Needs(frozenset(["no"])))}
    assert verdicts["No"].kind == "mapped_column_gone"
    assert "?" not in verdicts["No"].note
