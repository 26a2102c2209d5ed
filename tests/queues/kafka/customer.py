"""A shop's own programs on a Kafka: a producer, consumers and an administrator, by the client that most of them use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


class Customer:
    def __init__(self, host: str) -> None:
        self.host = host
        self.admin = AdminClient({"bootstrap.servers": host, "log_level": 0})

    def create(self, topic: str, partitions: int = 1, **config: object) -> str:
        settings = {name.replace("_", "."): str(value) for name, value in config.items()}
        self._done(self.admin.create_topics([NewTopic(topic, partitions, 1, config=settings)]))
        self.wait_until(lambda: topic in self.admin.list_topics(timeout=5).topics)
        return topic

    def delete(self, topic: str) -> None:
        self._done(self.admin.delete_topics([topic]))
        self.wait_until(lambda: topic not in self.admin.list_topics(timeout=5).topics)

    def trim(self, topic: str, before: int) -> None:
        self._done(self.admin.delete_records([TopicPartition(topic, 0, before)]))

    def send(
        self, topic: str, bodies: Iterable[bytes | None], *, keys: Callable[[int], Any] = str, **options: Any
    ) -> None:
        """`options`: `partition`, `at` (seconds since 1970), `codec`, `transaction` (its end: "commit" or "abort")."""
        at, transaction = options.get("at"), options.get("transaction")
        producer = Producer({
            "bootstrap.servers": self.host, "message.max.bytes": 20_000_000, "linger.ms": 20,
            "compression.type": options.get("codec", "none"), **({"transactional.id": topic} if transaction else {}),
        })  # fmt: skip
        if transaction:
            producer.init_transactions(10)
            producer.begin_transaction()
        moment = {"timestamp": int(at * 1000)} if at else {}
        for number, body in enumerate(bodies):
            producer.produce(topic, body, key=keys(number), partition=options.get("partition", 0), **moment)
        if producer.flush(30):
            pytest.fail("the broker did not take the messages")
        if transaction:
            getattr(producer, f"{transaction}_transaction")(10)

    def commit(self, group: str, topic: str, places: Mapping[int, int]) -> None:
        """As a consumer that is gone since."""
        consumer = self.consumer(group)
        consumer.commit(offsets=[TopicPartition(topic, *each) for each in places.items()], asynchronous=False)
        consumer.close()

    def consumer(self, group: str, **options: object) -> Consumer:
        settings = {name.replace("_", "."): value for name, value in options.items()}
        return Consumer({
            "bootstrap.servers": self.host, "group.id": group, "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "fetch.message.max.bytes": 20_000_000, **settings,
        })  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Topics with their configuration, groups with their members and offsets: what nobody may change."""
        topics = self.admin.list_topics(timeout=5).topics
        groups = sorted(each.group_id for each in self.admin.list_consumer_groups().result().valid)
        return {
            "topics": {name: sorted(topic.partitions) for name, topic in topics.items()},
            "groups": {name: self._group(name) for name in groups},
        }

    @staticmethod
    def wait_until(ready: Callable[[], object], within: float = 20.0) -> None:
        until = time.monotonic() + within
        while not ready():
            if time.monotonic() > until:
                pytest.fail(f"the broker is not so far after {within:g} s")
            time.sleep(0.02)

    def _group(self, name: str) -> Any:
        from confluent_kafka import ConsumerGroupTopicPartitions

        told = self.admin.describe_consumer_groups([name])[name].result()
        asked = [ConsumerGroupTopicPartitions(name)]
        offsets = self.admin.list_consumer_group_offsets(asked)[name].result().topic_partitions
        return {
            "state": told.state.name,
            "members": sorted(each.member_id for each in told.members),
            "offsets": sorted((each.topic, each.partition, each.offset) for each in offsets),
        }

    @staticmethod
    def _done(futures: Mapping[Any, Any]) -> None:
        for each in futures.values():
            each.result(20)
