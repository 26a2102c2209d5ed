"""Which messages a sample takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.queues import Body, Message
from exporter.queues.drawing import spread


@given(st.lists(st.integers(0, 500), max_size=8), st.integers(0, 60))
def test_a_sample_is_spread_over_all_and_takes_none_twice(counts, most):
    drawn = spread(counts, most)
    assert len(drawn) == len(counts)
    assert sum(map(len, drawn)) == min(most, sum(counts))
    for count, places in zip(counts, drawn, strict=True):
        assert places == sorted(set(places))
        assert all(0 <= place < count for place in places)
        assert len(places) <= -(-count * most // max(1, sum(counts))) + 1


def test_a_body_is_not_in_what_is_written_of_it():
    assert "13800000000" not in repr(Body(Message("t", "", "1", 11), b"13800000000"))
