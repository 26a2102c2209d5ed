"""Basic auth, extra headers and a rate limit around the whole web, /-/healthy included.

Only the signed links of cards need no password: each is its own proof. And an Alertmanager may show its token instead.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from exporter.web.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BCRYPT_READS = 72  # bytes; the rest of a longer password never counted
_MOST_WAITING = 16

_SIGNED = re.compile(r"/act/[A-Za-z0-9_-]+", re.ASCII)
"""The paths of signed links."""

_HEARING = "/alertmanager"
"""What comes there with a token is let through as `token_only`: whether it is the right one is seen there."""


class Rate:
    """A token bucket: `burst` requests at once, then one each `interval` seconds."""

    def __init__(self, interval: float, burst: int) -> None:
        self._interval, self._burst = interval, burst
        self._tokens, self._filled = float(burst), time.monotonic()

    def allows(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) / self._interval)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Guard:
    """bcrypt takes 50 ms and more: it runs once per user, in its own thread; the proof is kept as a keyed hash.

    An unknown user costs the same bcrypt run as a known one. Wrong passwords are not remembered: nobody can push the
    scraper's proof out. Who was let in by name stands in the scope as "user"; "" is somebody whose certificate was
    verified (`certified`).
    """

    def __init__(
        self,
        app: ASGIApp,
        users: Mapping[str, bytes],
        headers: Mapping[str, str],
        rate: Rate | None,
        *,
        certified: bool = False,
    ) -> None:
        self._app, self._users, self._rate, self._certified = app, users, rate, certified
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._names = {name for name, _ in self._headers}
        self._secret = os.urandom(32)
        self._proved: dict[str, bytes] = {}
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="password")
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] != "http" else await self._refusal(scope)
        if self._certified:
            scope.setdefault("user", "")
        await (refusal or self._app)(scope, receive, self._with_headers(send) if self._headers else send)

    async def _refusal(self, scope: Scope) -> ASGIApp | None:
        if self._rate and not self._rate.allows():
            return Plain("Too many requests.\n", 429)
        if not self._users or _SIGNED.fullmatch(scope["path"]):
            return None
        if scope["path"] == _HEARING and _authorization(scope)[0] == b"bearer":
            scope["token_only"] = True
            return None
        name, password = _credentials(scope)
        if self._waiting >= _MOST_WAITING and not self._is_proved(name, password):
            return Plain("Too many passwords are being checked.\n", 503, retry_after="1")
        if await self._is_known(name, password):
            scope["user"] = name
            return None
        return Plain("Unauthorized\n", 401, www_authenticate='Basic realm="order-health"')

    async def _is_known(self, name: str, password: bytes) -> bool:
        if self._is_proved(name, password):
            return True
        known = self._users.get(name)
        if not password and not name:
            return False
        against = known or next(iter(self._users.values()))
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._checking, _is_right, password, against)
        finally:
            self._waiting -= 1
        if right and known:
            self._proved[name] = self._proof(name, password)
        return right and known is not None

    def _is_proved(self, name: str, password: bytes) -> bool:
        return hmac.compare_digest(self._proved.get(name, b""), self._proof(name, password))

    def _proof(self, name: str, password: bytes) -> bytes:
        return hmac.digest(self._secret, name.encode() + b"\0" + password, hashlib.sha256)

    def _with_headers(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [each for each in message.get("headers", ()) if each[0] not in self._names]
                message["headers"] = kept + self._headers
            await send(message)

        return with_headers


def _is_right(password: bytes, against: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - only for who has passwords to check

    try:
        return bcrypt.checkpw(password[:_BCRYPT_READS], against)
    except ValueError:  # a password with NUL in it
        return False


def _credentials(scope: Scope) -> tuple[str, bytes]:
    """Name and password, both empty where there are none that can be read."""
    scheme, encoded = _authorization(scope)
    if scheme != b"basic":
        return "", b""
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
        return (name.decode(), password) if colon else ("", b"")
    except (binascii.Error, UnicodeDecodeError):
        return "", b""


def _authorization(scope: Scope) -> tuple[bytes, bytes]:
    """Its scheme, in small letters, and what follows."""
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, shown = header.partition(b" ")
    return scheme.lower(), shown.strip()
