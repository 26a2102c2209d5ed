"""The last errors of a probe, after it has recovered as well."""

from datetime import UTC, datetime, timedelta

from exporter.failures import KEPT, LONGEST, Failures
from exporter.model import Name, Reading

AT = datetime(2026, 3, 1, tzinfo=UTC)
NAME = Name("main", "pending_paid")


def after(*errors):
    failures = Failures()
    for number, error in enumerate(errors):
        failures.note(Reading("pending_paid", "main", AT + timedelta(seconds=number), 0.1, error=error))
    return failures


def test_the_same_error_again_and_again_is_one_with_its_number():
    [failure] = after("gone", "gone", "gone").of(NAME)
    assert (failure.first, failure.last, failure.times) == (AT, AT + timedelta(seconds=2), 3)


def test_an_error_that_comes_back_is_told_again_and_the_latest_comes_first():
    assert [each.text for each in after("gone", None, "gone", "locked", None).of(NAME)] == ["locked", "gone", "gone"]


def test_few_are_kept_and_none_is_endless():
    found = after(*(f"{number}" * 2000 for number in range(20))).of(NAME)
    assert len(found) == KEPT
    assert all(len(each.text) == LONGEST for each in found)


def test_what_is_watched_no_more_is_forgotten():
    failures = after("gone")
    failures.only([])
    assert failures.of(NAME) == ()
