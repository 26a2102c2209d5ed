"""Signed tickets: what a link in a card carries, so that it works without a login and cannot be made by others.

A ticket is version, action, subject, when it was issued and expires, and a nonce; then an HMAC-SHA256 over all of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

Action = Literal["take", "silence"]

_ACTIONS: tuple[Action, ...] = get_args(Action)
_VERSION = 1
_BODY = struct.Struct(">BB16sQQ12s")
_WRITTEN = re.compile(r"[A-Za-z0-9_-]{104}", re.ASCII)


class ForgedError(Exception):
    """Not signed with this key, or not a ticket at all."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`subject` is the digest of an alert's or a group's labels; `nonce` makes it one of its kind."""

    action: Action
    subject: str
    issued: datetime
    expires: datetime
    nonce: str


def issue(action: Action, subject: str, issued: datetime, expires: datetime, key: bytes) -> str:
    """104 letters that any chat room and browser leaves as they are."""
    body = _BODY.pack(
        _VERSION,
        _ACTIONS.index(action),
        bytes.fromhex(subject),
        int(issued.timestamp()),
        int(expires.timestamp()),
        secrets.token_bytes(12),
    )
    return base64.urlsafe_b64encode(body + _mac(b"ticket", body, key)).decode()


def read(text: str, key: bytes) -> Ticket:
    """Raises ForgedError; whether it is still good is for the caller to see."""
    if not _WRITTEN.fullmatch(text):
        raise ForgedError
    raw = base64.urlsafe_b64decode(text)
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    if not hmac.compare_digest(mac, _mac(b"ticket", body, key)):
        raise ForgedError
    version, action, subject, issued, expires, nonce = _BODY.unpack(body)
    if version != _VERSION or action >= len(_ACTIONS):
        raise ForgedError
    return Ticket(
        _ACTIONS[action],
        subject.hex(),
        datetime.fromtimestamp(issued, UTC),
        datetime.fromtimestamp(expires, UTC),
        nonce.hex(),
    )


def form(user: str, hour: int, key: bytes) -> str:
    """What a form of a page carries, to show that it was our page; good for one user and this hour."""
    return _mac(b"form", f"{hour}\n{user}".encode(), key).hex()


def command(key: bytes) -> str:
    """What shows that a request comes from somebody who may read the state."""
    return _mac(b"command", b"", key).hex()


def _mac(purpose: bytes, body: bytes, key: bytes) -> bytes:
    """Each purpose has its own signatures: one can never be passed off as another."""
    return hmac.digest(key, purpose + b"\0" + body, hashlib.sha256)
