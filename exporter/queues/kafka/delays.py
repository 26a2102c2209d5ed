"""How far groups are behind: in messages, and in seconds, found by asking from when on the offsets are theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from exporter.queues.errors import QueueError, TimedOut, Unreachable
from exporter.queues.kafka import groups
from exporter.queues.kafka.cluster import EARLIEST, LATEST, Cluster, Topic
from exporter.queues.nouns import Delay

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_FIRST = 1000
"""Milliseconds of the first question; each further one asks four times as far back, until one hits."""

_FURTHER = 4
_FINE, _FINE_SHARE = 250, 0.02
"""How exactly the age is told where no question hits the very message: milliseconds, or a share of it."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`now`: milliseconds since 1970; Kafka tells its own time nowhere, and that of a message is its producer's."""

    cluster: Cluster
    topic: Topic
    groups: Mapping[str, groups.Group]
    now: int
    deadline: Deadline


def delays(cluster: Cluster, topic: Topic, names: Collection[str], now: datetime, deadline: Deadline) -> list[Delay]:
    """One a group; without `names` all that have committed an offset on the topic."""
    asked = _Asked(cluster, topic, groups.known(cluster, deadline), _milliseconds(now), deadline)
    if names:
        return [_delay(asked, name) for name in names]
    return [told for name in sorted(asked.groups) if (told := _delay(asked, name)).consumed is not None]


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _delay(asked: _Asked, group: str) -> Delay:
    """What one group cannot be told takes nothing from the others; a broker that is silent ends them all."""
    topic, known = asked.topic.name, asked.groups.get(group)
    if known is None:
        why = "no broker knows this group, or this account may not see it (DESCRIBE on the group)"
        return Delay(topic, group, None, why=why)
    try:
        consumers = groups.consumers(known, asked.deadline)
        committed = groups.committed(known, asked.topic, asked.deadline)
        return _measured(asked, group, committed, consumers)
    except (Unreachable, TimedOut):
        raise
    except QueueError as error:
        return Delay(topic, group, None, why=str(error))


def _measured(asked: _Asked, group: str, committed: Mapping[int, int], consumers: int | None) -> Delay:
    """The ends are asked for after the commits, so that no commit is beyond an end of its own topic.

    A partition without a commit is left out: where its reading begins is the consumers' own setting.
    """
    topic = asked.topic
    if not committed:
        why = f"the group has not committed an offset on {topic.name}"
        return Delay(topic.name, group, None, consumers=consumers, why=why)
    led = [number for number in committed if topic.leaders.get(number)]
    if len(led) < len(committed):
        raise Unreachable(f"partitions of {topic.name} have no leader now")
    ends = asked.cluster.offsets(topic, dict.fromkeys(led, LATEST), asked.deadline)
    oldest = asked.cluster.offsets(topic, dict.fromkeys(led, EARLIEST), asked.deadline)
    consumed = sum(committed.values())
    if any(committed[each] > ends[each].offset for each in led):
        why = f"its offsets are beyond the end of {topic.name}: the topic was made anew, or has lost messages"
        return Delay(topic.name, group, None, consumers=consumers, consumed=consumed, why=why)
    following = {each: max(committed[each], oldest[each].offset) for each in led}
    behind = {each: following[each] for each in led if following[each] < ends[each].offset}
    backlog = sum(ends[each].offset - place for each, place in behind.items())
    seconds = _age(asked, behind) / 1000 if behind else 0.0
    return Delay(topic.name, group, seconds, backlog=backlog, consumers=consumers, consumed=consumed)


def _age(asked: _Asked, behind: Mapping[int, int]) -> float:
    """Milliseconds of the oldest message at or after the places in `behind`: no message is read for it.

    A message is older than a time exactly if the first one since that time lies behind it.
    """
    now = asked.now
    left, low, high, back = set(behind), 0, None, _FIRST
    while left and (high is None or high - low > max(_FINE, _FINE_SHARE * high)):
        at = max(0, now - back)
        found = asked.cluster.offsets(asked.topic, dict.fromkeys(left, at), asked.deadline)
        after = {each for each in left if found[each].offset < 0 or found[each].offset > behind[each]}
        if not at:  # the first messages of all: what was between is compacted
            return max(0, *(now - found[each].at for each in after if found[each].offset >= 0))
        # a message at the very place tells its own time
        exact = {each for each in left if found[each].offset == behind[each]}
        low = max(low, *(now - found[each].at for each in exact), back if after else 0)
        left = after or left - exact
        high = high if after else back
        back = back * _FURTHER if high is None else (low + high) // 2
    return low if not left or high is None else (low + high) / 2
