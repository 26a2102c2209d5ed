"""The probes of queues over a real RabbitMQ."""

from datetime import timedelta

import pytest

from exporter.config.sections import ShopSection
from exporter.model import Gap
from exporter.shop import Shop
from tests.probes.plain import NOW, Told
from tests.queues.fake import Kept
from tests.queues.rabbitmq.conftest import PICTURE, eventually, order

pytestmark = pytest.mark.server


class Watched:
    """One probe of a shop as a configuration has it."""

    def __init__(self, name, queue, **settings):
        section = ShopSection.model_validate({
            "database": "sqlite:////shop.db", "tables": "plain", "queues": {"orders": queue}, "probes": {name: settings},
        })  # fmt: skip
        self.name, self.probe = name, section.probes[name].with_queues(["orders"])
        self.shop = Shop.open("main", "sqlite:////nowhere/shop.db", None, None, queues=section.queues, memory=Kept())

    def look(self, after=0.0):
        (part,) = self.probe.parts(())
        shop = self.shop.bounded(self.name, 5, part)
        return Told(list(self.probe.read(shop, NOW + timedelta(seconds=after))), shop.trace)


@pytest.fixture
def watched():
    made = []

    def watched(*given, **settings):
        made.append(Watched(*given, **settings))
        return made[-1]

    yield watched
    for each in made:
        each.shop.close()


WHERE = ("orders", "jobs")
GROUP = (*WHERE, "order-service")


def test_an_oversize_message_is_counted_and_named_by_its_field(watched, tapping, customer, jobs):
    size = watched("message_size", tapping, topics=["jobs"])
    size.look()
    customer.send(order("O-1"), order("O-2", picture=PICTURE.decode()), message_id="m-2")
    told = eventually(lambda: (told := size.look()).value("oversize_messages_total", *WHERE) and told)
    kind = ("huge", "$.items[*].picture", "Base64 JPEG")
    assert told.value("recent_oversize_messages", *WHERE, *kind) == 1
    assert told.refs("recent_oversize_messages", *WHERE, *kind) == ["m-2"]
    assert told.value("message_coverage_ratio", *WHERE) == 1


def test_a_queue_without_a_tap_is_not_applicable_and_says_what_to_write(watched, rabbitmq, customer, jobs):
    (gap,) = watched("message_size", rabbitmq.url, topics=["jobs"]).look().told
    assert isinstance(gap, Gap)
    assert "tap: 32MB" in gap.why


def test_a_queue_that_nobody_consumes_is_stalled_whatever_its_delay_is_worked_out_from(
    watched, rabbitmq, customer, jobs
):
    delay = watched("consumer_delay", rabbitmq.url, topics={"jobs": ["order-service"]})
    customer.send(*[b"{}"] * 20)
    customer.routed(jobs, 20)
    delay.look()
    told = delay.look(after=150)
    metrics = ("delay_seconds", "delay_estimated", "stalled_seconds", "backlog_messages")
    assert [told.value(f"consumer_{each}", *GROUP) for each in metrics] == [150, 1, 150, 20]
    assert told.value("consumers_online", *GROUP) == 0
