"""What may leave now, what must wait, and what goes together."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from exporter.delivery.pace import MINUTE, Pace
from exporter.model import Card
from exporter.state import Pending

NOW = 1_000_000.0
numbers = count(1)


def a_row(critical=False, at=NOW, **more):
    card = Card(title="", status="firing", severity="", text="")
    values = {"attempts": 0, "parts": 0, "plain": False, "unsure": False, "alone": False, "size": 0}
    return Pending(next(numbers), "ops", card, at, critical, **{**values, **more})


def one(_):
    return 1


def choose(rows, used=0, weigh=one, per_minute=18):
    sends = [NOW - 59 + each / 1000 for each in range(used)]
    return Pace(per_minute).choose(rows, sends, NOW, weigh)


def test_cards_that_fit_leave_one_by_one_oldest_first():
    rows = [a_row() for _ in range(11)]
    assert choose(rows).rows == (rows[0],)


def test_cards_that_do_not_fit_go_together():
    rows = [a_row() for _ in range(500)]
    assert choose(rows).rows == tuple(rows)


def test_a_companion_message_counts_too():
    rows = [a_row() for _ in range(6)]
    assert len(choose(rows, weigh=lambda _: 2).rows) == 6
    assert len(choose(rows[:5], weigh=lambda _: 2).rows) == 1


def test_when_there_is_little_room_critical_cards_come_first_and_by_themselves():
    rows = [a_row() for _ in range(100)] + [a_row(critical=True)]
    assert choose(rows).rows == (rows[-1],)


def test_a_few_critical_cards_among_many_leave_by_themselves_and_in_a_storm_together():
    critical, rest = [a_row(critical=True) for _ in range(3)], [a_row() for _ in range(12)]
    assert choose([*rest, *critical]).rows == (critical[0],)
    storm = [*rest, *rest]
    assert choose([*storm, *critical]).rows == tuple(critical)
    assert choose([*storm, *critical[:2]]).rows == (critical[0],)
    assert choose([*storm, *critical[:2]], weigh=lambda _: 2).rows == tuple(critical[:2])
    assert choose([*rest, *rest], used=2).rows == (*rest, *rest)


def test_the_reserved_part_is_for_critical_cards_only():
    assert choose([a_row()], used=14).rows == ()
    assert choose([a_row(critical=True)], used=14).rows


def test_a_minute_that_is_spent_is_spent_for_all():
    choice = choose([a_row(critical=True)], used=18)
    assert choice.rows == ()
    assert choice.at == NOW + 1


def test_the_last_messages_of_a_minute_are_spaced_so_that_a_flood_is_told_soon():
    sends = [NOW - 1] * 11
    rows = [a_row() for _ in range(5)]
    assert Pace(18).choose(rows, sends, NOW, one).at == NOW - 1 + 15
    assert Pace(18).choose(rows, sends, NOW + 14, one).rows == tuple(rows)


def test_a_card_begun_is_never_merged():
    begun, rest = a_row(parts=1), [a_row() for _ in range(100)]
    assert choose([*rest, begun]).rows == (begun,)


def test_a_card_begun_that_must_wait_holds_up_no_critical_one():
    critical = a_row(critical=True)
    assert choose([a_row(parts=1), critical], used=14).rows == (critical,)


@given(st.integers(1, 30), st.lists(st.tuples(st.floats(0, 20), st.integers(0, 30), st.booleans()), max_size=20))
def test_no_sixty_seconds_ever_see_more_than_the_pace_and_all_is_told(per_minute, floods):
    """A model of the sender: what arrives is told in the end, and any window of a minute holds at most `per_minute`."""
    now, log, waiting = NOW, [], []
    arrivals = []
    for gap, size, critical in floods:
        now += gap
        arrivals.append((now, size, critical))
    arrived, told, now = sum(size for _, size, _ in arrivals), 0, NOW
    for _ in range(5000):
        while arrivals and arrivals[0][0] <= now:
            at, size, critical = arrivals.pop(0)
            waiting += [a_row(critical=critical, at=at) for _ in range(size)]
        if not waiting:
            if not arrivals:
                break
            now = arrivals[0][0]
            continue
        sends = [each for each in log if each > now - MINUTE]
        choice = Pace(per_minute).choose(waiting, sends, now, one)
        if choice.rows:
            log.append(now)
            told += len(choice.rows)
            waiting = [row for row in waiting if row not in choice.rows]
        else:
            assert choice.at > now
            now = min([choice.at, *(at for at, _, _ in arrivals[:1])])
    assert told == arrived
    assert all(late - early >= MINUTE for early, late in zip(log, log[per_minute:], strict=False))


def test_what_a_program_reads_is_never_merged_and_critical_comes_first():
    rows = [a_row() for _ in range(2_000)] + [a_row(critical=True)]
    pace = Pace(600, merging=False)
    assert pace.choose(rows, [], NOW, one).rows == (rows[-1],)
    assert pace.choose(rows[:-1], [], NOW, one).rows == (rows[0],)


def test_messages_keep_their_distance():
    pace = Pace(60, apart=0.25)
    assert pace.choose([a_row()], [NOW - 0.1], NOW, one).at == NOW + 0.15
    assert pace.choose([a_row(), a_row()], [NOW - 0.3], NOW, one).rows
