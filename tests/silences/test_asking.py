"""What may be asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exporter.silences import SilenceFaultError
from exporter.silences.asking import silence

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DAYS = 86400.0


def ask(*matchers, length="4h", by="Li Lei", comment=""):
    return silence(
        written_matchers=matchers or ("severity=warning",),
        length=length,
        by=by,
        comment=comment,
        longest=30 * DAYS,
        now=NOW,
    )


def test_a_silence_begins_now_and_ends_when_it_was_asked_to():
    made = ask(length="1h30m")
    assert (made.starts, made.ends, made.kind) == (NOW, NOW + timedelta(minutes=90), "silence")


@pytest.mark.parametrize("length", ["31d", "520w", "forever", "inf", "-1h", "0s", "30s", "", "99999999999d"])
def test_no_silence_is_for_ever_or_for_nothing(length):
    with pytest.raises(SilenceFaultError):
        ask(length=length)


def test_what_is_too_long_is_told_with_the_longest_there_may_be():
    with pytest.raises(SilenceFaultError, match=r"31d is longer .*\(30d\).*alerts\.longest_silence"):
        ask(length="31d")


@pytest.mark.parametrize("matchers", [("a=",), ("severity=~.*",), ("severity!=x", "shop!~y.+")])
def test_what_matches_every_alert_is_refused(matchers):
    with pytest.raises(SilenceFaultError, match="match every alert"):
        ask(*matchers)


def test_too_many_matchers_are_refused():
    with pytest.raises(SilenceFaultError, match="more than 20"):
        ask(*["a=b"] * 21)


@pytest.mark.parametrize("by", ["", "  ", "\u200b\u202e"])
def test_somebody_must_have_asked(by):
    with pytest.raises(SilenceFaultError, match="give a name"):
        ask(by=by)


def test_names_and_comments_are_one_line_short_and_without_telephone_numbers():
    made = ask(by="张三\n13812345678 " + "x" * 99, comment="call 13812345678\x07")
    assert "\n" not in made.by
    assert len(made.by) <= 40
    assert "13812345678" not in made.by + made.comment
    assert made.comment == "call 138****5678"
