"""Consumer groups as their coordinators tell of them, without becoming a member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled, Unsupported
from exporter.queues.kafka.refusals import NO_GROUP, refusal
from exporter.queues.kafka.wire import Read, Stream, array, compact, string, uvarint

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.kafka.cluster import Cluster, Topic
    from exporter.queues.kafka.link import Link

_DEAD, _JOINED = "Dead", "consumer"


@dataclass(frozen=True, slots=True)
class Group:
    """`link`: to the broker that keeps it. `joined`: members join it; else consumers choose partitions themselves,
    as Flink's and Spark's do, and are nobody's members.
    """

    name: str
    link: Link
    joined: bool


def known(cluster: Cluster, deadline: Deadline) -> Mapping[str, Group]:
    """By name, all that this account may see."""
    found: dict[str, Group] = {}
    for link in cluster.links(deadline):
        with link.stream(Read.LIST_GROUPS, b"", deadline) as answer:
            code, groups = answer.i16(), answer.array(lambda a: (a.text(), a.text()))
        if code:
            raise refusal(code, link.name, "its groups")
        found |= {name: Group(name, link, kind == _JOINED) for name, kind in groups if kind in ("", _JOINED)}
    return found


def committed(group: Group, topic: Topic, deadline: Deadline) -> dict[int, int]:
    """Partition → the offset that the group reads next; partitions without a commit are left out."""
    link = group.link
    numbers = array(number.to_bytes(4, "big") for number in topic.leaders)
    fields = string(group.name) + array([string(topic.name) + numbers])
    with link.stream(Read.OFFSET_FETCH, fields, deadline) as answer:
        answer.i32()
        topics = answer.array(lambda a: (a.text(), a.array(_commit)))
        code = answer.i16()
    for each in (code, *(each for _, commits in topics for _, _, each in commits)):
        if each:
            raise refusal(each, link.name, f"how far {group.name} is on {topic.name}")
    return {number: offset for _, commits in topics for number, offset, _ in commits if offset >= 0}


def consumers(group: Group, deadline: Deadline) -> int | None:
    """Members that are online, in a group of the classic kind or of Kafka 4's; None where nobody joins."""
    if not group.joined:
        return None
    link = group.link
    with link.stream(Read.DESCRIBE_GROUPS, array([string(group.name)]), deadline) as answer:
        if answer.count() != 1:
            raise Garbled(f"{link.name} answers about other groups than {group.name}")
        code, _, state = answer.i16(), answer.text(), answer.text()
        answer.text(), answer.text()  # the kind of the group, and how it shares partitions
        members = answer.count() if not code else 0
    if code and code != NO_GROUP:
        raise refusal(code, link.name, f"the consumers of {group.name}")
    return members if not code and state != _DEAD else _modern(link, group.name, deadline)


def _modern(link: Link, group: str, deadline: Deadline) -> int:
    fields = uvarint(2) + compact(group) + b"\0\0"
    try:
        with link.stream(Read.DESCRIBE_CONSUMER_GROUPS, fields, deadline) as answer:
            answer.i32()
            if answer.count() != 1:
                raise Garbled(f"{link.name} answers about other groups than {group}")
            code, _, _, _ = answer.i16(), answer.text(), answer.text(), answer.text()
            answer.i32(), answer.i32()  # epochs
            answer.text()
            members = answer.count()
    except Unsupported:
        return 0  # a broker that knows no such groups: nobody is online
    if code and code != NO_GROUP:
        raise refusal(code, link.name, f"the consumers of {group}")
    return 0 if code else members


def _commit(answer: Stream) -> tuple[int, int, int]:
    number, offset, _, code = answer.i32(), answer.i64(), answer.text(), answer.i16()
    return number, offset, code
