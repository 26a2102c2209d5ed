"""What a room is told, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from exporter.model.grouping import Group


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a card: `name` is short ("仓库"), `value` is what stands beside it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a channel is given to write, all wording done and no channel's limits applied yet.

    `number` and `unit` are the one figure to see first; `text` is a sentence or two; `cases` the first order
    numbers, oldest first, each already one printable line; `mention` the mobile numbers, user ids or "@all" to call.
    `covers` is how many alerts the card tells of, `resolved` how many of those are over: a digest tells of several.
    `group` is what the card tells, for channels that are read by a program; None where none of them is told it.
    """

    title: str
    status: Literal["firing", "resolved", "info"]
    severity: str
    text: str
    number: str = ""
    unit: str = ""
    facts: tuple[Fact, ...] = ()
    cases: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    mention: tuple[str, ...] = ()
    language: Literal["zh", "en"] = "zh"
    covers: int = 1
    resolved: int = 0
    group: Group | None = None


Outcome = Literal["accepted", "retry", "again", "wait", "split", "permanent", "content", "unwritable"]


Cause = Literal[
    "",
    "token",
    "signature",
    "clock",
    "keyword",
    "address",
    "settings",
    "robot",
    "group",
    "request",
    "content",
    "unwritable",
    "age",
]
"""Why a card was given up, or why a robot refuses every card; "" where nobody knows.

No such robot (`token`); its `signature`, this machine's `clock`, the robot's `keyword`, the network `address` we send
from, other security `settings`; a `robot` switched off or removed, a `group` dissolved; a `request` that something on
the way changed; `content` that was refused even as plain text; a card `unwritable` for the channel; undelivered for a
day (`age`).
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the room answered. `again_in` is seconds; None means that trying again cannot help.

    `outcome` classifies it: retry (passing fault), again (at once), wait (throttled: the whole robot pauses), split
    (too long), permanent (token, signature, robot gone), content (refused words or links: send plainer, once),
    unwritable (the channel cannot put this card into words). `cause` says more of a permanent one.
    """

    accepted: bool
    detail: str
    again_in: float | None = None
    outcome: Outcome = "accepted"
    cause: Cause = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A card that was given up, `detail` being what the room said last."""

    channel: str
    card: Card
    written: datetime
    given_up: datetime
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A robot refuses every card since then, until a person mends something."""

    since: datetime
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """How delivery to one channel goes; `accepted` and `detail` are of the last receipt.

    `refusal`: why the robot takes no card at all; `dead`: how many were given up, `dead_letters` the titles of the
    latest. `clock_ahead`: by how many seconds this machine's clock is ahead of the room's, where that is known.
    """

    name: str
    kind: str
    waiting: int = 0
    oldest_waiting: datetime | None = None
    last_receipt: datetime | None = None
    accepted: bool | None = None
    detail: str = ""
    refusal: Refusal | None = None
    dead: int = 0
    dead_letters: tuple[str, ...] = ()
    clock_ahead: float | None = None
