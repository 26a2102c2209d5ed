"""Several hosts that know the same: one answer is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from exporter.database.deadline import Deadline
from exporter.queues.errors import QueueError, TimedOut, Unreachable

Answer = TypeVar("Answer")


def asked_in_turn(
    hosts: list[tuple[str, int]], ask: Callable[[tuple[str, int], Deadline], Answer], deadline: Deadline
) -> Answer:
    """By the first of the hosts that answers, each with its share of the time; it is the first from then on."""
    fault: QueueError | None = None
    for number, host in enumerate(tuple(hosts)):
        try:
            answer = ask(host, Deadline(deadline.left / (len(hosts) - number)))
        except (Unreachable, TimedOut) as error:
            fault = fault or error
        else:
            if fault:
                hosts.sort(key=lambda each: each != host)
            return answer
    raise fault or Unreachable("no host is known")
