"""A state that several sidecars share, on real MariaDB and PostgreSQL servers: one leads, the fence holds the others."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from exporter.model import Card
from exporter.state import OvertakenError, State, StateFaultError
from exporter.state.schema import leader

pytestmark = pytest.mark.server
AT = datetime(2026, 11, 23, tzinfo=UTC)
NOW = AT.timestamp()


@pytest.fixture(params=["mariadb", "postgres"])
def url(request):
    server = request.getfixturevalue(request.param)
    name = server.database("leadership")
    if request.param == "mariadb":
        return server.url(name)
    return f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/{name}"


@pytest.fixture
def two(url):
    both = State(url), State(url)
    for each in both:
        each.share(2.0)
    yield both
    for each in both:
        each.close()


def a_card(title="card"):
    return Card(title=title, status="firing", severity="critical", text="")


def test_of_many_that_ask_in_the_same_instant_one_leads(url):
    states: list[State] = []
    won = []
    barrier = threading.Barrier(5)

    def start(number):
        barrier.wait()
        state = State(url)
        states.append(state)
        state.share(2.0)
        if state.lead(f"s{number}", 60):
            won.append(f"s{number}")

    threads = [threading.Thread(target=start, args=(number,)) for number in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    try:
        assert len(states) == 5, "one of them could not make the tables"
        assert len(won) == 1
        assert states[0].leader().holder == won[0]
    finally:
        for state in states:
            state.close()


def test_nobody_takes_the_lead_before_the_time_of_the_leader_is_over(two):
    one, other = two
    assert one.lead("one", 0.6)
    assert not other.lead("other", 60)
    assert one.hold(0.3)
    assert (other.leader().holder, other.leader().stands) == ("one", True)
    time.sleep(0.4)
    assert not other.leader().stands
    assert other.lead("other", 60)
    assert not one.hold(60)


def test_an_epoch_that_a_failover_of_the_database_lost_leads_nobody_twice(two):
    one, other = two
    assert one.lead("one", 60)
    with other._begin() as connection:  # as the replica had it
        connection.execute(update(leader).values(epoch=0, holder="", ends=0.0))
    assert other.lead("other", 60)
    assert one._epoch == other._epoch
    with pytest.raises(OvertakenError):
        one.commit({}, [], AT)
    assert not one.hold(60)


def test_a_sidecar_without_leases_does_not_join_those_that_have_them(two):
    one, other = two
    other.own()
    assert one.lead("shop-1:9847 3f2a", 60)
    with pytest.raises(StateFaultError, match="shop-1:9847 leads the sidecars that share it; write the same `leases:`"):
        other.own()


def test_who_resigns_need_not_be_waited_for(two):
    one, other = two
    assert one.lead("one", 60)
    one.resign()
    assert other.lead("other", 60)
    one.resign()
    assert other.hold(60), "who leads no more cannot resign for another"


def test_a_former_leader_writes_nothing_that_only_a_leader_may(two):
    one, other = two
    assert one.lead("one", 0.2)
    one.commit({}, [("ops", a_card()), ("ops", a_card("second"))], AT)
    (row, second) = one.due("ops", NOW)
    while not other.lead("other", 60):
        time.sleep(0.05)
    for write in (
        lambda: one.commit({}, [("ops", a_card())], AT),
        lambda: one.remember("main", "sql", {"a": 1}),
        lambda: one.forget([]),
        lambda: one.publish("daily", {}, [("ops", a_card())], AT),
        lambda: one.claim(row, NOW, 30),
        lambda: one.merge([row, second], a_card("digest"), NOW),
        lambda: one.expire("ops", NOW + 1, NOW),
        lambda: one.hand_over("ops", "duty", NOW),
        lambda: one.unfold(1, NOW, alone=False),
    ):
        with pytest.raises(OvertakenError, match="another sidecar leads"):
            write()
    assert other.recall("main", "sql") == {}
    assert [each.card.title for each in other.due("ops", NOW)] == ["card", "second"]


def test_who_stands_by_from_the_start_writes_nothing_either(two):
    with pytest.raises(OvertakenError):
        two[1].commit({}, [], AT)
    assert two[1].alerts() == {}


def test_what_the_former_leader_was_sending_waits_again_as_a_repeat_whatever_its_clock_said(two):
    one, other = two
    assert one.lead("one", 0.2)
    ahead = AT + timedelta(hours=1)
    one.commit({}, [("ops", a_card("sending")), ("ops", a_card("waiting"))], ahead)
    sending = one.due("ops", ahead.timestamp())[0]
    assert one.claim(sending, ahead.timestamp(), 30)
    while not other.lead("other", 60):
        time.sleep(0.05)
    assert [(each.card.title, each.unsure) for each in other.due("ops", NOW)] == [("sending", True), ("waiting", False)]


def test_a_former_leader_still_settles_the_card_that_it_had_sent_but_not_one_that_is_being_sent_again(two):
    one, other = two
    assert one.lead("one", 0.2)
    one.commit({}, [("ops", a_card("sent")), ("ops", a_card("again"))], AT)
    sent, again = one.due("ops", NOW)
    assert one.claim(sent, NOW, 30)
    assert one.claim(again, NOW, 30)
    while not other.lead("other", 60):
        time.sleep(0.05)
    (mine,) = (each for each in other.due("ops", NOW) if each.id == again.id)
    assert other.claim(mine, NOW, 30)
    one.accept(sent, NOW)
    one.bury(again, NOW, "the room said no", "content")
    one.postpone(again, NOW, NOW + 600)
    assert other.dead("ops") == []
    assert other.due("ops", NOW) == []
    other.accept(mine, NOW)
    assert other.waiting() == {}


def test_a_leader_that_stands_still_inside_a_transaction_holds_nobody_up(two):
    one, other = two
    assert one.lead("one", 0.2)
    began = time.monotonic()
    with contextlib.suppress(StateFaultError), one._leading() as connection:
        connection.exec_driver_sql("SELECT 1")
        while not taken(other):
            assert time.monotonic() - began < 20
            time.sleep(0.1)
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT 1")
    assert time.monotonic() - began < 8
    assert other.hold(60)


def taken(state):
    """Not while it waits for a lock in vain."""
    try:
        return state.lead("other", 60)
    except StateFaultError:
        return False
