"""What one look at the groups leaves to the next: since when each has consumed nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exporter.queues import Delay

_SAME = 0.9
"""The oldest message is still the same one when its age grew by so much of the time that has passed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`since`: nothing was consumed, as far as seen, while messages waited; None while the group consumes or is done.

    `told`: whether this broker tells enough to know. The rest is as it was `at` the last look.
    """

    at: datetime
    since: datetime | None
    told: bool
    consumed: int | None = None
    seconds: float | None = None

    @property
    def seconds_still(self) -> float:
        return (self.at - self.since).total_seconds() if self.since else 0.0


@dataclass(frozen=True, slots=True)
class Memory:
    """By topic and group."""

    groups: Mapping[tuple[str, str], Standing] = field(default_factory=dict)

    def follow(self, delay: Delay, now: datetime) -> Standing:
        before = self.groups.get((delay.topic, delay.group))
        measured = None if delay.estimated else delay.seconds
        told = delay.consumed is not None or measured is not None
        waiting = bool(delay.backlog or (delay.backlog is None and delay.seconds))
        since = None
        if told and waiting:
            since = before.since if before and before.since and _still(before, delay, now) else now
        return Standing(now, since, told, delay.consumed, measured)

    def with_group(self, delay: Delay, standing: Standing) -> Memory:
        return Memory({**self.groups, (delay.topic, delay.group): standing})

    def lasting(self) -> object:
        """A group that consumes begins anew at every look, which is not worth a write."""
        return {key: each.since for key, each in self.groups.items() if each.since != each.at}

    @classmethod
    def loads(cls, kept: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            return cls(
                {
                    (topic, group): Standing(datetime.fromisoformat(at), _moment(since), told, consumed, seconds)
                    for topic, group, at, since, told, consumed, seconds in kept.get("groups", [])
                }
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return {
            "groups": [
                [
                    *key,
                    each.at.isoformat(),
                    each.since.isoformat() if each.since else None,
                    each.told,
                    each.consumed,
                    each.seconds,
                ]
                for key, each in self.groups.items()
            ]
        }


def _still(before: Standing, delay: Delay, now: datetime) -> bool:
    """Nothing was consumed since `before`: the broker's count stands still, or the oldest message is the same one."""
    if delay.consumed is not None and before.consumed is not None:
        return delay.consumed == before.consumed
    if delay.estimated or delay.seconds is None or before.seconds is None:
        return False
    return delay.seconds - before.seconds >= _SAME * (now - before.at).total_seconds()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
