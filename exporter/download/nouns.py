"""What is asked, what came back, and what can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class DownloadError(Exception):
    """No whole answer came. The text is ready for people: no address, header, cookie or body is in it."""


class TooLateError(DownloadError):
    """The time was over before the answer was."""


class TooLargeError(DownloadError):
    """The body, unpacked, is larger than the caller takes."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers`, `cookies` and `body` are credentials: they reach the server of `url` and no other.

    `ca` is a file of certificates to trust in place of the system's.
    """

    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    ca: str = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way; names of headers are in small letters, repeated ones joined by ", ".

    `arrived` is when its headers were read (monotonic clock), `waited` the seconds from asking until then. What it
    sets as cookies is left out.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    arrived: float
    waited: float


@dataclass(frozen=True, slots=True)
class Response(Hop):
    """The last answer with its body unpacked; the redirects before it are its `history`.

    `sha256` (hex) and `size` (bytes) are of the whole body, `start` its first 4 KiB; `seconds` are from the first
    connection to the last byte.
    """

    history: tuple[Hop, ...] = ()
    sha256: str = ""
    size: int = 0
    start: bytes = field(default=b"", repr=False)
    seconds: float = 0.0

    @property
    def media_type(self) -> str:
        """`text/csv`, without parameters; empty when the server does not say."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()
