"""A few of the messages that came into a queue, from a queue of our own that keeps only some."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from exporter.database.deadline import Deadline
from exporter.queues.drawing import Body, Draw, Drawn, spread
from exporter.queues.nouns import KB, Mark, Message

if TYPE_CHECKING:
    from exporter.queues.rabbitmq.letters import Letter
    from exporter.queues.rabbitmq.tap import Tap

MOST = 200
"""Messages that the broker keeps for this between two looks."""

LARGEST = 8 * KB * KB
"""Their bytes."""

PACKED = "compressed by their producer"
OVER_BUDGET = "over the budget"


_PATIENCE = 0.7
"""Of the time there is, waited by a first sample for what comes: a tap knows nothing of what came before it."""

_PAUSE = 0.1


def drawn(topic: str, tap: Tap, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
    """Spread over those that were kept, which are the newest; where there came more, nobody knows how many."""
    waiting, patience = tap.waiting(deadline), Deadline(_PATIENCE * deadline.left if mark is None else 0)
    while waiting < draw.count and patience.left:
        time.sleep(_PAUSE)
        waiting = tap.waiting(deadline)
    chosen = frozenset(spread([waiting], draw.count)[0])
    bodies: list[Body] = []
    large: list[Message] = []
    unread: Counter[str] = Counter()
    together = 0
    for number, letter in enumerate(tap.letters(waiting, deadline)):
        if number not in chosen:
            continue
        message = _message(topic, letter)
        if letter.size > draw.largest:
            large.append(message)
        elif letter.properties.get("content_encoding", "") not in ("", "identity", "utf-8", "UTF-8"):
            unread[PACKED] += 1
        elif together + letter.size > draw.together:
            unread[OVER_BUDGET] += 1
        else:
            together += letter.size
            bodies.append(Body(message, b"".join(letter.pieces)))
    return Drawn({"tap": tap.name}, waiting, tuple(bodies), tuple(large), dict(unread), estimated=waiting >= MOST)


def _message(topic: str, letter: Letter) -> Message:
    size = letter.size
    return Message(topic, "", letter.id, size, letter.keys, letter.at, size, producer=letter.producer)
