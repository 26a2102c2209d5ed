"""What a channel is. Each file of this folder is one kind of room, or of receiver, and its name is the kind."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr

from exporter import plugins
from exporter.model import Card, Cause, Link, Outcome, Receipt
from exporter.strict import Strict
from exporter.text import one_line

if TYPE_CHECKING:
    import requests

Secret = Annotated[SecretStr, Field(min_length=1)]

Endpoint = Annotated[str, Field(pattern=r"^https?://[^\s?#@]+$")]
"""Where the robot listens, without the query; another one than the product's own is for proxies and for tests."""


class Outlet(Strict, ABC):
    """What is named under `channels:`: a room that takes cards (`Channel`), or an Alertmanager that takes alerts."""

    kind: str
    """What stands behind it."""


class Channel(Outlet, ABC):
    """Writes a request and reads a response; it does no I/O, so that it can be tested on any sample.

    `per_minute` is the pace its robot forgives; a card and its companion are two messages. `overflow` names another
    channel, which takes what this robot cannot send for now. `requests` is imported only when something is sent.
    `APART` is the least time in seconds between two messages.
    """

    FOR_PROGRAMS: ClassVar[bool] = False
    """A program reads it: its cards carry their `group`, and are never merged into one that a person would read."""

    APART: ClassVar[float] = 0.0

    per_minute: Annotated[int, Field(ge=2)] = 18
    """Messages that its robot forgives in a minute; a card and its companion are two."""
    overflow: str = ""
    """The channel that takes what this robot cannot send for now."""

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

    def judge(
        self,
        response: requests.Response,
        verdict: Callable[[int, str], Verdict | None],
        names: tuple[str, str] = ("errcode", "errmsg"),
    ) -> Receipt:
        """The receipt for a robot that answers HTTP 200 and an errcode; `verdict` knows its codes and their texts.

        `names` are the keys of the code and of its text.
        """
        answer, (named, text) = _answer(response), names
        if answer is None:
            return Receipt(False, f"HTTP {response.status_code}, but not the robot's JSON: {_AMID}", 30, "retry")
        code = _code(answer.get(named))
        said = one_line(self.mask(str(answer.get(text, ""))), 200)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or named not in answer:
            # the anti-abuse layer in front of the robots answers {"status":1111,"punish":"deny"} without an errcode
            return Receipt(False, f"HTTP {response.status_code} without {named}: throttled; pausing", 60, "wait")
        if code == 0 and response.ok:
            return Receipt(True, "accepted")
        found = verdict(code, said) if code else None
        if found is None:
            return Receipt(False, f"{named} {code} is not a documented one; trying again slowly ({said})", 120, "retry")
        return Receipt(False, f"{named} {code}: {found.meaning} ({said})", found.again_in, found.outcome, found.cause)

    def mask(self, text: str) -> str:
        """`text` (an exception's, a robot's) without this channel's secrets and our own network address."""
        for secret in filter(None, (secret for _, value in self for secret in _secrets(value))):
            for written in (secret, quote(secret, safe="")):
                text = text.replace(written, "***")
        return _ADDRESS.sub(r"\1***", _PARAMETER.sub(r"\1***", text))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an errcode means for the sender, and for the person who reads the log."""

    outcome: Outcome
    meaning: str
    again_in: float | None = None
    cause: Cause = ""


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)


def _answer(response: requests.Response) -> dict[str, Any] | None:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _code(errcode: object) -> int | None:
    # DingTalk's own example of success shows the text "0"
    return int(str(errcode)) if re.fullmatch(r"-?\d{1,9}", str(errcode), re.ASCII) else None


_AMID = "is a proxy or a log-in page in between, or is `endpoint` wrong?"
_PARAMETER = re.compile(r"((?:access_token|sign|key)=)[^&\s'\")]+")
_ADDRESS = re.compile(r"((?:from )?\bip:? ?)(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]+)", re.IGNORECASE)
_LINK = re.compile(r"https?://[!#-';*-;=?-Z_a-z~%]{1,1000}")


def links(card: Card) -> list[Link]:
    """The links of a card that a chat room can open and that cannot break its markup."""
    return [link for link in card.links if _LINK.fullmatch(link.url)]


@dataclass(frozen=True, slots=True)
class Called:
    """Whom a card calls, sorted as the robots want it; all other text in `mention` is left out."""

    mobiles: tuple[str, ...]
    users: tuple[str, ...]
    everybody: bool

    @classmethod
    def by(cls, card: Card) -> Called:
        names = tuple(dict.fromkeys(card.mention))[:_MOST_CALLED]
        mobiles = tuple(name for name in names if _MOBILE.fullmatch(name))
        users = tuple(name for name in names if _USER.fullmatch(name) and name not in mobiles)
        return cls(mobiles, users, any(name in {"@all", "all"} for name in names))

    def __bool__(self) -> bool:
        return bool(self.mobiles or self.users or self.everybody)


_MOST_CALLED = 20
_MOBILE = re.compile(r"1[3-9]\d{9}|\+\d{1,4}-\d{4,15}", re.ASCII)
_USER = re.compile(r"(?!all$)[A-Za-z0-9$][A-Za-z0-9._$:-]{0,63}", re.ASCII)


@cache
def known() -> Mapping[str, type[Outlet]]:
    """Every kind of channel by its name."""
    return plugins.found(__name__, __path__, Outlet)


def rooms(outlets: Mapping[str, Outlet]) -> dict[str, Channel]:
    """Those that take cards."""
    return {name: each for name, each in outlets.items() if isinstance(each, Channel)}
