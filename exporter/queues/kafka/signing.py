"""Signing in: the account, and the messages of SASL PLAIN and SCRAM, without the connection they travel on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field

from exporter.queues.errors import Denied, Garbled

_LEAST_ROUNDS, _MOST_ROUNDS = 4096, 1_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """How every connection signs in. `context` None: without TLS."""

    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None


Exchange = Generator[bytes, bytes, None]
"""Yields what to send, and is sent what came back."""


def exchange(mechanism: str, user: str, password: str, who: str) -> Exchange:
    """`who` is for errors. Raises Denied where the broker cannot prove that it knows the password."""
    if mechanism == "plain":
        return _plain(user, password)
    return _scram(mechanism.removeprefix("scram-").replace("-", ""), user, password, who)


def _plain(user: str, password: str) -> Exchange:
    yield f"\0{user}\0{password}".encode()


def _scram(algorithm: str, user: str, password: str, who: str) -> Exchange:
    nonce = secrets.token_urlsafe(24)
    first = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
    challenge = (yield f"n,,{first}".encode()).decode(errors="replace")
    told = _parts(challenge)
    try:
        salt, rounds = base64.b64decode(told["s"], validate=True), int(told["i"])
    except (KeyError, ValueError):
        raise Garbled(f"{who} answers the sign-in with something else than SCRAM") from None
    if not told["r"].startswith(nonce) or not _LEAST_ROUNDS <= rounds <= _MOST_ROUNDS:
        raise Garbled(f"{who} answers the sign-in with a challenge that is none")
    salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), salt, rounds)
    key = hmac.digest(salted, b"Client Key", algorithm)
    last = f"c=biws,r={told['r']}"
    signed = f"{first},{challenge},{last}".encode()
    mask = hmac.digest(hashlib.new(algorithm, key).digest(), signed, algorithm)
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, mask, strict=True))).decode()
    final = _parts((yield f"{last},p={proof}".encode()).decode(errors="replace"))
    expected = hmac.digest(hmac.digest(salted, b"Server Key", algorithm), signed, algorithm)
    if not hmac.compare_digest(base64.b64encode(expected), final.get("v", "").encode()):
        raise Denied(f"{who} cannot prove that it knows the password of this account: it may be somebody else")


def _parts(text: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in text.split(",") if part[1:2] == "="}
