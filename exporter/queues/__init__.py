"""What a queue is. Each broker product is one file or package of this folder, found by the scheme of its URL.

A queue answers without consuming, committing, registering a group or changing anything. Payload is in no answer but
that of `samples`, which is judged in this process and let go.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, ClassVar

from pydantic import AfterValidator, SecretStr

from exporter import plugins
from exporter.database.deadline import Deadline
from exporter.queues.addresses import Address
from exporter.queues.drawing import Body, Draw, Drawn
from exporter.queues.errors import Denied, Garbled, Missing, QueueError, TimedOut, Unreachable, Unsupported
from exporter.queues.nouns import BOUNDS, KB, Arrivals, Contents, Delay, Field, Key, Look, Mark, Message, Tally, Walk
from exporter.strict import Strict

__all__ = [
    "BOUNDS",
    "KB",
    "Address",
    "Arrivals",
    "Body",
    "Broker",
    "Contents",
    "Deadline",
    "Delay",
    "Denied",
    "Draw",
    "Drawn",
    "Field",
    "Garbled",
    "Key",
    "Keys",
    "Look",
    "Mark",
    "Message",
    "Missing",
    "Queue",
    "QueueError",
    "QueueUrl",
    "Tally",
    "TimedOut",
    "Unreachable",
    "Unsupported",
    "Walk",
    "known",
    "schemes",
]


class Queue(ABC):
    """A broker as probes may ask it. It connects when first asked, may be asked by several threads, and goes on after
    any error: the next question connects anew.

    Every question ends at its deadline (TimedOut) and holds bounded memory, however large a message or an answer is.
    """

    @abstractmethod
    def arrivals(self, topic: str, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
        """What came into the topic since `mark` (None: the newest `look.first`); raises a QueueError.

        A mark that does not fit any more (a topic made anew, messages trimmed) begins at the oldest message there is.
        """

    def samples(self, topic: str, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:  # noqa: ARG002
        """A few of the messages that came into the topic since `mark` (None: of the newest `draw.first`), with bodies.

        Where a mark does not fit any more it draws from all that there is. Raises a QueueError; Unsupported where
        nobody can look into a message without consuming it.
        """
        raise Unsupported("nobody can look into the messages of this broker without consuming them")

    @abstractmethod
    def delays(self, topic: str, groups: Collection[str], now: datetime, deadline: Deadline) -> Sequence[Delay]:
        """One for each of `groups`; without any, for every group that the broker knows of this topic.

        `now` is for a broker that tells no time of its own. A group that the broker does not know has `seconds` None
        and says so. Raises a QueueError where the broker or the topic is not there.
        """

    def accepts(self, topic: str, deadline: Deadline) -> int:  # noqa: ARG002 - most brokers do not tell
        """Bytes of the largest message that the broker takes into the topic; raises a QueueError.

        Unsupported where a broker does not tell it to somebody who only reads.
        """
        raise Unsupported("this broker tells nobody who only reads how large a message it takes")

    @abstractmethod
    def close(self) -> None:
        """Gives its connections up; whoever asks afterwards gets Unreachable."""


class Keys(ABC):
    """What a queue that is a cache as well may be asked about its keys; no value is ever read."""

    @abstractmethod
    def lasting(self, pattern: str, beyond: float, mark: Mark | None, most: int, deadline: Deadline) -> Walk:
        """Keys like `pattern`, a glob, that have no expiry, or one more than `beyond` seconds away.

        Goes on from `mark` through about `most` keys of any name; raises a QueueError.
        """

    @abstractmethod
    def alive(self, names: Collection[str], deadline: Deadline) -> Sequence[Key]:
        """Those of these keys that are there; raises a QueueError."""


def _whole(url: SecretStr) -> SecretStr:
    Address.read(url.get_secret_value())
    return url


QueueUrl = Annotated[SecretStr, AfterValidator(_whole)]
"""A secret as a whole: a password may stand in it."""


class Broker(Strict, ABC):
    """Where a broker is and how to sign in there: an entry of a shop's `queues:`. Its class is chosen by the scheme.

    A client library is imported by `connect` only, so that whoever does not use it does not load it.
    """

    SCHEMES: ClassVar[tuple[str, ...]]

    url: QueueUrl
    """Where it is. Its scheme says which broker it is; an account may stand in it."""

    @property
    def address(self) -> Address:
        return Address.read(self.url.get_secret_value())

    @abstractmethod
    def connect(self) -> Queue:
        """A queue that connects when it is first asked."""


@cache
def known() -> Mapping[str, type[Broker]]:
    """Every broker product of this folder by its name."""
    return plugins.found(__name__, __path__, Broker)  # type: ignore[type-abstract]


def schemes() -> Mapping[str, type[Broker]]:
    """Scheme of a URL → the class of its settings."""
    return {scheme: broker for broker in known().values() for scheme in broker.SCHEMES}
