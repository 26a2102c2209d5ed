"""What came between two runs, whatever the server did to its counters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.slow_queries import memory
from exporter.probes.slow_queries.ledger import KNOWN, Ledger, Row, Seen
from exporter.probes.slow_queries.statement import Cost, Shape

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
AT = BEGAN + timedelta(hours=5)
STEP = timedelta(seconds=30)
SHAPE = Shape.of("a" * 64, "shop", "SELECT `id` FROM `orders` WHERE `phone` LIKE ?")


def row(runs, seconds, *, shape=SHAPE, first=BEGAN, **more):
    cost = Cost(runs, int(seconds * 10**12))
    return Row(shape, cost._replace(**more), first)


def seen(at, *rows, server="one", began=BEGAN, **more):
    return Seen(at, server, began, rows, more)


def ledger(*rows, **more):
    return Ledger().follow(seen(AT, *rows, **more), 1.0)


def told(book):
    return {key: (each.seconds, each.last.runs) for key, each in book.known.items()}


def test_what_was_there_before_we_looked_is_not_counted():
    book = ledger(row(100, 500))
    assert told(book) == {SHAPE.key: (0, 0)}
    assert book.slow == {}


def test_the_difference_of_two_runs_is_counted_and_is_slow_by_its_average():
    book = ledger(row(100, 500)).follow(seen(AT + STEP, row(102, 503)), 1.0)
    assert told(book) == {SHAPE.key: (3, 2)}
    assert book.slow == {"shop": 2}
    assert book.follow(seen(AT + 2 * STEP, row(112, 504)), 1.0).slow == {"shop": 2}  # ten fast ones


@pytest.mark.parametrize(
    ("now", "server"),
    [
        (row(2, 4, first=AT + timedelta(seconds=9)), {"began": AT + timedelta(seconds=5)}),  # it restarted
        (row(2, 4), {}),  # the table was emptied, and the first sight with it
        (row(2, 4, first=AT + timedelta(seconds=9)), {}),  # the row was thrown out and came again
        (row(200, 4, first=AT + timedelta(seconds=9)), {}),  # … and counts more than before already
    ],
)
def test_after_a_reset_what_the_server_counts_is_all_new(now, server):
    book = ledger(row(100, 500)).follow(seen(AT + STEP, now, **server), 1.0)
    assert told(book) == {SHAPE.key: (4, now.cost.runs)}


def test_a_statement_that_first_ran_since_the_last_run_counts_as_a_whole_and_an_old_one_from_now_on():
    new = row(1, 8, shape=replace(SHAPE, digest="new"), first=AT + timedelta(seconds=3))
    old = row(900, 900, shape=replace(SHAPE, digest="old"))
    book = ledger().follow(seen(AT + STEP, new, old), 1.0)
    assert told(book) == {"shop/new": (8, 1), "shop/old": (0, 0)}
    assert book.slow == {"shop": 1}


def test_another_server_behind_the_same_address_is_a_new_beginning_without_losing_what_was_counted():
    book = ledger(row(100, 500)).follow(seen(AT + STEP, row(101, 505)), 1.0)
    moved = book.follow(seen(AT + 2 * STEP, row(7_000, 9_000), server="two"), 1.0)
    assert told(moved)[SHAPE.key][0] == 5
    assert moved.slow == {"shop": 1}
    assert told(moved.follow(seen(AT + 3 * STEP, row(7_001, 9_002), server="two"), 1.0))[SHAPE.key] == (7, 1)


def test_the_share_of_lost_statements_is_of_the_time_since_the_last_run():
    book = ledger(questions=1_000, lost=10)
    assert book.grew == {}
    assert book.follow(seen(AT + STEP, questions=1_200, lost=60), 1.0).grew == {"questions": 200, "lost": 50}
    restarted = seen(AT + STEP, questions=5, lost=0, began=AT + timedelta(seconds=9))
    assert book.follow(restarted, 1.0).grew == {}


def test_two_digests_that_begin_alike_are_one():
    book = ledger(row(1, 1), row(2, 2)).follow(seen(AT + STEP, row(2, 2), row(4, 5)), 1.0)
    assert told(book) == {SHAPE.key: (4, 3)}


def test_a_memory_has_an_end_and_keeps_what_runs_and_what_is_heavy():
    many = [row(1, 1, shape=replace(SHAPE, digest=f"d{number}")) for number in range(KNOWN)]
    heavy = row(1, 1, shape=replace(SHAPE, digest="heavy"))
    book = ledger(*many, heavy).follow(seen(AT + STEP, replace(heavy, cost=Cost(2, 9 * 10**12))), 1.0)
    fresh = [row(1, 1, shape=replace(SHAPE, digest=f"e{number}")) for number in range(KNOWN - 1)]
    book = book.follow(seen(AT + 2 * STEP, *fresh), 1.0)
    assert len(book.known) == KNOWN
    assert "shop/heavy" in book.known


def test_a_memory_is_written_down_and_read_again():
    book = ledger(row(100, 500), questions=9, lost=1).follow(
        seen(AT + STEP, row(103, 503.3), questions=12, lost=1), 1.0
    )
    again = memory.loads(memory.dumps(book))
    assert again.known == book.known
    assert (again.at, again.server, again.slow, again.more) == (book.at, book.server, book.slow, book.more)
    later = seen(AT + 2 * STEP, row(104, 505.3), questions=20, lost=1)
    assert told(again.follow(later, 1.0)) == told(book.follow(later, 1.0))
    assert memory.loads({"known": {"x": [1]}}) == memory.loads({"at": 5}) == Ledger()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["run", "restart", "truncate", "evict", "failover", "our restart"]),
        st.integers(0, 5),
        st.integers(0, 4_000),
    ),
    max_size=30,
)


@given(EVENTS)
def test_counters_never_fall_and_never_count_what_did_not_happen(events):
    book, at, runs, spent, first, began, server = Ledger(), AT, 50, 50_000, BEGAN, BEGAN, 0
    happened, before = 0.0, (0.0, 0)
    for event, more, milliseconds in [("run", 1, 5), *events]:
        at += STEP
        if event in ("restart", "truncate", "evict", "failover"):
            runs, spent, first = 0, 0, at - timedelta(seconds=20)
            began = at - timedelta(seconds=20) if event in ("restart", "failover") else began
            server += event == "failover"
        if event == "our restart":
            book = memory.loads(memory.dumps(book))
        runs, spent = runs + more, spent + milliseconds * more
        happened += milliseconds * more / 1000
        rows = [row(runs, spent / 1000, first=first)] if runs else []
        book = book.follow(seen(at, *rows, server=str(server), began=began), 1.0)
        now = (told(book).get(SHAPE.key, (0.0, 0))[0], book.slow.get("shop", 0))
        assert now[0] >= before[0]
        assert now[1] >= before[1]
        before = now
    assert before[0] <= happened + 1e-6
