"""What follows from each kind of refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.delivery.verdict import back_off, verdict
from exporter.model import Receipt
from tests.delivery.test_pace import a_row


def judged(outcome, again_in=None, answered=True, **row):
    return verdict(a_row(**row), Receipt(False, "no", again_in, outcome), answered=answered, jitter=0.5)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_back_off_stays_between_a_second_and_five_minutes(attempts, jitter):
    assert 1.0 <= back_off(attempts, jitter) <= 300.0


def test_a_robot_that_cannot_be_reached_is_left_alone_for_every_card():
    assert judged("retry", answered=False, attempts=9).hold == 300.0


def test_a_card_that_the_room_keeps_answering_with_a_fault_steps_aside():
    assert judged("retry", attempts=0).hold == 1.0
    assert judged("retry", attempts=3).hold == 0.0
    assert judged("retry", attempts=3).again_in == 8.0


def test_a_throttled_robot_pauses_as_long_as_it_says():
    found = judged("wait", 600)
    assert (found.result, found.hold, found.pause) == ("throttled", 600, True)


def test_a_refused_content_is_sent_plainly_once():
    assert judged("content").plain
    assert judged("split").again_in == 0.0
    assert judged("content", plain=True).again_in is None


def test_a_wrong_token_parks_the_card_and_not_the_robot():
    found = judged("permanent")
    assert (found.result, found.again_in, found.hold) == ("refused", 300.0, 0.0)


@pytest.mark.parametrize("outcome", ["retry", "accepted"])
def test_a_no_of_any_other_kind_is_tried_again(outcome):
    assert judged(outcome, 30).again_in == 30
