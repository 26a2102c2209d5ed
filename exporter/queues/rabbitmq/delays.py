"""How far a queue is behind: by the time that its oldest message carries, or by its pace."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from exporter.queues.errors import Unsupported
from exporter.queues.nouns import Delay

if TYPE_CHECKING:
    from exporter.queues.rabbitmq.figures import Figures

_LOOKS = 20
"""Looks over which the pace is taken."""

NO_FIGURES = (
    "the broker has no figures of this queue yet, or collects none (management_agent.disable_metrics_collector)"
)
NO_RATES = "its messages carry no timestamp, and the broker counts no rates (rates_mode): nothing tells their age"
FIRST = "its messages carry no timestamp: how fast they are consumed is known from the second look on"
_STANDING = ("down", "stopped", "crashed", "minority")


@dataclass(slots=True)
class Pace:
    """How fast one queue is consumed. `moved`: when it was last seen to be, or when it was first looked at."""

    moved: datetime | None = None
    points: deque[tuple[datetime, int]] = field(default_factory=lambda: deque(maxlen=_LOOKS))

    def seconds(self, backlog: int, consumed: int, now: datetime) -> float | None:
        """Until what waits now is consumed, at the pace of the last looks; None at the first one."""
        known = self.points[-1] if self.points else None
        if known and not known[1] <= consumed:
            self.points.clear()  # the broker was restarted, and counts anew
            known = None
        if known is None or consumed > known[1] or not backlog:
            self.moved = now
        self.points.append((now, consumed))
        if not backlog:
            return 0.0
        if known is None or self.moved is None:
            return None
        (began, before), (ended, after) = self.points[0], self.points[-1]
        still = (now - self.moved).total_seconds()
        return max(still, backlog * (ended - began).total_seconds() / (after - before)) if after > before else still


def delay(topic: str, told: Figures, pace: Pace, now: datetime) -> Delay:
    """All who consume a queue share it: it has no groups. `now` is for a broker that tells no time of its own."""
    if told.kind == "stream":
        raise Unsupported(f"{topic} is a stream: its messages stay when they are consumed, and how far its readers "
                          "are is not told by the management plugin")  # fmt: skip
    why = f"the broker tells of this queue that it is {told.state}" if told.state in _STANDING else ""
    if told.backlog is None or why:
        return Delay(topic, "", None, consumers=told.consumers, consumed=told.consumed, why=why or NO_FIGURES)
    paced = None if told.consumed is None else pace.seconds(told.backlog, told.consumed, now)
    seconds, estimated = paced, True
    if not told.backlog:
        seconds, estimated = 0.0, False
    elif told.head:
        seconds, estimated = max(0.0, ((told.at or now) - told.head).total_seconds()), False
    elif paced is None:
        why, estimated = NO_RATES if told.consumed is None else FIRST, False
    return Delay(topic, "", seconds, told.backlog, told.consumers, told.consumed, estimated=estimated, why=why)
