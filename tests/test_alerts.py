"""An alert is told of twice: when it begins to fire, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exporter.alerts import Unsure, step
from exporter.model import Finding

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def found(rule="Pending", value=1.0, wait=0.0, keep=0.0, **labels):
    return Finding(rule, {"alertname": rule, **labels}, value, {"summary": f"{value:g}"}, wait=wait, keep=keep)


def after(seconds):
    return START + timedelta(seconds=seconds)


def told(rounds, unsure=()):
    """(seconds, status) of every flip, for rounds of (seconds, findings)."""
    active, flips = {}, []
    for seconds, findings in rounds:
        active, new = step(active, findings, after(seconds), unsure)
        flips += [(seconds, flip.alert.status) for flip in new]
    return flips


def test_without_for_an_alert_fires_in_the_round_that_finds_it():
    assert told([(0, [found()])]) == [(0, "firing")]


def test_an_alert_waits_for_its_for_counted_from_when_it_began_to_hold():
    rounds = [(seconds, [found(wait=60)]) for seconds in (0, 30, 59, 60, 90)]
    assert told(rounds) == [(60, "firing")]


def test_what_ceases_to_hold_before_its_time_is_never_told():
    assert told([(0, [found(wait=60)]), (30, []), (60, [found(wait=60)]), (100, [found(wait=60)])]) == []


def test_a_resolved_alert_is_told_once_with_its_last_value_and_is_gone():
    active, _ = step({}, [found(value=7)], START)
    active, flips = step(active, [], after(90))
    assert active == {}
    assert [(flip.alert.status, flip.alert.value, flip.alert.since, flip.at) for flip in flips] == [
        ("resolved", 7, START, after(90))
    ]
    assert step(active, [], after(120)) == ({}, [])


def test_a_firing_alert_follows_its_value_without_being_told_again():
    active, _ = step({}, [found(value=7)], START)
    active, flips = step(active, [found(value=8)], after(5))
    assert [alert.value for alert in active.values()] == [8]
    assert flips == []


def test_a_longer_for_does_not_take_back_what_was_told():
    assert told([(0, [found()]), (5, [found(wait=600)])]) == [(0, "firing")]


def test_keep_firing_for_bridges_gaps_and_starts_anew_with_each():
    flapping = [(0, [found(keep=60)]), (10, []), (60, [found(keep=60)]), (70, []), (129, []), (130, [])]
    assert told(flapping) == [(0, "firing"), (130, "resolved")]


def test_alerts_of_different_labels_do_not_disturb_each_other():
    active, _ = step({}, [found(shop="a"), found(shop="b")], START)
    _, flips = step(active, [found(shop="b")], after(5))
    assert [(flip.alert.status, flip.alert.labels["shop"]) for flip in flips] == [("resolved", "a")]


def test_an_unsure_alert_neither_resolves_nor_starts():
    active, _ = step({}, [found(shop="a")], START)
    doubt = {Unsure("Pending", "a"), Unsure("Pending", "")}
    assert step(active, [found(shop="b")], after(5), doubt)[1][0].alert.labels["shop"] == "b"
    assert step(active, [], after(5), doubt) == (active, [])
    assert step({}, [found(shop="a")], after(5), doubt) == ({}, [])
    assert step({}, [found()], after(5), doubt) == ({}, [])


def test_doubt_about_one_shop_leaves_the_alerts_of_others_and_other_rules():
    active, _ = step({}, [found(shop="b"), found("Other", shop="a")], START)
    _, flips = step(active, [], after(5), {Unsure("Pending", "a")})
    assert {flip.alert.status for flip in flips} == {"resolved"}
    assert len(flips) == 2


def test_doubt_about_one_part_leaves_the_alerts_of_the_others():
    silent, asked, whole = found(shop="a", replica="x"), found(shop="a", replica="y"), found(shop="a")
    active, _ = step({}, [silent, asked, whole], START)
    after_doubt, flips = step(active, [], after(5), {Unsure("Pending", "a", "replica", "x")})
    assert [flip.alert.labels.get("replica") for flip in flips] == ["y"]
    assert set(after_doubt) == {silent.key, whole.key}


def test_an_alert_of_which_a_part_is_known_starts_and_follows_its_value_but_does_not_resolve():
    partial = {Unsure("Pending", "main")}
    active, flips = step({}, [found(shop="main"), found(shop="west")], after(0), partial=partial)
    assert [flip.alert.status for flip in flips] == ["firing", "firing"]
    active, flips = step(active, [found(shop="main", value=7.0)], after(1), partial=partial)
    assert [flip.alert.labels["shop"] for flip in flips] == ["west"]
    assert [alert.value for alert in active.values()] == [7.0]
    active, flips = step(active, [], after(2), partial=partial)
    assert (len(active), flips) == (1, [])
    active, flips = step(active, [], after(3))
    assert (active, [flip.alert.status for flip in flips]) == ({}, ["resolved"])


def test_a_pending_alert_keeps_its_since_through_doubt():
    active, _ = step({}, [found(wait=60, shop="a")], START)
    active, _ = step(active, [], after(30), {Unsure("Pending", "a")})
    active, flips = step(active, [found(wait=60, shop="a")], after(61))
    assert [(flip.alert.status, flip.alert.since) for flip in flips] == [("firing", START)]


FINDINGS = st.builds(
    found,
    rule=st.sampled_from(["A", "B"]),
    value=st.floats(0, 10),
    wait=st.sampled_from([0.0, 10.0]),
    keep=st.sampled_from([0.0, 15.0]),
    shop=st.sampled_from(["", "a", "b"]),
)
DOUBTS = st.sets(st.builds(Unsure, st.sampled_from(["A", "B"]), st.sampled_from(["", "a", "b"])), max_size=3)
ROUNDS = st.lists(st.tuples(st.lists(FINDINGS, max_size=4), DOUBTS, st.integers(0, 20)), max_size=25)


def walk(rounds):
    """Every round as (before, held, now, doubts, after, flips)."""
    active, now = {}, START
    for held, doubts, seconds in rounds:
        now += timedelta(seconds=seconds)
        following, flips = step(active, held, now, doubts)
        yield active, held, now, doubts, following, flips
        active = following


@given(ROUNDS)
def test_firing_and_resolved_alternate_for_every_alert(rounds):
    last = {}
    for *_, flips in walk(rounds):
        for flip in flips:
            assert flip.alert.status != last.get(flip.alert.key, "resolved")
            last[flip.alert.key] = flip.alert.status


@given(ROUNDS)
def test_what_is_active_is_what_was_told_and_not_yet_resolved(rounds):
    firing = set()
    for *_, following, flips in walk(rounds):
        for flip in flips:
            (firing.add if flip.alert.status == "firing" else firing.discard)(flip.alert.key)
        assert {key for key, alert in following.items() if alert.status == "firing"} == firing


@given(ROUNDS)
def test_doubt_changes_nothing_at_all(rounds):
    for before, _, _, doubts, following, flips in walk(rounds):
        for key in before.keys() | following.keys():
            if (key[0], dict(key[1]).get("shop", "")) in doubts:
                assert before.get(key) == following.get(key)
        assert not any((flip.alert.rule, flip.alert.labels.get("shop", "")) in doubts for flip in flips)


@given(ROUNDS)
def test_the_same_round_again_tells_nothing_new(rounds):
    for _, held, now, doubts, following, _ in walk(rounds):
        assert step(following, held, now, doubts) == (following, [])


@given(ROUNDS)
def test_no_alert_fires_before_its_for_is_over(rounds):
    for _, held, now, _, _, flips in walk(rounds):
        waits = {finding.key: finding.wait for finding in reversed(held)}
        for flip in flips:
            if flip.alert.status == "firing":
                assert (now - flip.alert.since).total_seconds() >= waits[flip.alert.key]
