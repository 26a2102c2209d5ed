"""How far a group is behind, by the broker's own clock."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.queues.errors import Garbled, Missing, QueueError, TimedOut, Unreachable
from exporter.queues.nouns import Delay
from exporter.queues.rocketmq.answers import by_queue, parsed
from exporter.queues.rocketmq.cluster import NOT_ONLINE, SUCCESS, Keeper, refusal
from exporter.queues.rocketmq.frames import Read

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_NEVER = 10**12
"""Milliseconds: a delay from here on is the broker's clock itself, as it answers where no offset was committed."""


@dataclass(frozen=True, slots=True)
class _Topic:
    """`offsets`: broker → queue → its oldest and newest. `groups`: those that the brokers know."""

    name: str
    keepers: Collection[Keeper]
    groups: Collection[str]
    offsets: Mapping[str, Mapping[int, Mapping[str, int]]]
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class _Queue:
    """`committed` None: the group has no offset here. `age`: seconds of the oldest message not consumed, if known."""

    backlog: int
    committed: int | None
    age: float | None


def delays(topic: str, keepers: Collection[Keeper], groups: Collection[str], deadline: Deadline) -> list[Delay]:
    """One a group; without `groups` all that the brokers know and that are online or have an offset.

    5.3 lists, for a group that is online and has no offset yet, the topic's own name.
    """
    known = set().union(*(_groups(keeper, topic, deadline) for keeper in keepers))
    offsets = {keeper.name: _offsets(keeper, topic, deadline) for keeper in keepers}
    of = _Topic(topic, keepers, known, offsets, deadline)
    if groups:
        return [_delay(of, group) for group in groups]
    return [found for group in sorted(known) if (found := _delay(of, group)).consumers or found.consumed is not None]


def _groups(keeper: Keeper, topic: str, deadline: Deadline) -> set[str]:
    told = parsed(keeper.ask(Read.GROUPS, {"topic": topic}, f"the groups of {topic}", deadline))
    try:
        return {str(each) for each in told.get("groupList") or ()}
    except (AttributeError, TypeError):
        raise Garbled(f"{keeper.link.name} tells the groups of {topic} in a form that cannot be read") from None


def _offsets(keeper: Keeper, topic: str, deadline: Deadline) -> dict[int, dict[str, int]]:
    return by_queue(keeper.ask(Read.TOPIC_STATS, {"topic": topic}, f"the queues of {topic}", deadline))


def _delay(of: _Topic, group: str) -> Delay:
    """What one group cannot be told takes nothing from the others; a broker that is silent ends them all."""
    try:
        consumers, broadcast = _consumers(of.keepers, group, of.deadline)
        if broadcast:
            why = "the group broadcasts: each consumer keeps its own offset, and no broker knows it"
            return Delay(of.name, group, None, consumers=consumers, why=why)
        if not consumers and group not in of.groups:
            return Delay(of.name, group, None, consumers=consumers, why=f"no broker knows this group on {of.name}")
        found = [each for keeper in of.keepers for each in _queues(keeper, of, group)]
    except (Unreachable, TimedOut):
        raise
    except QueueError as error:
        return Delay(of.name, group, None, why=str(error))
    return _summed(of.name, group, found, consumers)


def _summed(topic: str, group: str, found: Collection[_Queue], consumers: int) -> Delay:
    if all(each.committed is None for each in found):
        return Delay(topic, group, None, consumers=consumers, why=f"the group has not committed an offset on {topic}")
    behind = [each for each in found if each.backlog]
    ages = [each.age for each in behind if each.age is not None]
    return Delay(
        topic,
        group,
        seconds=max(ages, default=None if behind else 0.0),
        backlog=sum(each.backlog for each in behind),
        consumers=consumers,
        consumed=sum(each.committed or 0 for each in found),
        why="" if ages or not behind else "the broker does not tell how old the oldest message is",
    )


def _consumers(keepers: Iterable[Keeper], group: str, deadline: Deadline) -> tuple[int, bool]:
    """Consumers online (each is connected to every broker), and whether they broadcast."""
    clients, broadcast = set(), False
    for keeper in keepers:
        answer, body = keeper.link.ask(Read.CONSUMERS, {"consumerGroup": group}, deadline)
        if answer.code == NOT_ONLINE:
            continue
        if answer.code != SUCCESS:
            raise refusal(answer, keeper.link.name, f"the consumers of {group}")
        told = parsed(body)
        try:
            clients |= {str(each["clientId"]) for each in told.get("connectionSet") or ()}
            broadcast |= told.get("messageModel") == "BROADCASTING"
        except (KeyError, TypeError, AttributeError):
            raise Garbled(f"{keeper.link.name} tells the consumers of {group} in a form that cannot be read") from None
    return len(clients), broadcast


def _queues(keeper: Keeper, of: _Topic, group: str) -> list[_Queue]:
    topic, deadline, offsets = of.name, of.deadline, of.offsets[keeper.name]
    what = f"how far {group} is on {topic}"
    stats = by_queue(keeper.ask(Read.CONSUME_STATS, {"consumerGroup": group, "topic": topic}, what, deadline))
    spans = _spans(keeper.ask(Read.TIME_SPAN, {"topic": topic, "group": group}, what, deadline), keeper)
    if not stats:
        raise Missing(f"{keeper.link.name} knows the group, but it is not subscribed to {topic}")
    found = []
    try:
        for queue, figures in stats.items():
            oldest = max(0, offsets.get(queue, {}).get("minOffset", 0))
            consumed, end = max(0, figures["consumerOffset"]), figures["brokerOffset"]
            span = spans.get(queue, {})
            delay = int(span.get("delayTime", -1))
            committed = None if consumed == 0 and delay >= _NEVER else consumed
            found.append(_Queue(max(0, end - max(consumed, oldest)), committed, _age(delay, span)))
    except (KeyError, TypeError, ValueError):
        raise Garbled(f"{keeper.link.name} tells {what} in a form that cannot be read") from None
    return found


def _age(delay: int, span: Mapping[str, Any]) -> float | None:
    """Seconds. Without a committed offset, or below the oldest message, it is the oldest message's."""
    if delay >= _NEVER:
        stored = int(span.get("minTimeStamp", -1))
        return max(0, delay - stored) / 1000 if stored > 0 else None
    return max(0, delay) / 1000 if delay >= 0 else None


def _spans(body: bytes, keeper: Keeper) -> dict[int, Mapping[str, Any]]:
    try:
        told = json.loads(body).get("consumeTimeSpanSet") or ()
        return {int(each["messageQueue"]["queueId"]): each for each in told}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Garbled(f"{keeper.link.name} tells its time spans in a form that cannot be read") from None
