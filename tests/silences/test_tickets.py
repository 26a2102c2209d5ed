"""A ticket cannot be made or changed without the key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.silences.tickets import ForgedError, command, form, issue, read

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def a_ticket(action="take"):
    return issue(action, "ab" * 16, NOW, NOW + DAY, KEY)


@pytest.mark.parametrize("action", ["take", "silence"])
def test_what_was_signed_is_read(action):
    ticket = read(a_ticket(action), KEY)
    assert (ticket.action, ticket.subject, ticket.issued, ticket.expires) == (action, "ab" * 16, NOW, NOW + DAY)


def test_no_two_are_alike():
    assert read(a_ticket(), KEY).nonce != read(a_ticket(), KEY).nonce


@given(st.integers(0, 77), st.integers(1, 255))
def test_not_one_byte_may_be_changed(place, change):
    raw = bytearray(base64.urlsafe_b64decode(a_ticket()))
    raw[place] ^= change
    with pytest.raises(ForgedError):
        read(base64.urlsafe_b64encode(raw).decode(), KEY)


@given(st.text(max_size=200))
def test_nothing_else_is_a_ticket(text):
    with pytest.raises(ForgedError):
        read(text, KEY)


def test_another_key_signs_nothing_here():
    with pytest.raises(ForgedError):
        read(a_ticket(), b"x" * 32)


def test_what_is_signed_for_one_purpose_is_no_good_for_another():
    assert len({form("", 0, KEY), form("li", 0, KEY), form("", 1, KEY), command(KEY)}) == 4
