"""Every flip is told once, together with what belongs to it, and never while it is muted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import alerts
from exporter.grouping import Settings, known, step
from exporter.model import Finding, Mute
from exporter.model.grouping import fingerprint
from exporter.state import State

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BY_RULE = Settings(route="{}", receiver="ops", by=("shop", "alertname"), interval=60, repeat=3600)
SILENCED, QUIET = Mute("silenced"), Mute("quiet")


def finding(name, severity="warning", rule="Stock"):
    return Finding(rule, {"alertname": rule, "severity": severity, "shop": "main", "sku": name}, 1.0)


class Room:
    """The judge's fold and the groups' over one timeline; `told` are all notices."""

    def __init__(self, of=BY_RULE):
        self.of, self.active, self.ledgers, self.told, self.flips = of, {}, {}, [], []

    def sees(self, seconds, *findings, mutes=None):
        """The notices of this round; `mutes` by the name of the SKU."""
        now = START + timedelta(seconds=seconds)
        self.active, flips = alerts.step(self.active, findings, now)
        among = known(self.ledgers, self.active.values(), flips)
        muted = {each.key: mutes[each.labels["sku"]] for each in among if each.labels["sku"] in (mutes or {})}
        self.ledgers, notices = step(
            self.ledgers, self.active.values(), flips, mutes=muted, now=now, route=lambda _: self.of
        )
        self.flips += flips
        self.told += notices
        return [said(notice) for notice in notices]


def said(notice):
    news = [f"{each.labels['sku']} {each.status}" for each in notice.alerts if each.flips]
    return notice.reason, sorted(news)


@pytest.fixture
def room():
    return Room()


A, B, C = finding("a"), finding("b"), finding("c")


def test_what_begins_in_one_round_is_told_at_once_and_together(room):
    assert room.sees(0, A, B) == [("first notification", ["a firing", "b firing"])]
    assert room.sees(5, A, B) == []


def test_what_joins_a_group_waits_for_its_interval_and_is_told_beside_what_fires_still(room):
    room.sees(0, A)
    assert room.sees(5, A, B) == []
    assert room.sees(60, A, B) == [("new alerts added", ["b firing"])]
    assert [each.labels["sku"] for each in room.told[-1].alerts] == ["a", "b"]


def test_a_group_may_wait_for_what_comes_with_it():
    room = Room(Settings("{}", "ops", wait=30))
    assert room.sees(0, A) == []
    assert room.sees(20, A, B) == []
    assert room.sees(30, A, B) == [("first notification", ["a firing", "b firing"])]


def test_that_all_is_over_is_told_at_once_and_that_some_is_over_after_the_interval(room):
    room.sees(0, A, B)
    assert room.sees(5, A) == []
    assert room.sees(60, A) == [("some alerts resolved", ["b resolved"])]
    assert room.sees(61) == [("all alerts resolved", ["a resolved"])]
    assert room.told[-1].status == "resolved"


def test_an_alert_that_flaps_is_told_twice_an_interval_at_the_most(room):
    for seconds in range(0, 600, 5):
        room.sees(seconds, *[A] * (seconds // 5 % 2))
    assert 10 <= len(room.told) <= 20
    room.sees(700)
    assert sum(each.flips for notice in room.told for each in notice.alerts) == len(room.flips)


def test_what_fires_and_ends_while_its_group_waits_is_told_once_as_both():
    room = Room(Settings("{}", "ops", wait=30))
    room.sees(0, A)
    room.sees(5)
    assert room.sees(30) == [("all alerts resolved", ["a resolved"])]
    assert [(each.unseen, each.flips) for each in room.told[-1].alerts] == [(True, 2)]


def test_what_fires_on_is_told_again_after_the_repeat_interval_as_a_whole(room):
    room.sees(0, A, B)
    assert room.sees(3599, A, B) == []
    assert room.sees(3600, A, B) == [("repeat interval elapsed", [])]
    assert len(room.told[-1].news) == 2
    assert room.sees(7199, A, B) == []


def test_information_is_not_repeated(room):
    room.sees(0, finding("a", "info"))
    assert room.sees(9000, finding("a", "info")) == []


def test_without_a_repeat_interval_nothing_is_repeated():
    room = Room(Settings("{}", "ops"))
    room.sees(0, A)
    assert room.sees(1e6, A) == []


def test_a_group_of_its_own_for_every_alert():
    room = Room(Settings("{}", "ops", by=("...",)))
    assert len(room.sees(0, A, B, C)) == 3


def test_a_muted_alert_is_told_when_the_mute_ends_and_it_fires_still(room):
    assert room.sees(0, A, mutes={"a": SILENCED}) == []
    assert room.sees(100, A) == [("first notification", ["a firing"])]


def test_what_comes_and_goes_while_muted_is_never_told(room):
    room.sees(0, A, mutes={"a": SILENCED})
    assert room.sees(10, mutes={"a": SILENCED}) == []
    assert room.sees(500) == []
    assert not room.ledgers


def test_what_was_told_and_then_muted_has_its_end_told(room):
    room.sees(0, A)
    assert room.sees(100, mutes={"a": SILENCED}) == [("all alerts resolved", ["a resolved"])]


def test_in_quiet_hours_even_the_end_of_what_was_told_waits(room):
    room.sees(0, A)
    assert room.sees(100, mutes={"a": QUIET}) == []
    assert room.sees(200) == [("all alerts resolved", ["a resolved"])]


def test_a_muted_alert_is_not_repeated(room):
    room.sees(0, A)
    assert room.sees(9000, A, mutes={"a": SILENCED}) == []


def test_who_took_an_alert_is_told_with_its_end(room):
    taken = Mute("acknowledged", by="李雷", since=START)
    room.sees(0, A)
    assert room.sees(10, A, mutes={"a": taken}) == []
    room.sees(100)
    assert room.told[-1].alerts[0].mute == taken


def test_the_end_of_an_alert_that_somebody_took_unseen_is_told(room):
    taken = {"a": Mute("acknowledged", by="李雷")}
    room.sees(0, A, mutes=taken)
    assert room.sees(10, mutes=taken) == [("all alerts resolved", ["a resolved"])]


def test_an_alert_that_no_route_takes_is_told_when_one_does(room):
    room.of = None
    assert room.sees(0, A) == []
    room.of = BY_RULE
    assert room.sees(5, A) == [("first notification", ["a firing"])]


def test_a_new_route_does_not_tell_again_what_was_told(room):
    room.sees(0, A)
    room.of = Settings('{severity="warning"}', "duty")
    assert room.sees(5, A) == []
    assert room.sees(10) == [("all alerts resolved", ["a resolved"])]


def test_alerts_from_before_there_were_groups_were_told(room):
    room.sees(0, A)
    room.ledgers = {}
    assert room.sees(5, A) == []
    assert room.sees(10) == [("all alerts resolved", ["a resolved"])]


def test_a_clock_that_is_set_back_makes_no_group_wait(room):
    room.sees(0, A)
    assert room.sees(-3600, A, B) == [("new alerts added", ["b firing"])]


def test_a_group_has_the_form_of_alertmanagers():
    room = Room()
    room.sees(0, A, B)
    group = room.told[0]
    assert group.key == '{}/{}:{alertname="Stock", shop="main"}'
    assert group.labels == {"alertname": "Stock", "shop": "main"}
    assert group.common_labels == {"alertname": "Stock", "shop": "main", "severity": "warning"}
    assert group.alerts[0].ends is None


@pytest.mark.parametrize(
    ("labels", "digits"),
    [({"alertname": "X"}, "d2aeefc389ca7746"), ({"alertname": "库存", "shop": "main", "a": 'b"c'}, "4c6ff08e1e91cef9")],
)
def test_an_alert_is_called_by_the_fingerprint_that_alertmanager_prints(labels, digits):
    assert fingerprint(labels) == digits


NAMES = ["a", "b", "c"]
MUTES = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([SILENCED, QUIET, Mute("acknowledged", "li"), Mute("inhibited")])
)
ROUNDS = st.lists(
    st.tuples(st.integers(0, 90), st.sets(st.sampled_from(NAMES)), st.one_of(st.just({}), MUTES)), max_size=30
)
HOW = st.builds(
    Settings,
    route=st.just("{}"),
    receiver=st.just("ops"),
    by=st.sampled_from([(), ("sku",), ("...",)]),
    wait=st.sampled_from([0.0, 20.0]),
    interval=st.sampled_from([0.0, 60.0]),
    repeat=st.sampled_from([0.0, 100.0]),
)


def played(rounds, how, between=lambda room: None):
    room, seconds = Room(how), 0
    for after, names, mutes in rounds:
        seconds += after
        room.sees(seconds, *map(finding, sorted(names)), mutes=mutes)
        between(room)
    return room, seconds


@given(ROUNDS, HOW)
def test_unmuted_every_flip_is_told_exactly_once(rounds, how):
    room, seconds = played([(after, names, {}) for after, names, _ in rounds], how)
    room.sees(seconds + 1000, *[finding(dict(key[1])["sku"]) for key in room.active])
    flipped = Counter(flip.alert.key for flip in room.flips)
    told = Counter()
    for notice in room.told:
        for each in notice.alerts:
            told["Stock", tuple(sorted(each.labels.items()))] += each.flips
    assert told == flipped


@given(ROUNDS, HOW)
def test_told_as_firing_and_told_as_over_alternate_but_for_repeats(rounds, how):
    room, _ = played(rounds, how)
    fires = set()
    for notice in room.told:
        for each in notice.alerts:
            name = each.labels["sku"]
            if each.status == "resolved":
                assert name in fires or each.unseen
                fires.discard(name)
            elif not each.flips:
                assert name in fires
            else:
                assert name not in fires or each.flips > 1, "it ended and began again in between"
                fires.add(name)


@given(ROUNDS, HOW)
def test_a_muted_alert_is_never_told_as_firing_and_in_quiet_hours_not_at_all(rounds, how):
    room, seconds = Room(how), 0
    for after, names, mutes in rounds:
        seconds, before = seconds + after, len(room.told)
        room.sees(seconds, *map(finding, sorted(names)), mutes=mutes)
        for each in (each for notice in room.told[before:] for each in notice.alerts):
            mute = mutes.get(each.labels["sku"])
            assert mute is None or (each.status == "resolved" and mute.why != "quiet")


@given(ROUNDS, HOW)
def test_in_the_end_the_room_knows_what_fires(rounds, how):
    room, seconds = played(rounds, how)
    fires = [finding(dict(key[1])["sku"]) for key in room.active]
    for later in (1000, 2000):
        room.sees(seconds + later, *fires)
    known = {}
    for notice in room.told:
        known |= {each.labels["sku"]: each.status for each in notice.alerts}
    assert {name for name, status in known.items() if status == "firing"} == {each.labels["sku"] for each in fires}


@given(ROUNDS, HOW)
@settings(max_examples=30, deadline=None)
def test_a_restart_at_any_instant_changes_nothing(rounds, how):
    state = State("sqlite://")

    def restart(room):
        state.commit(room.active, [], START, ledgers=room.ledgers)
        room.active, room.ledgers = state.alerts(), state.ledgers()

    assert played(rounds, how, restart)[0].told == played(rounds, how)[0].told
    state.close()
