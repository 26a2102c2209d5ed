"""What can go wrong with a queue. `str(error)` is ready for people: no address, account, secret or payload is in it."""

# ruff: noqa: N818 - each is named for what happened, and all are QueueErrors
from __future__ import annotations

from exporter.database.errors import ShopError


class QueueError(ShopError):
    """The queue could not answer; the base of all that follows."""


class Unreachable(QueueError):
    """No connection: the broker is down, frozen, full, or not where its name server says."""


class TimedOut(QueueError):
    """The time of the run is over."""


class Denied(QueueError):
    """The account may not; the text says what it needs."""


class Missing(QueueError):
    """The broker has no such topic (queue, stream, list), or no such group."""


class Unsupported(QueueError):
    """This broker does not know the question: another product, another version, or switched off."""


class Garbled(QueueError):
    """What came back is not what the protocol says: something else listens there, or the answer broke off."""
