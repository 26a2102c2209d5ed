"""The tally of many sizes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.queues import BOUNDS, Arrivals, Tally

SIZES = st.lists(st.integers(0, 20_000_000))


@given(SIZES, SIZES)
def test_tallies_add_up_as_if_all_had_been_counted_at_once(some, others):
    assert Tally.of(some) + Tally.of(others) == Tally.of([*some, *others])


@given(SIZES)
def test_a_size_is_in_the_bucket_whose_bound_it_does_not_exceed(sizes):
    tally = Tally.of(sizes)
    for number, bound in enumerate(BOUNDS):
        assert sum(tally.buckets[: number + 1]) == sum(size <= bound for size in sizes)
    assert (tally.count, tally.sum, tally.largest) == (len(sizes), sum(sizes), max(sizes, default=0))


def test_coverage_says_how_much_of_what_arrived_was_looked_at():
    assert Arrivals({}, arrived=4, stored=Tally.of([1])).coverage == 0.25
    assert Arrivals({}).coverage == 1
