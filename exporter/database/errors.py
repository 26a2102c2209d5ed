"""What can go wrong with a shop. `str(error)` is ready for people: no DSN, password, account or literal is in it."""

# ruff: noqa: N818 - each is named for what happened, and all are ShopErrors
from __future__ import annotations

import re

_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'(?:@'[^']*')?|\"(?:[^\"\\]|\\.)*\"")
_ADDRESS = re.compile(r"\b[\w.+-]+@[\w.-]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?=[\w.-]*[a-z])[\w-]+(?:\.[\w-]+)+:\d+\b")
_NUMBER = re.compile(r"\d{5,}")


GRANT_ELSEWHERE = "; `order-health check` prints the GRANT"
"""What a refusal adds for those who read it on a page: the GRANT itself names the account."""


class ShopError(Exception):
    """The shop could not answer; the base of all that follows."""


class Unreachable(ShopError):
    """No connection: the server is down, frozen, full, or speaks something else."""


class TimedOut(ShopError):
    """The time of the run is over, or the server ended the statement at its limit."""


class Ended(TimedOut):
    """It was at work all the while, and was ended at the limit: it takes at least that long."""


class Denied(ShopError):
    """The account may not; `grant` is the statement a DBA can run, empty where a grant is not the remedy.

    `grant` and `account` (as the server calls it, `name@host`) are for the terminal of `check` only.
    """

    def __init__(self, message: str, grant: str = "", *, account: str = "") -> None:
        super().__init__(message)
        self.grant, self.account = grant, account


class Missing(ShopError):
    """A table or a column that the mapping names is not there; the text names those that look most like it."""


class Refused(ShopError):
    """The plan would read a large table from end to end, so the statement was not run."""


class NotApplicable(ShopError):
    """The mapping lacks what the question needs; the text says which part."""


class Unsupported(ShopError):
    """This server does not know the statement, variable or function: another product, or another version."""


def masked(text: str) -> str:
    """A server's error text without literals, accounts, addresses and long numbers."""
    text = _QUOTED.sub("'?'", " ".join(text.split()))
    return _NUMBER.sub("?", _ADDRESS.sub("?", text))[:300]
