"""What delivery tells of itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from exporter.model import Metric, Refusal, Sample
from exporter.state import Waiting

RESULTS = ("accepted", "merged", "overflowed", "repeated", "retried", "throttled", "refused", "dead")

CARDS = Metric(
    "order_health_cards_total",
    "Cards by what became of them: accepted by the room, merged into a digest, overflowed (given to another channel), "
    "repeated because the room may have missed them, retried after a passing fault, throttled by the robot, refused by "
    "the robot, dead (given up).",
    ("channel", "result"),
    "counter",
)
OUTBOX = Metric("order_health_outbox_cards", "Cards that wait to be accepted by the room.", ("channel",))
OLDEST = Metric(
    "order_health_outbox_oldest_timestamp_seconds",
    "When the oldest waiting card was written, in Unix time; absent when none waits.",
    ("channel",),
)
REFUSED = Metric(
    "order_health_channel_refused_timestamp_seconds",
    "Since when the robot has refused every card, in Unix time, until a person mends what is wrong; absent while "
    "it takes them.",
    ("channel", "cause"),
)
DEAD = Metric(
    "order_health_dead_cards",
    "Cards that were given up and are kept until they are sent again or thrown away; absent while there are none.",
    ("channel", "cause"),
)
SKEW = Metric(
    "order_health_clock_skew_seconds",
    "How far this machine's clock is ahead of the room's, or behind (negative), by the Date of its last answer; absent "
    "while there was none.",
    ("channel",),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the state says: what waits and who refuses, by channel, and how many were given up, by channel and cause."""

    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    dead: Mapping[tuple[str, str], int] = field(default_factory=dict)


def samples(
    channels: Collection[str],
    counts: Mapping[tuple[str, str], int],
    found: Found,
    skews: Mapping[str, float | None],
) -> list[Sample]:
    """`counts` are of this run, by channel and result; `skews` by how far our clock is ahead of each room's."""
    waiting = found.waiting
    names = sorted({*channels, *waiting, *(channel for channel, _ in counts)})
    told = [CARDS(counts.get((name, result), 0), channel=name, result=result) for name in names for result in RESULTS]
    told += [OUTBOX(waiting[name].cards if name in waiting else 0, channel=name) for name in names]
    told += [OLDEST(waiting[name].oldest, channel=name) for name in names if name in waiting]
    told += [
        REFUSED(each.since.timestamp(), channel=name, cause=each.cause or "unknown")
        for name, each in found.refusals.items()
    ]
    told += [DEAD(count, channel=name, cause=cause or "unknown") for (name, cause), count in found.dead.items()]
    return told + [SKEW(ahead, channel=name) for name, ahead in skews.items() if ahead is not None]
