"""Nothing of what we ask leaves a trace, and no consumer notices it."""

import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from exporter.queues.rabbitmq import wire
from exporter.queues.rabbitmq.wire import Send
from tests.queues.rabbitmq.conftest import Customer, eventually, taps

pytestmark = pytest.mark.server

_CHANGING = {(50, 30), (50, 40), (60, 20), (60, 40), (60, 80), (60, 90), (60, 100), (60, 110), (60, 120), (90, 10)}
"""Purge, delete, consume, publish, ack, reject, recover, nack, transactions; and exchanges (40)."""


def test_nothing_that_consumes_publishes_or_deletes_can_be_written():
    assert not _CHANGING & {each.value for each in Send}
    assert not [each for each in Send if each.value[0] == 40]


@pytest.mark.parametrize("question", [
    lambda: wire.get("jobs"),
    lambda: wire.declare("jobs", {}),
    lambda: wire.bind("jobs", "orders", "#", {}),
    lambda: wire.unbind("jobs", "orders", "#", {}),
])  # fmt: skip
def test_no_question_can_name_a_queue_that_is_not_ours(question):
    with pytest.raises(ValueError, match="no queue of ours"):
        question()


def test_all_stands_as_before_when_we_are_gone(rabbitmq, asked, customer, jobs):
    customer.send(*[b"{}"] * 10)
    customer.routed(jobs, 10)
    before, counted = rabbitmq.definitions(), customer.figures(jobs)["message_stats"]
    mark = None
    for _ in range(5):
        mark = asked.arrivals(jobs, mark).mark
        asked.samples(jobs)
        asked.delays(jobs)
    assert len(taps(rabbitmq)) == 2
    asked.close()
    rabbitmq.wait_until(lambda: not taps(rabbitmq))
    time.sleep(1.2)
    assert rabbitmq.definitions() == before
    assert customer.figures(jobs)["message_stats"] == counted
    assert customer.figures(jobs)["messages"] == 10


def test_a_consumer_gets_every_message_once_in_order_and_none_redelivered(rabbitmq, asked, customer, jobs):
    over, got, sized = threading.Event(), [], []

    def watch():
        mark = None
        while not over.is_set():
            found = asked.arrivals(jobs, mark)
            mark = found.mark
            sized.append(found.stored.count)
            asked.delays(jobs)

    asked.arrivals(jobs)
    with rabbitmq.connection() as connection:
        consumer = connection.channel()
        consumer.basic_qos(prefetch_count=50)

        def consume(channel, method, _properties, body):
            got.append((int(body), method.redelivered))
            channel.basic_ack(method.delivery_tag)

        consumer.basic_consume(jobs, consume)
        watching = threading.Thread(target=watch)
        watching.start()
        try:
            for start in range(0, 3_000, 100):
                customer.send(*(b"%d" % number for number in range(start, start + 100)))
                connection.process_data_events(0.01)
            eventually(lambda: connection.process_data_events(0.05) or len(got) >= 3_000)
            eventually(lambda: sum(sized) >= 3_000)
        finally:
            over.set()
            watching.join()
    assert got == [(number, False) for number in range(3_000)]
    assert sum(sized) == 3_000


def test_what_leaves_the_tap_is_no_dead_letter_of_the_shop_whatever_its_policies_say(
    rabbitmq, tapping, open_, customer
):
    customer.channel.exchange_declare("dead", "fanout")
    customer.channel.queue_declare("dead-letters")
    customer.channel.queue_bind("dead-letters", "dead")
    rule = {"dead-letter-exchange": "dead", "message-ttl": 1_500, "overflow": "reject-publish", "max-length": 10_000}
    rabbitmq.api("PUT", "policies", "/", "all", **{"pattern": ".*", "definition": rule, "apply-to": "queues"})
    jobs = customer.declare("jobs")
    asked = open_(**{**tapping, "tap": "1MB"})
    mark = asked.arrivals(jobs).mark
    customer.channel.confirm_delivery()
    customer.send(*[b"x" * 100_000] * 30)
    rabbitmq.api("DELETE", "queues", "/", "jobs")  # its own messages may become dead letters, and have not yet
    (tap,) = taps(rabbitmq)
    rabbitmq.wait_until(lambda: customer.figures(tap).get("messages") == 0)
    assert mark["tap"] == tap
    assert customer.channel.queue_declare("dead-letters", passive=True).method.message_count == 0


def test_what_nobody_else_takes_stays_unroutable_once_the_queue_is_gone(rabbitmq, asked, customer):
    jobs = customer.declare("jobs")
    asked.arrivals(jobs)
    customer.channel.queue_unbind(jobs, "orders", "order.#")
    customer.channel.queue_bind(jobs, "orders", "other")
    asked.arrivals(jobs)
    (tap,) = taps(rabbitmq)
    assert [each["routing_key"] for each in rabbitmq.api("GET", "queues", "/", tap, "bindings") if each["source"]] == [
        "other"
    ]
    customer.channel.queue_delete(jobs)
    with pytest.raises(Exception, match="no queue jobs"):
        asked.arrivals(jobs)
    rabbitmq.wait_until(lambda: not taps(rabbitmq))


PROGRAM = """
import sys, time
from exporter.queues import Deadline, Look, schemes
queue = schemes()["rabbitmq"].model_validate({settings!r}).connect()
queue.arrivals("jobs", None, Look(51200), Deadline(5))
print("there", flush=True)
time.sleep(60)
"""


def test_a_process_that_is_killed_leaves_no_tap_behind(rabbitmq, tapping, customer):
    customer.declare("jobs")
    before = rabbitmq.definitions()
    program = textwrap.dedent(PROGRAM).format(settings=tapping)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"there\n"
        assert len(taps(rabbitmq)) == 1
        process.send_signal(signal.SIGKILL)
    rabbitmq.wait_until(lambda: not taps(rabbitmq))
    assert rabbitmq.definitions() == before


def test_a_machine_that_vanishes_leaves_a_tap_that_expires(rabbitmq, asked, customer, monkeypatch):
    """No socket is closed then, and nobody asks for the queue any more."""
    monkeypatch.setattr("exporter.queues.rabbitmq.tap._EXPIRES", 300)
    jobs = customer.declare("jobs")
    asked.arrivals(jobs)
    rabbitmq.wait_until(lambda: not taps(rabbitmq))
    first = asked.arrivals(jobs)
    assert taps(rabbitmq) == [first.mark["tap"]]


def test_nobody_else_can_use_the_tap(rabbitmq, asked, customer):
    asked.arrivals(customer.declare("jobs"))
    (tap,) = taps(rabbitmq)
    with rabbitmq.connection() as connection, pytest.raises(Exception, match="RESOURCE_LOCKED"):
        Customer(rabbitmq, connection).channel.basic_get(tap)
