"""The sender against real local HTTP servers: what a room may answer, and that nothing is lost by it."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time

import pytest

from exporter.delivery import CARDS, OLDEST, OUTBOX, Sender, post
from exporter.state import StateFaultError
from tests.delivery.rooms import OK, TOKEN, LocalChannel, a_card, a_room, merged


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def said(errcode, outcome="retry", again_in=None):
    return 200, json.dumps({"errcode": errcode, "outcome": outcome, "again_in": again_in}).encode()


def once(first, then=OK):
    """A room that answers `first` to the first message."""
    answers = iter([first])
    return lambda _: next(answers, then)


def cards(count, severity="warning", **more):
    return [a_card(f"{severity} {number}", severity, **more) for number in range(count)]


def test_a_card_leaves_within_milliseconds_and_is_settled(send, state):
    with a_room() as room:
        send(room)
        send.cards(a_card("warm"))
        room.wait(lambda: room.got)
        until(lambda: send.count("accepted") == 1)
        begun = time.time()
        send.cards(a_card("quick"))
        room.wait(lambda: len(room.got) == 2)
        assert room.got[1][0] - begun < 0.5
        until(lambda: state.waiting() == {})
        assert send.count("accepted") == 2


def test_cards_arrive_in_order(send):
    with a_room() as room:
        send(room)
        send.cards(*cards(8))
        room.wait(lambda: len(room.got) == 8)
        assert room.titles == [f"warning {number}" for number in range(8)]


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (200, b"<html>log in</html>"),
        (200, b""),
        (200, b"[1]"),
        said(987654),
        (302, b""),
        (200, b"x" * 10**6),
    ],
    ids=["500", "HTML", "empty", "list", "unknown errcode", "redirect", "a megabyte"],
)
def test_an_answer_that_is_no_yes_is_tried_again(send, answer):
    with a_room(once(answer)) as room:
        room.headers["Location"] = "http://127.0.0.1:9/elsewhere"
        send(room)
        send.cards(a_card("a"))
        room.wait(lambda: len(room.got) >= 2)
        until(lambda: send.count("accepted") == 1)
        assert send.count("retried") == 1
        assert len(room.got) == 2


def test_a_card_that_may_have_arrived_says_so_when_it_is_repeated(send, monkeypatch):
    monkeypatch.setattr(post, "READ_SECONDS", 0.3)
    gate = threading.Event()
    hang = iter([True])
    with a_room(lambda _: (next(hang, False) and gate.wait(5)) or OK) as room:
        send(room)
        send.cards(a_card("a"))
        room.wait(lambda: len(room.got) >= 2)
        gate.set()
        assert room.titles == ["a", "(可能重复) a"]
        until(lambda: send.count("accepted") == 1)
        assert send.count("repeated") == 1


def test_a_refused_connection_is_tried_again_and_is_no_repeat(send):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        send(c0=LocalChannel(url=url))
        send.cards(a_card("a"))
        until(lambda: send.count("retried") == 1)
    with a_room() as room:
        send.sender.update({"c0": LocalChannel(url=room.url)})
        room.wait(lambda: room.got)
        assert room.titles == ["a"]


def test_an_accepted_card_is_not_repeated_because_the_disk_was_full(send, state, monkeypatch):
    accept, faults = state.accept, iter([True])

    def full(*given):
        if next(faults, False):
            raise StateFaultError("state: the disk is full")
        accept(*given)

    monkeypatch.setattr(state, "accept", full)
    with a_room() as room:
        send(room)
        send.cards(a_card("a"))
        until(lambda: send.count("accepted") == 1)
        assert room.titles == ["a"]


def test_a_robot_that_hangs_holds_up_no_other(send):
    gate = threading.Event()
    with a_room(lambda _: gate.wait(20) and OK) as hanging, a_room() as healthy:
        send(hanging, healthy)
        send.cards(a_card("stuck"), channel="c0")
        hanging.wait(lambda: hanging.got)
        send.cards(a_card("free"), channel="c1")
        healthy.wait(lambda: healthy.got, 5)
        gate.set()


def test_a_throttled_robot_pauses_and_nothing_is_lost(send, state, clock):
    with a_room(once(said(130101, "wait", 600))) as room:
        send(room)
        send.cards(*cards(3))
        until(lambda: send.count("throttled") == 1)
        send.later(590)
        time.sleep(0.2)
        assert len(room.got) == 1
        send.later(20)
        room.wait(lambda: len(room.got) == 4)
        assert sorted(room.titles[1:]) == [f"warning {number}" for number in range(3)]


def test_a_pause_outlives_the_process(send, state):
    with a_room(once(said(130101, "wait", 600))) as room:
        first = send(room).sender
        send.cards(a_card("a"))
        until(lambda: send.count("throttled") == 1)
        first.stop()
        send(room)
        time.sleep(0.2)
        assert len(room.got) == 1


def test_refused_content_is_sent_plainly_once_and_then_it_is_dead(send, state):
    with a_room(lambda _: said(430104, "content")) as room:
        send(room)
        send.cards(a_card("a"))
        until(lambda: send.count("dead") == 1)
        assert room.titles == ["a", "plain a"]
        assert len(state.dead("c0")) == 1
        assert state.waiting() == {}


def test_a_card_too_long_arrives_as_plain_text(send):
    with a_room(once(said(460101, "split"))) as room:
        send(room)
        send.cards(a_card("a"))
        until(lambda: send.count("accepted") == 1)
        assert room.titles == ["a", "plain a"]


def test_a_wrong_token_loses_no_card_and_a_reload_sends_it_at_once(send, state):
    with a_room(lambda _: said(300005, "permanent")) as wrong, a_room() as right:
        send(wrong)
        send.cards(*cards(2))
        until(lambda: send.count("refused") == 2)
        assert state.waiting()["c0"].cards == 2
        send.sender.update({"c0": LocalChannel(url=right.url)})
        right.wait(lambda: len(right.got) == 2)
        assert right.titles == ["warning 0", "warning 1"]


def test_a_card_is_given_up_after_a_day_and_counted(send, state):
    with a_room(lambda _: said(300005, "permanent")) as room:
        send(room)
        send.cards(a_card("a"))
        until(lambda: send.count("refused") == 1)
        send.later(86401)
        until(lambda: send.count("dead") == 1)
        assert state.waiting() == {}


def test_what_the_room_accepted_of_a_card_is_not_sent_again(send):
    def answer(body):
        return OK if not body["title"].startswith("@") or fails.pop() is None else (500, b"")

    fails = [None, 1]
    with a_room(answer) as room:
        send(c0=LocalChannel(url=room.url, companion=True))
        send.cards(a_card("a", mention=("13800000000",)))
        until(lambda: send.count("accepted") == 1)
        assert [title.replace("(可能重复) ", "") for title in room.titles] == ["a", "@ a", "@ a"]


def test_five_hundred_alerts_at_once_are_one_message_that_counts_them_all(send, state):
    with a_room() as room:
        send(room)
        send.cards(*cards(500))
        until(lambda: state.waiting() == {}, 60)
        assert [(body["title"], body["number"]) for _, body in room.got] == [("digest", "500")]
        assert send.count("accepted") == send.count("merged") == 500


def test_critical_cards_keep_their_own_messages_in_a_flood(send, state):
    with a_room() as room:
        send(room)
        send.cards(*cards(200), *cards(2, "critical"))
        until(lambda: state.waiting() == {}, 60)
        assert room.titles == ["critical 0", "critical 1", "digest"]


def test_a_flood_that_trickles_is_told_within_the_minute_and_within_the_pace(send, state, clock):
    with a_room() as room:
        send(room)
        for number in range(60):
            send.cards(a_card(str(number)))
            time.sleep(0.005)
        for _ in range(4):
            time.sleep(0.3)
            send.later(14.5)
        until(lambda: state.waiting() == {}, 5)
        assert len(room.got) <= 14
        counted = sum(int(body["number"] or 1) for _, body in room.got)
        assert counted == 60


def test_the_pace_outlives_the_process(send, state):
    with a_room() as room:
        first = send(room).sender
        send.cards(*cards(11))
        until(lambda: send.count("accepted") == 11)
        first.stop()
        send(room)
        send.cards(a_card("next"))
        time.sleep(0.3)
        assert len(room.got) == 11


def test_a_digest_that_is_refused_in_both_forms_gives_its_cards_back(send, state):
    def answer(body):
        refused = "digest" in body["title"] or body["title"].endswith("warning 7")
        return said(430104, "content") if refused else OK

    with a_room(answer) as room:
        send(room)
        send.cards(*cards(14))
        until(lambda: send.count("dead") == 1)
        for _ in range(6):
            send.later(15)
            time.sleep(0.1)
        until(lambda: state.waiting() == {})
        assert send.count("accepted") == 13
        assert [row.card.title for row in state.dead("c0")] == ["warning 7"]


def test_a_card_that_cannot_be_written_is_dead_and_holds_up_no_other(send, state):
    class Picky(LocalChannel):
        def messages(self, card, now):
            if card.title == "bad":
                raise KeyError(card.title)
            return super().messages(card, now)

        plain = messages

    with a_room() as room:
        send(c0=Picky(url=room.url))
        send.cards(a_card("bad"), a_card("good"))
        until(lambda: state.waiting() == {})
        assert room.titles == ["good"]
        assert send.count("dead") == 1


def test_no_address_and_no_token_stand_in_a_log_or_a_room(send, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG, "exporter")
    monkeypatch.setattr(post, "READ_SECONDS", 0.2)
    gate = threading.Event()
    with a_room(lambda _: gate.wait(5) and OK) as room:
        send(c0=LocalChannel(url=room.url), c1=LocalChannel(url="http://no-such-host.invalid/"))
        send.cards(a_card("a"), channel="c0")
        send.cards(a_card("a"), channel="c1")
        until(lambda: send.count("retried", "c0") and send.count("retried", "c1"))
        gate.set()
    shown = caplog.text + "".join(each.detail for each in send.sender.rooms())
    assert "no answer" in shown
    assert TOKEN not in shown
    assert "http://" not in shown


def test_the_metrics_begin_at_zero_and_the_oldest_is_absent_while_nothing_waits(send, state, clock):
    with a_room(lambda _: said(1, "permanent")) as room:
        send(room)
        first = {(each.metric.name, *each.labels): each.value for each in send.sender.samples()}
        assert {name for name, *_ in first} == {CARDS.name, OUTBOX.name}
        assert set(first.values()) == {0.0}
        send.cards(a_card("a"))
        until(lambda: send.count("refused") == 1)
        then = {(each.metric.name, *each.labels): each.value for each in send.sender.samples()}
        assert then[OUTBOX.name, "c0"] == 1
        assert then[OLDEST.name, "c0"] == pytest.approx(clock().timestamp(), abs=30)


def test_cards_of_a_channel_that_left_the_configuration_wait_a_day_for_it(send, state):
    with a_room() as room:
        send(room)
        send.cards(a_card("a"), channel="gone")
        assert state.waiting()["gone"].cards == 1
        send.sender.update({"c0": LocalChannel(url=room.url), "gone": LocalChannel(url=room.url)})
        until(lambda: state.waiting() == {})
        send.cards(a_card("b"), channel="lost")
        send.later(86401)
        until(lambda: send.count("dead", "lost") == 1)
        assert state.waiting() == {}


def test_a_card_leaves_although_the_state_could_not_be_read_when_it_was_committed(send, state, monkeypatch):
    with a_room() as room:
        send(room)
        until(lambda: send.sender._robots)
        with monkeypatch.context() as broken:
            broken.setattr(state, "waiting", full)
            send.cards(a_card("a"))
            assert send.count("dead") == 0
            assert send.sender.rooms()[0].name == "c0"
        until(lambda: room.titles == ["a"])


def test_a_reload_while_the_state_cannot_be_written_is_no_failure(send, state, monkeypatch):
    with a_room() as room:
        send(room)
        monkeypatch.setattr(state, "hurry", full)
        monkeypatch.setattr(state, "pause", full)
        send.sender.update({"c0": LocalChannel(url=room.url, per_minute=5)})
        send.cards(a_card("a"))
        until(lambda: room.titles == ["a"])


def full(*_):
    raise StateFaultError("disk full")


def test_the_page_of_rooms_shows_the_last_receipt(send):
    with a_room(lambda _: said(300005, "permanent")) as room:
        send(room)
        send.cards(a_card("a"))
        until(lambda: send.sender.rooms()[0].accepted is False)
        [shown] = send.sender.rooms()
        assert (shown.name, shown.kind, shown.waiting, shown.detail) == ("c0", "test", 1, "errcode 300005")


def test_a_change_is_told(state, clock):
    told = threading.Event()
    with a_room() as room:
        sender = Sender(state, {"c0": LocalChannel(url=room.url)}, now=clock, merge=merged, on_change=told.set)
        sender.start()
        told.clear()
        state.commit({}, [("c0", a_card("a"))], clock())
        sender.wake()
        assert told.wait(5)
        sender.stop()
