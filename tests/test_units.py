from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import units


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30.0), ("2m", 120.0), ("200ms", 0.2), ("1h30m", 5400.0), (5, 5.0), ("1.5s", 1.5)]
)
def test_a_duration_is_read_as_people_write_it(text, value):
    assert units.seconds(text) == value


@pytest.mark.parametrize("text", ["", "30", "30 sec", "s", "-3s", None, True, [1]])
def test_what_is_no_duration_says_what_to_write(text):
    with pytest.raises(ValueError, match="write for example 30s"):
        units.seconds(text)


@given(st.integers(min_value=1, max_value=40 * 86400))
def test_a_written_duration_reads_back(amount):
    assert units.seconds(units.written(float(amount))) == amount


@pytest.mark.parametrize(("text", "value"), [("50KB", 51200), ("1MB", 1048576), ("10B", 10), (12, 12), ("1.5kb", 1536)])
def test_a_size_is_read_as_people_write_it(text, value):
    assert units.size(text) == value


@pytest.mark.parametrize("text", ["50", "fifty", "5TB", None])
def test_what_is_no_size_says_what_to_write(text):
    with pytest.raises(ValueError, match="write for example 50KB"):
        units.size(text)
