"""The comparison alone: any day, any file."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.export_rows.comparing import Further, Terms, agrees, compare
from exporter.probes.export_rows.nouns import Bracket, Count, Exported, Pair, Sampled, Window

SINCE = datetime(2026, 2, 27, 16, tzinfo=UTC)
WINDOW = Window(SINCE, SINCE + timedelta(days=1))
TERMS = Terms()

counts = st.integers(0, 2_000_000)


def bracket(before, after=None):
    return Bracket(WINDOW, before, after or before)


def file(orders, amount=None, **more):
    return Exported(orders, orders, amount, amount, **more)


@given(counts, counts, counts)
def test_what_lies_between_the_counts_is_true_and_nothing_else(before, after, orders):
    verdict = compare(file(orders), bracket(Count(before), Count(after)), TERMS)
    low, high = sorted((before, after))
    assert (verdict.missing == verdict.extra == 0) == (low <= orders <= high)
    assert verdict.missing == max(0, low - orders)
    assert verdict.extra == max(0, orders - high)


@given(counts, st.decimals(0, 10**9, places=2))
def test_a_file_that_agrees_needs_no_second_count_and_has_no_finding(orders, amount):
    count, exported = Count(orders, amount), file(orders, amount)
    assert agrees(exported, count, TERMS)
    verdict = compare(exported, bracket(count), TERMS)
    assert (verdict.missing, verdict.extra, verdict.difference, verdict.found) == (0, 0, 0, {})


@given(counts, counts, counts, counts)
def test_a_sum_is_compared_only_while_nothing_changes(before, after, ours, theirs):
    verdict = compare(file(before, theirs), bracket(Count(before, ours), Count(after, ours)), TERMS)
    assert verdict.difference == (theirs - ours if before == after else None)


@given(counts, st.integers(1, 1000), st.integers(0, 1000))
def test_a_file_with_what_the_replica_shows_is_the_replicas(shown, lacks, more):
    before = Count(shown + lacks)
    verdict = compare(
        file(shown), bracket(before, Count(shown + lacks + more)), TERMS, Further({"r": (shown, shown + 1)})
    )
    assert verdict.found["replica"].count == verdict.missing == lacks
    other = compare(file(shown), bracket(before), TERMS, Further({"r": (shown + lacks, shown + lacks)}))
    assert "replica" not in other.found


def test_a_round_number_alone_is_no_fault():
    for rows in (1_000, 65_535, 65_536, 1_048_575, 1_048_576, 30_000):
        assert compare(file(rows), bracket(Count(rows)), TERMS).found == {}
        assert set(compare(file(rows), bracket(Count(rows + 1)), TERMS).found) == {"truncated"}
    assert compare(file(1_001), bracket(Count(1_002)), TERMS).found == {}


def sampled(*both):
    """Pairs of (file, primary) amounts in fen."""
    return [Pair(Sampled(f"OH{place}", theirs, theirs, None), ours, None) for place, (theirs, ours) in enumerate(both)]


def found(*both):
    return set(compare(file(9, 1), bracket(Count(9, 2)), TERMS, Further(pairs=sampled(*both))).found)


def test_amounts_are_classed_by_the_orders_that_differ():
    ours = [100, 250, 399, 1280, 5000, 77777]
    assert found(*zip(ours, ours, strict=True)) == set()
    assert found(*((each * 100, each) for each in ours)) == {"amount_unit"}
    assert found(*((Decimal(each) / 100, each) for each in ours)) == {"amount_unit"}
    assert found(*((each + Decimal("0.0000001"), each) for each in ours)) == {"amount_float"}
    assert found(*((round(each * 7.1234), each) for each in ours)) == {"amount_rate"}
    assert found(*((each - 1000, each) for each in ours)) == {"amount_column"}
    assert found(*((each * 7, each) for each in ours[:2])) == {"amount_column"}
    assert found((0, 100), (100, 0), (None, 5), (5, None)) == {"amount_column"}


def timed(*offsets):
    return [Pair(Sampled(f"OH{place}", None, None, theirs), None, ours) for place, (theirs, ours) in enumerate(offsets)]


def test_times_that_are_something_else_prove_nothing():
    """The column is that of payment, say: some of its times lie beyond the day."""
    exported = file(10, outside=4, earliest=3600.0, latest=90_000.0, minutes=(0,) * 1440)
    said = Further(pairs=timed((90_000.0, 80_000.0), (4000.0, 100.0), (7000.0, 6500.0)))
    verdict = compare(exported, bracket(Count(10)), TERMS, said)
    assert (verdict.missing, verdict.extra, verdict.found) == (0, 0, {})


def test_orders_outside_of_the_day_are_no_substitute_for_those_inside():
    exported = file(10, outside=4, earliest=3600.0, latest=90_000.0, minutes=(0,) * 1440)
    said = Further(pairs=timed((90_000.0, 90_000.0), (4000.0, 4000.0)))
    verdict = compare(exported, bracket(Count(10)), TERMS, said)
    assert (verdict.missing, verdict.extra) == (4, 4)
    assert set(verdict.found) == {"boundary"}
