"""Which offsets of a topic are new, and which of them one look may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.queues.kafka.cluster import EARLIEST, LATEST, Cluster, Topic
from exporter.queues.nouns import Mark

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.kafka.link import Link


@dataclass(slots=True)
class Span:
    """New offsets of one partition: those from `start` (what is next) to before `end`. The unseen lie before them."""

    partition: int
    link: Link
    start: int
    end: int
    expired: int = 0
    skipped: int = 0

    @property
    def new(self) -> int:
        return self.end - self.start

    def skip(self, count: int) -> None:
        self.start += count
        self.skipped += count


def spans(cluster: Cluster, topic: Topic, mark: Mark | None, newest: int, deadline: Deadline) -> list[Span]:
    """Of all partitions that have a leader now; the others keep their place. Without a mark the `newest` of each."""
    numbers = [number for number, link in topic.leaders.items() if link]
    ends = cluster.offsets(topic, dict.fromkeys(numbers, LATEST), deadline)
    oldest = cluster.offsets(topic, dict.fromkeys(numbers, EARLIEST), deadline)
    known, found = places(mark, topic), []
    for number in sorted(numbers):
        first, end = oldest[number].offset, max(ends[number].offset, oldest[number].offset)
        start = known.get(str(number), first) if mark is not None else max(first, end - newest)
        if not 0 <= start <= end:
            start = first  # the topic was made anew, or lost its newest messages: its numbers begin again
        link = topic.leaders[number]
        if link:
            found.append(Span(number, link, max(start, first), end, expired=max(0, first - start)))
    return found


def places(mark: Mark | None, topic: Topic) -> Mapping[str, int]:
    """Partition → the offset that is next; none where the mark is of a topic that was deleted."""
    found: Any = (mark or {}).get("next")
    anew = topic.id and (mark or {}).get("id", topic.id) not in ("", topic.id)
    if anew or not isinstance(found, Mapping) or not all(isinstance(each, int) for each in found.values()):
        return {}
    return found


def shortened(found: list[Span], most: int) -> None:
    """Of more than `most` new messages the newest of each partition are read: all of one with few of them."""
    for left, span in zip(range(len(found), 0, -1), sorted(found, key=lambda each: each.new), strict=True):
        span.skip(max(0, span.new - most // left))
        most -= span.new
