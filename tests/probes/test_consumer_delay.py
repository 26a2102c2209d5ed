"""What the probe makes of a queue's answers, run by run; real brokers stand in tests/queues."""

import pytest
from pydantic import ValidationError

from exporter.probes.consumer_delay import ConsumerDelay
from exporter.queues import Delay, Missing, Unreachable
from tests.probes.plain import ago
from tests.queues.fake import FakeQueue, Watched, section

WHERE = ("orders", "order_created", "order-service")
EVERY = 15


def behind(seconds, backlog=None, **more):
    return [Delay("order_created", "order-service", seconds, backlog, **more)]


@pytest.fixture
def watch():
    """`watch(answers, settings)`: the probe over one topic."""
    opened = []

    def open_(*answers, **settings):
        queue = FakeQueue()
        queue.behind["order_created"] = list(answers)
        probe = ConsumerDelay(**{"topics": {"order_created": ["order-service"]}, **settings})
        opened.append(Watched("consumer_delay", probe, queue))
        return opened[-1]

    yield open_
    for each in opened:
        each.shop.close()


def stalled(orders, runs):
    """What each of the runs tells, in seconds."""
    return [orders.look(after=n * EVERY).values("consumer_stalled_seconds").get(WHERE) for n in range(runs)]


# --- what is told


def test_twelve_minutes_behind_are_told_with_the_time_of_the_oldest_message(watch):
    told = watch(behind(720, 2_300, consumers=2)).look()
    assert told.value("consumer_delay_seconds", *WHERE) == 720
    assert told.value("consumer_backlog_messages", *WHERE) == 2_300
    assert told.value("consumers_online", *WHERE) == 2
    [case] = next(s for s in told.samples if s.metric.name.endswith("delay_seconds")).evidence
    assert (case.ref, case.since, case.note) == (
        "order-service",
        ago(minutes=12),
        "2,300 条待消费 / 2,300 waiting · 2 个消费者在线 / 2 online",
    )


def test_a_group_that_is_done_is_0_behind_and_has_no_case(watch):
    told = watch(behind(0.0, 0, consumed=9)).look()
    assert told.value("consumer_delay_seconds", *WHERE) == 0
    assert told.value("consumer_stalled_seconds", *WHERE) == 0
    assert not [case for sample in told.samples for case in sample.evidence]


def test_what_the_broker_does_not_tell_is_absent_and_not_0(watch):
    told = watch(behind(None, why="no group order-service")).look()
    assert told.gaps == {"order_created/order-service": "no group order-service"}
    assert told.samples == []


def test_an_estimate_says_so(watch):
    told = watch(behind(30, 600, estimated=True)).look()
    assert told.value("consumer_delay_estimated", *WHERE) == 1
    assert "delay estimated" in next(s for s in told.samples if s.evidence).evidence[0].note
    assert watch(behind(30)).look().value("consumer_delay_estimated", *WHERE) == 0


def test_a_backlog_is_told_where_no_delay_is(watch):
    told = watch(behind(None, 12_582, why="a list keeps no times")).look()
    assert told.value("consumer_backlog_messages", *WHERE) == 12_582
    assert told.values("consumer_delay_seconds") == {}


# --- standing still


def test_a_group_that_consumes_nothing_stands_still_from_the_first_look_on(watch):
    orders = watch(*(behind(n * EVERY, 10 + n, consumed=500) for n in range(1, 9)))
    assert stalled(orders, 8) == [n * EVERY for n in range(8)]


def test_a_group_that_consumes_however_slowly_does_not_stand_still(watch):
    orders = watch(*(behind(n * EVERY, 1000 * n, consumed=500 + n) for n in range(1, 9)))
    assert stalled(orders, 8) == [0] * 8


def test_standing_still_ends_when_something_is_consumed_or_nothing_waits(watch):
    orders = watch(behind(5, 9, consumed=1), behind(20, 9, consumed=1), behind(35, 8, consumed=2),
                   behind(50, 8, consumed=2), behind(0, 0, consumed=2), behind(1, 1, consumed=2))  # fmt: skip
    assert stalled(orders, 6) == [0, 15, 0, 15, 0, 0]


def test_without_a_count_the_oldest_message_that_stays_the_same_says_it(watch):
    orders = watch(behind(100, 9), behind(115, 30), behind(130, 60), behind(120, 61), behind(121, 80))
    assert stalled(orders, 5) == [0, 15, 30, 0, 0]


def test_from_estimates_alone_nobody_can_tell(watch):
    orders = watch(behind(100, 9, estimated=True), behind(115, 30, estimated=True))
    assert stalled(orders, 2) == [None, None]


def test_standing_still_outlives_a_restart(watch):
    orders = watch(*(behind(n * EVERY, 10, consumed=500) for n in range(1, 9)))
    stalled(orders, 4)
    assert orders.again().look(after=4 * EVERY).value("consumer_stalled_seconds", *WHERE) == 60


def test_a_broker_that_is_away_for_a_while_does_not_make_a_group_move(watch):
    orders = watch(behind(5, 9, consumed=1), Unreachable("down"), behind(605, 9, consumed=1))
    orders.look()
    with pytest.raises(Unreachable):
        orders.look(after=15)
    assert orders.look(after=600).value("consumer_stalled_seconds", *WHERE) == 600


def test_a_group_that_consumes_is_not_written_down_at_every_look(watch):
    orders = watch(*(behind(5, 9, consumed=n) for n in range(99)))
    orders.look()
    written = dict(orders.kept)
    stalled(orders, 5)
    assert dict(orders.kept) == written


@pytest.mark.parametrize("kept", [{"groups": 3}, {"groups": [[1]]}, {"groups": [None]}])
def test_an_unreadable_memory_is_an_empty_one(watch, kept):
    orders = watch(behind(5, 9, consumed=1))
    orders.kept["consumer_delay/orders"] = kept
    assert orders.look().value("consumer_stalled_seconds", *WHERE) == 0


# --- several topics, several queues


def test_a_topic_that_is_gone_leaves_the_others(watch):
    orders = watch(behind(5, 9), topics={"gone": [], "order_created": []})
    orders.queue.behind["gone"] = [Missing("no topic gone")]
    told = orders.look()
    assert told.gaps == {"gone": "queue orders: no topic gone"}
    assert told.value("consumer_delay_seconds", *WHERE) == 5


ROCKET = "rocketmq://10.0.0.7:9876"


@pytest.mark.parametrize(
    "topics",
    [
        {"order_created": "order-service"},
        {"order_created": ["order-service"]},
        {"orders": {"order_created": ["order-service"]}},
    ],
)
def test_groups_of_topics_of_the_only_queue_or_by_queue(topics):
    [(name, probe)] = section({"orders": ROCKET}, consumer_delay={"topics": topics}).parts("main").items()
    assert name.part == "orders"
    assert probe.topics == {"orders": {"order_created": ("order-service",)}}


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        ({"order_created": ["a"], "stock": {"stock_changed": ["b"]}}, "some of these are topics and some are queues"),
        ({"stock": {"stock_changed": ["b"]}}, "no queue 'stock'; queues are orders"),
        ({}, "at least 1 item"),
        (["order_created"], "valid dictionary"),
    ],
)
def test_topics_that_cannot_be_are_told_with_what_to_write(topics, said):
    with pytest.raises(ValidationError) as error:
        section({"orders": ROCKET}, consumer_delay={"topics": topics})
    assert said in str(error.value)
