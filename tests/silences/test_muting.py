"""Which alerts are muted: by whom, until when, and above all which are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exporter.model import Alert, Silence
from exporter.silences import digest, mutes
from exporter.silences.matchers import exactly
from exporter.silences.muting import stands

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alert(since=NOW - HOUR, **labels):
    return Alert("Paid", {"alertname": "Paid", **labels}, "firing", since, 1.0)


def taken(*alerts, starts=NOW - timedelta(minutes=5), by="张三", name="t"):
    keys = tuple(digest(each.key) for each in alerts)
    return Silence(name, "acknowledgement", (), starts, starts + HOUR, by, alerts=keys)


def silence(starts=NOW - timedelta(minutes=5), ends=NOW + HOUR, name="s", **labels):
    return Silence(name, "silence", exactly(labels), starts, ends, "Li Lei", "stocktaking")


def test_a_silence_mutes_what_it_matches_also_what_comes_later():
    old, new, other = alert(shop="a"), alert(since=NOW, shop="a", sku="1"), alert(shop="b")
    found = mutes([silence(shop="a")], [old, new, other], NOW)
    assert set(found) == {old.key, new.key}
    mute = found[old.key]
    assert (mute.why, mute.by, mute.until, mute.comment, mute.silence) == (
        "silenced", "Li Lei", NOW + HOUR, "stocktaking", "s"
    )  # fmt: skip


def test_an_acknowledgement_covers_its_own_alerts_only():
    mine, other = alert(shop="a"), alert(shop="b")
    assert set(mutes([taken(mine)], [mine, other], NOW)) == {mine.key}


def test_an_alert_that_ended_and_began_anew_is_nobodys():
    mine = alert(shop="a")
    again = replace(mine, since=NOW - timedelta(minutes=1))
    assert mutes([taken(mine)], [again], NOW) == {}
    assert not stands(taken(mine), [again], NOW)
    assert stands(taken(mine), [mine], NOW)
    assert not stands(taken(mine), [], NOW)


def test_the_end_of_a_taken_alert_still_knows_who_took_it():
    over = replace(alert(shop="a"), status="resolved")
    assert mutes([taken(over)], [over], NOW)[over.key].by == "张三"


def test_taken_goes_before_silenced_and_the_last_to_take_it_has_it():
    mine = alert(shop="a")
    first, last = taken(mine, by="A", name="1"), taken(mine, by="B", starts=NOW - timedelta(minutes=1), name="2")
    mute = mutes([last, silence(shop="a"), first], [mine], NOW)[mine.key]
    assert (mute.why, mute.by) == ("acknowledged", "B")


def test_of_two_silences_the_longer_one_is_told():
    mine = alert(shop="a")
    longer = silence(shop="a", ends=NOW + 3 * HOUR, name="long")
    assert mutes([longer, silence(shop="a")], [mine], NOW)[mine.key].silence == "long"


@given(st.integers(-7200, 7200))
def test_a_silence_mutes_from_its_start_until_just_before_its_end(seconds):
    mine, one = alert(shop="a"), silence(shop="a", starts=NOW - HOUR, ends=NOW + HOUR)
    at = NOW + timedelta(seconds=seconds)
    assert bool(mutes([one], [mine], at)) == (one.starts <= at < one.ends)
