from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from exporter.queues import Deadline
from tests.queues.kafka.conftest import named

pytestmark = pytest.mark.server


def delays(queue, topic, *groups):
    return queue.delays(topic, groups, datetime.now(UTC), Deadline(20))


def sent(customer, topic, *ages, **options):
    """One message of each age in seconds."""
    for age in ages:
        customer.send(topic, [b"{}"], at=time.time() - age, **options)


def test_the_delay_is_the_age_of_the_oldest_message_not_consumed(queue, customer, topic):
    sent(customer, topic, 7200, 3600, 600, 60, 1)
    for place, age in enumerate((7200, 3600, 600, 60, 1)):
        customer.commit(topic, topic, {0: place})
        (told,) = delays(queue, topic, topic)
        assert told.seconds == pytest.approx(age, rel=0.02, abs=2)
        assert (told.backlog, told.consumed, told.estimated) == (5 - place, place, False)


def test_a_group_at_the_end_has_no_delay(queue, customer, topic):
    sent(customer, topic, 7200)
    customer.commit(topic, topic, {0: 1})
    (told,) = delays(queue, topic, topic)
    assert (told.seconds, told.backlog, told.why) == (0.0, 0, "")


def test_of_several_partitions_the_slowest_counts(queue, customer, request):
    topic = customer.create(named(request), partitions=4)
    for partition, age in enumerate((30, 900, 60, 5)):
        sent(customer, topic, age, partition=partition)
    customer.commit(topic, topic, {0: 0, 1: 0, 2: 1, 3: 0})
    (told,) = delays(queue, topic, topic)
    assert told.seconds == pytest.approx(900, abs=3)
    assert told.backlog == 3


def test_messages_sent_at_once_and_partly_consumed_are_as_old_as_they_are(queue, customer, topic):
    customer.send(topic, [b"{}"] * 100, at=time.time() - 300)
    customer.commit(topic, topic, {0: 50})
    (told,) = delays(queue, topic, topic)
    assert told.seconds == pytest.approx(300, abs=8)
    assert told.backlog == 50


def test_the_time_of_storing_counts_where_the_topic_says_so(queue, customer, request):
    topic = customer.create(named(request), message_timestamp_type="LogAppendTime")
    sent(customer, topic, 7200)
    customer.commit(topic, topic, {0: 0})
    assert delays(queue, topic, topic)[0].seconds < 10


def test_a_producer_whose_clock_is_ahead_makes_no_negative_delay(queue, customer, topic):
    sent(customer, topic, -600)
    customer.commit(topic, topic, {0: 0})
    assert delays(queue, topic, topic)[0].seconds == pytest.approx(0, abs=1)


def test_after_trimming_the_oldest_message_that_is_left_counts(queue, customer, topic):
    sent(customer, topic, 7200, 3600, 60)
    customer.commit(topic, topic, {0: 0})
    customer.trim(topic, 2)
    (told,) = delays(queue, topic, topic)
    assert told.seconds == pytest.approx(60, abs=3)
    assert told.backlog == 1


def test_offsets_of_a_topic_that_was_made_anew_are_told_and_give_no_delay(queue, customer, topic):
    sent(customer, topic, 60, 60, 60)
    consumer = customer.consumer(topic)
    consumer.close()
    customer.commit(topic, topic, {0: 3})
    customer.trim(topic, 3)
    customer.delete(topic)
    customer.create(topic)
    if delays(queue, topic, topic)[0].consumed is None:
        customer.commit(topic, topic, {0: 3})  # this broker forgets the offsets of a topic that is deleted
    (told,) = delays(queue, topic, topic)
    assert (told.seconds, told.backlog) == (None, None)
    assert "made anew" in told.why


def test_where_consumers_join_no_group_nobody_knows_how_many_are_online(queue, customer, topic):
    sent(customer, topic, 60)
    customer.commit(topic, topic, {0: 0})
    assert delays(queue, topic, topic)[0].consumers is None


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_consumers_online_are_counted_in_both_kinds_of_groups(queue, customer, topic, protocol):
    sent(customer, topic, 60)
    consumers = [customer.consumer(topic, group_protocol=protocol) for _ in range(2)]
    try:
        for each in consumers:
            each.subscribe([topic])
        customer.wait_until(lambda: [each.poll(0.05) for each in consumers] and _online(queue, topic) == 2)
        customer.wait_until(lambda: any(each.poll(0.05) or each.assignment() for each in consumers))
        holder = next(each for each in consumers if each.assignment())
        holder.commit(offsets=[_place(topic, 1)], asynchronous=False)
        (told,) = delays(queue, topic, topic)
        assert (told.consumers, told.seconds, told.consumed) == (2, 0.0, 1)
    finally:
        for each in consumers:
            each.close()
    assert delays(queue, topic, topic)[0].consumers == 0


def test_a_group_that_no_broker_knows_says_so(queue, topic):
    (told,) = delays(queue, topic, "nobody")
    assert (told.seconds, told.consumers) == (None, None)
    assert told.why.startswith("no broker knows this group")


def test_a_group_of_another_topic_has_committed_nothing_here(queue, customer, topic, request):
    other = customer.create(named(request))
    customer.commit(other, other, {0: 0})
    (told,) = delays(queue, topic, other)
    assert told.seconds is None
    assert told.why == f"the group has not committed an offset on {topic}"


def test_without_names_all_groups_of_the_topic_are_told(queue, customer, topic):
    sent(customer, topic, 60)
    customer.commit(f"{topic}-a", topic, {0: 0})
    customer.commit(f"{topic}-b", topic, {0: 1})
    assert [(each.group, each.backlog) for each in delays(queue, topic)] == [(f"{topic}-a", 1), (f"{topic}-b", 0)]


def _online(queue, topic):
    return delays(queue, topic, topic)[0].consumers


def _place(topic, offset):
    from confluent_kafka import TopicPartition

    return TopicPartition(topic, 0, offset)
