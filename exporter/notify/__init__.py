"""What a channel is. Each file of this folder is one kind of room, and its name is the kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from exporter import plugins
from exporter.model import Card, Receipt
from exporter.strict import Strict

if TYPE_CHECKING:
    import requests


class Channel(Strict, ABC):
    """Writes a request and reads a response; it does no I/O, so that it can be tested on any sample.

    `per_minute` is the pace its robot forgives. `requests` is imported only when something is sent.
    """

    KIND: ClassVar[str]

    per_minute: int = 18

    @abstractmethod
    def messages(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        """The messages that carry this card, in order (a companion message may be needed to call a person).

        They are written anew for every attempt: a signature is good for an hour only.
        """

    @abstractmethod
    def receipt(self, response: requests.Response) -> Receipt:
        """What the room said: HTTP 200 is not yet a yes, `errcode` decides."""

    @abstractmethod
    def plain(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        """The same news as one short text without links, for a card refused for its content or its length."""


@cache
def known() -> Mapping[str, type[Channel]]:
    """Every kind of channel by its name."""
    return plugins.found(__name__, __path__, Channel)  # type: ignore[type-abstract]
