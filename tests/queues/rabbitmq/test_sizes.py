"""Sizes of what comes into queues of a real RabbitMQ, by a tap beside them: found without consuming, named by field."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exporter.queues import Draw, Field, Look, Missing, Unsupported
from exporter.queues.rabbitmq import arrivals as looking
from tests.queues.rabbitmq.conftest import LOOK, PICTURE, eventually, order, taps

pytestmark = pytest.mark.server


class Memory:
    """How far it rose at most, in MiB, since it was made: what came before does not count."""

    def __init__(self):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = self._most()

    @staticmethod
    def _most():
        told = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", told)[1]) / 1024

    @property
    def rise(self):
        return self._most() - self._before


class Following:
    """Looks again and again, and adds up."""

    def __init__(self, asked, topic, look=LOOK):
        self.asked, self.topic, self.look = asked, topic, look
        self.mark = asked.arrivals(topic).mark
        self.found, self.unseen = [], {}

    def again(self):
        found = self.asked.arrivals(self.topic, self.mark, self.look)
        self.mark = json.loads(json.dumps(found.mark))
        self.found.append(found)
        for why, count in found.unseen.items():
            self.unseen[why] = self.unseen.get(why, 0) + count
        return found

    @property
    def seen(self):
        return sum(found.stored.count for found in self.found)

    def until(self, count):
        eventually(lambda: self.again() and self.seen >= count)
        assert self.seen == count
        return self.found[-1]


def test_a_12_mb_picture_is_found_with_its_field_and_takes_no_memory(asked, customer, jobs):
    following = Following(asked, jobs)
    customer.send(order("O-1"))
    following.until(1)
    now = int(time.time())
    body, begun = order("O-2", picture=PICTURE.decode()), time.monotonic()
    customer.send(body, message_id="m-2", correlation_id="O-2", app_id="order-service", timestamp=now)
    customer.routed(jobs, 2)
    memory = Memory()
    found = following.until(2)
    assert memory.rise <= 2
    assert time.monotonic() - begun < 5
    assert (found.arrived, found.oversize, found.coverage) == (1, 1, 1)
    (message,) = found.largest
    assert (message.id, message.keys, message.producer) == ("m-2", ("O-2",), "order-service")
    assert message.stored == message.body == found.stored.largest > 12_582_912
    assert message.at.timestamp() == now
    assert message.contents.fields[0] == Field("$.items[*].picture", len(PICTURE), "Base64 JPEG")


def test_every_message_is_sized_once_and_bodies_of_all_sizes_are_read_to_their_end(asked, customer, jobs):
    following = Following(asked, jobs)
    sizes = [0, 1, 131_063, 131_064, 131_065, 262_128, 100, 60_000, 400_000, 7]
    customer.send(*(b"x" * size for size in sizes))
    found = following.until(len(sizes))
    assert sum(each.stored.sum for each in following.found) == sum(sizes)
    assert sum(each.oversize for each in following.found) == 6
    assert found.stored.largest <= 400_000
    customer.send(*(b"y" for _ in range(1_234)))
    following.until(1_244)
    assert following.unseen == {}


@pytest.mark.parametrize(
    ("body", "form", "path"),
    [
        (b"\xac\xed\x00\x05sr" + b"x" * 60_000, "Java object", None),
        (bytes(range(128, 256)) * 500, "binary", None),
        (b'{"a": "' + b"\xff\xfe" * 40_000 + b'"}', "JSON", "$.a"),
        (b'{"broken": "' + b"x" * 60_000, "JSON", "$.broken"),
        (b"[" * 60_000 + b"1" + b"]" * 60_000, "JSON", None),
        (b'{"2026112300017": {"memo": "' + b"x" * 60_000 + b'"}}', "JSON", "$.*.memo"),
    ],
)
def test_the_fattest_is_named_whatever_it_is(asked, customer, body, form, path):
    following = Following(asked, customer.declare("jobs"))
    customer.send(body)
    (message,) = following.until(1).largest
    assert message.contents.form == form
    assert (message.contents.fields[0].path if path else None) == path


def test_a_message_without_an_id_is_told_by_its_way_and_nothing_personal_stands_in_one(asked, customer):
    following = Following(asked, customer.declare("jobs"))
    customer.send(b"x" * 60_000)
    assert following.until(1).largest[0].id == "orders order.created"
    customer.send(b"x" * 60_000, message_id="order of 13800138000", correlation_id="wang@example.com", timestamp=2**63)
    (message,) = following.until(2).largest
    assert (message.id, message.keys, message.at) == ("order of ?", ("?",), None)


def test_what_does_not_fit_into_one_look_is_read_in_the_next(asked, customer):
    following = Following(asked, customer.declare("jobs"), Look(LOOK.oversize, messages=300, opened_bytes=1_000_000))
    customer.send(*(b"x" * 1_000 for _ in range(2_000)))
    following.until(2_000)
    assert max(found.stored.count for found in following.found) <= 300


def test_what_the_tap_cannot_keep_is_told_as_unseen(tapping, open_, customer):
    following = Following(open_(**{**tapping, "tap": "1MB"}), customer.declare("jobs"))
    customer.send(*(b"x" * 10_000 for _ in range(500)))
    customer.counted(following.mark["tap"], 500)
    eventually(lambda: following.again() and following.seen + following.unseen.get("over the budget", 0) >= 500)
    assert 100 <= following.seen <= 110
    assert following.unseen == {"over the budget": 500 - following.seen}


def test_a_message_larger_than_the_tap_is_told_as_unseen(tapping, open_, customer):
    following = Following(open_(**{**tapping, "tap": "1MB"}), customer.declare("jobs"))
    customer.send(b"x" * 2_000_000)
    eventually(lambda: following.again() and following.unseen)
    assert following.unseen == {"over the budget": 1}


def test_what_is_sent_to_the_queue_by_its_own_name_passes_by_the_tap_and_is_told(asked, customer, monkeypatch):
    monkeypatch.setattr(looking, "SETTLED", 0.0)
    monkeypatch.setattr("exporter.queues.rabbitmq.queue.SETTLED", 0.0)
    jobs = customer.declare("jobs")
    following = Following(asked, jobs)
    customer.send(b"{}")
    following.until(1)
    customer.counted(jobs, 1)
    customer.counted(following.mark["tap"], 1)
    following.again()
    customer.send(b"{}", b"{}", b"{}", exchange="", key=jobs)
    eventually(lambda: customer.connection.process_data_events(0) or (following.again() and following.unseen))
    assert following.unseen == {"past the tap": 3}


def test_what_came_while_there_was_no_tap_is_told(tapping, open_, customer):
    jobs = customer.declare("jobs")
    first = open_(**tapping)
    following = Following(first, jobs)
    customer.send(b"{}", b"{}")
    following.until(2)
    first.close()
    customer.send(*[b"{}"] * 5)
    customer.counted(jobs, 7)
    found = open_(**tapping).arrivals(jobs, following.mark)
    assert (found.arrived, found.unseen, found.coverage) == (5, {"while there was no tap": 5}, 0)


def test_bindings_are_followed_as_they_change(asked, customer, rabbitmq):
    jobs = customer.declare("jobs", key="order.created")
    customer.channel.exchange_declare("bills", "headers")
    following = Following(asked, jobs)
    customer.channel.queue_bind(jobs, "bills", "", {"x-match": "all", "kind": "paid", "number": 7, "vip": True})
    customer.channel.queue_unbind(jobs, "orders", "order.created")
    customer.channel.queue_bind(jobs, "orders", "order.paid")
    following.again()
    customer.send(b"{}", key="order.created")
    customer.send(b"{}", key="order.paid")
    customer.send(b"{}", exchange="bills", headers={"kind": "paid", "number": 7, "vip": True})
    customer.send(b"{}", exchange="bills", headers={"kind": "paid", "number": 8, "vip": True})
    following.until(2)
    time.sleep(0.1)
    following.until(2)


def test_no_tap_is_laid_where_it_would_take_messages_away(asked, customer, rabbitmq, monkeypatch):
    """Of a kind that this broker has no plugin for: what the management plugin tells of the exchange is changed."""
    jobs = customer.declare("jobs")
    told = {"name": "orders", "type": "x-consistent-hash"}
    monkeypatch.setattr(asked.queue._api, "listed", lambda *_, **__: told)
    with pytest.raises(Unsupported, match="would take messages away"):
        asked.arrivals(jobs)


def test_a_queue_behind_the_default_exchange_alone_says_what_to_do(asked, customer):
    customer.channel.queue_declare("alone")
    with pytest.raises(Unsupported, match=r"default exchange, which cannot be shared.*exchange of your own"):
        asked.arrivals("alone")


def test_without_a_tap_no_size_is_told_and_nothing_is_declared(rabbitmq, open_, customer, jobs):
    with pytest.raises(Unsupported, match="tap: 32MB"):
        open_(rabbitmq.url).arrivals(jobs)


def test_an_unknown_queue_and_an_unknown_virtual_host_are_told_apart(asked, tapping, open_, rabbitmq):
    with pytest.raises(Missing, match="no queue nothing in the virtual host /"):
        asked.arrivals("nothing")
    with pytest.raises(Missing, match="no virtual host shop"):
        open_(**{**tapping, "url": f"{rabbitmq.url}/shop"}).arrivals("jobs")


# --- samples


def test_a_sample_is_drawn_from_a_tap_of_its_own_and_takes_nothing_from_the_sizes(asked, customer, jobs):
    following = Following(asked, jobs)
    assert asked.samples(jobs).arrived == 0
    customer.send(order("O-1"), b"x" * 300_000, order("O-3"), b"\x1f\x8b" * 9, content_encoding="utf-8")
    customer.send(b"\x1f\x8b" * 9, content_encoding="gzip")
    following.until(5)
    drawn = asked.samples(jobs)
    assert sorted(body.data for body in drawn.bodies) == sorted([order("O-1"), order("O-3"), b"\x1f\x8b" * 9])
    assert [each.stored for each in drawn.too_large] == [300_000]
    assert drawn.unread == {"compressed by their producer": 1}
    assert (drawn.arrived, drawn.estimated) == (5, False)
    assert asked.samples(jobs, drawn.mark).arrived == 0
    assert "O-1" not in repr(drawn)


def test_a_sample_is_bounded_however_many_come(asked, customer):
    jobs = customer.declare("jobs")
    asked.samples(jobs)
    customer.send(*(b"%d" % number for number in range(3_000)))
    customer.routed(jobs, 3_000)
    drawn = asked.samples(jobs)
    assert (drawn.arrived, drawn.estimated, len(drawn.bodies)) == (200, True, 20)
    assert all(int(body.data) >= 2_800 for body in drawn.bodies)


def test_a_first_sample_waits_for_what_comes(asked, customer, rabbitmq):
    """A tap knows nothing of what came before it, and `order-health schema infer` asks only once."""
    jobs = customer.declare("jobs")
    with ThreadPoolExecutor() as beside:
        drawing = beside.submit(asked.samples, jobs, None, Draw(count=3), 10.0)
        rabbitmq.wait_until(lambda: taps(rabbitmq))
        customer.send(*[order("O-1")] * 5)
        drawn = drawing.result()
    assert len(drawn.bodies) == 3
    begun = time.monotonic()
    assert asked.samples(jobs, None, seconds=1.0).bodies == ()
    assert 0.5 < time.monotonic() - begun < 1
