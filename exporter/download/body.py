"""A body unpacked piece by piece, so that a small one that unpacks to gigabytes is stopped at the cap."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from exporter.download.nouns import DownloadError, TooLargeError

if TYPE_CHECKING:
    import http.client

_PIECE = 64 * 1024
_START = 4096
_GZIP_OR_ZLIB, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS

CODINGS = "gzip, deflate"
"""What can be unpacked here, as Accept-Encoding says it."""


class Body:
    """What has been read so far; `cap` is in bytes, before and after unpacking."""

    def __init__(self, cap: int, sink: Callable[[bytes], object] | None) -> None:
        self._cap, self._sink, self._hash = cap, sink, hashlib.sha256()
        self.size, self.start = 0, b""

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, answer: http.client.HTTPResponse) -> None:
        """To its end. Raises TooLargeError, and DownloadError for one that is cut short or cannot be unpacked."""
        announced, received = answer.length, 0
        unpack = _unpacker(answer.getheader("Content-Encoding", ""))
        while piece := answer.read(_PIECE):
            received += len(piece)
            if received > self._cap:
                raise self._too_large()
            for plain in unpack.feed(piece):
                self._take(plain)
        if announced is not None and received < announced:
            raise DownloadError(f"the answer ends after {received:,} of the {announced:,} bytes that it announces")
        unpack.end(received)

    def _take(self, plain: bytes) -> None:
        self.size += len(plain)
        if self.size > self._cap:
            raise self._too_large()
        self._hash.update(plain)
        if len(self.start) < _START:
            self.start = (self.start + plain)[:_START]
        if self._sink:
            self._sink(plain)

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"the answer is larger than {self._cap:,} bytes")


class _Plain:
    def feed(self, piece: bytes) -> Iterator[bytes]:
        yield piece

    def end(self, received: int) -> None: ...


class _Packed:
    """One gzip member after another, or one zlib stream (which some servers send without its header)."""

    def __init__(self) -> None:
        self._one = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            plain = self._unpacked(piece)
            self._begun = True
            yield plain
            piece = self._one.unconsumed_tail
            if self._one.eof:
                piece = self._one.unused_data
                if piece:
                    self._one = zlib.decompressobj(_GZIP_OR_ZLIB)

    def end(self, received: int) -> None:
        if received and not self._one.eof:
            raise DownloadError("the packed answer is cut short")

    def _unpacked(self, piece: bytes) -> bytes:
        try:
            return self._one.decompress(piece, _PIECE)
        except zlib.error:
            if self._begun:
                raise DownloadError("the answer cannot be unpacked") from None
        self._one = zlib.decompressobj(_RAW)
        try:
            return self._one.decompress(piece, _PIECE)
        except zlib.error:
            raise DownloadError("the answer cannot be unpacked") from None


def _unpacker(coding: str) -> _Plain | _Packed:
    name = coding.strip().lower()
    if name in {"", "identity"}:
        return _Plain()
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Packed()
    raise DownloadError(f"the answer is packed in a way that is not read here; ask for Accept-Encoding: {CODINGS}")
