"""Delays of queues on a real RabbitMQ: by the time of the oldest message, or estimated from the pace."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from exporter.queues import Unsupported
from exporter.queues.rabbitmq.delays import FIRST, NO_FIGURES, NO_RATES, Pace, delay
from exporter.queues.rabbitmq.figures import Figures

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.server
class TestQueues:
    def test_an_empty_queue_has_no_delay(self, asked, customer, jobs):
        customer.routed(jobs, 0)
        told = asked.delay(jobs)
        assert (told.seconds, told.backlog, told.consumers, told.estimated, told.group) == (0, 0, 0, False, "")

    def test_the_delay_is_the_age_of_the_oldest_message_where_producers_stamp_them(self, asked, customer):
        jobs = customer.declare("jobs")
        now = int(time.time())
        customer.send(b"{}", b"{}", timestamp=now - 600)
        customer.send(b"{}", timestamp=(now - 60) * 1000)
        customer.routed(jobs, 3)
        told = asked.delay(jobs, "order-service", now=NOW)
        assert told.seconds == pytest.approx(600, abs=10), "by the broker's clock"
        assert (told.backlog, told.estimated, told.group) == (3, False, "order-service")
        customer.take(jobs, 2)
        customer.routed(jobs, 1)
        told = asked.delay(jobs)
        assert told.seconds == pytest.approx(60, abs=10)

    def test_a_message_of_the_future_is_no_negative_delay(self, asked, customer):
        jobs = customer.declare("jobs")
        customer.send(b"{}", timestamp=int(time.time()) + 3600)
        customer.routed(jobs, 1)
        assert asked.delay(jobs).seconds == 0

    def test_without_timestamps_the_delay_is_estimated_from_the_second_look_on(self, asked, customer, jobs):
        customer.send(*[b"{}"] * 100)
        customer.routed(jobs, 100)
        first = asked.delay(jobs, now=NOW)
        assert (first.seconds, first.backlog, first.consumed) == (None, 100, 0)
        assert first.why == FIRST
        still = asked.delay(jobs, now=NOW + timedelta(seconds=30))
        assert (still.seconds, still.estimated) == (30, True)
        customer.take(jobs, 50)
        customer.routed(jobs, 50)
        customer.broker.wait_until(lambda: asked.delay(jobs, now=NOW + timedelta(seconds=60)).consumed == 50)
        told = asked.delay(jobs, now=NOW + timedelta(seconds=60))
        assert (told.seconds, told.backlog, told.estimated) == (60, 50, True)

    def test_what_was_delivered_and_not_acknowledged_is_not_consumed(self, asked, customer, jobs):
        """The consumer that dies in its parser."""
        customer.send(b"{}", b"{}", timestamp=int(time.time()) - 720)
        customer.routed(jobs, 2)
        customer.take(jobs, 2, ack=False)
        customer.broker.wait_until(lambda: customer.figures(jobs).get("messages_unacknowledged") == 2)
        told = asked.delay(jobs)
        assert (told.backlog, told.consumed) == (2, 0)
        if customer.figures(jobs)["type"] == "classic":
            assert told.seconds == pytest.approx(720, abs=10)

    def test_consumers_online_are_told(self, asked, customer, jobs):
        customer.routed(jobs, 0)
        customer.broker.wait_until(lambda: asked.delay(jobs).consumers == 0)  # its statistics come a little later
        customer.channel.basic_consume(jobs, lambda *_: None)
        customer.broker.wait_until(lambda: customer.figures(jobs)["consumers"] == 1)
        assert asked.delay(jobs).consumers == 1

    def test_a_stream_has_no_delay_and_says_why(self, asked, customer):
        with pytest.raises(Unsupported, match="is a stream"):
            asked.delay(customer.declare("log", "stream"))

    def test_a_queue_that_was_made_just_now_is_not_behind_by_nothing_that_nobody_knows(self, asked, customer, jobs):
        told = asked.delay(jobs)
        assert (told.seconds, told.backlog) == (0, 0) or told.why == NO_FIGURES


# --- the pace


def told(backlog=10, consumed=0, **more):
    given = {"kind": "classic", "state": "running", "consumers": 1, "head": None, "published": 0, "at": None, **more}
    return Figures(backlog=backlog, consumed=consumed, **given)


def test_a_queue_that_is_consumed_is_behind_by_what_waits_at_that_pace():
    pace = Pace()
    for second in range(0, 100, 5):
        found = delay("jobs", told(backlog=600, consumed=second * 10), pace, NOW + timedelta(seconds=second))
    assert found.seconds == 60
    assert found.estimated


def test_a_queue_that_stands_still_is_behind_by_that_time_at_least():
    pace = Pace()
    for second in range(0, 10, 5):
        delay("jobs", told(backlog=10, consumed=second * 100), pace, NOW + timedelta(seconds=second))
    for second in range(10, 400, 5):
        found = delay("jobs", told(backlog=10, consumed=500), pace, NOW + timedelta(seconds=second))
    assert found.seconds == 390


def test_an_idle_queue_that_gets_a_message_was_not_behind_before():
    pace = Pace()
    delay("jobs", told(backlog=0), pace, NOW)
    delay("jobs", told(backlog=0), pace, NOW + timedelta(hours=5))
    found = delay("jobs", told(backlog=1), pace, NOW + timedelta(hours=5, seconds=10))
    assert found.seconds == 10


def test_counters_that_begin_anew_with_the_broker_begin_the_pace_anew():
    pace = Pace()
    delay("jobs", told(consumed=1_000), pace, NOW)
    found = delay("jobs", told(consumed=3), pace, NOW + timedelta(seconds=15))
    assert (found.seconds, found.why) == (None, FIRST)


def test_a_broker_that_counts_nothing_has_no_estimate_and_says_so():
    found = delay("jobs", told(consumed=None), Pace(), NOW)
    assert (found.seconds, found.backlog, found.why) == (None, 10, NO_RATES)
    found = delay("jobs", told(consumed=None, head=NOW - timedelta(seconds=9)), Pace(), NOW)
    assert (found.seconds, found.estimated) == (9, False)


def test_a_queue_whose_node_is_down_is_not_empty():
    found = delay("jobs", told(backlog=None, consumed=None, state="down"), Pace(), NOW)
    assert (found.seconds, found.backlog) == (None, None)
    assert "is down" in found.why
