"""Compressed batches, inflated while they stream by: never more than a window of them is held."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast

from exporter.queues.errors import Garbled, Unsupported
from exporter.queues.kafka.snappy import unsnapped

_PIECE = 1 << 16

_WINDOW = 1 << 23
"""Bytes of zstd's window that are allowed; Kafka's clients make 2 MB at the most."""


def inflated(codec: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`codec` as a batch tells it. Raises Garbled, and Unsupported where the library of a codec is not installed."""
    if codec not in _CODECS:
        raise Garbled(f"a batch is compressed in a way that is none (codec {codec})")
    return _CODECS[codec](pieces)


def _plain(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from pieces


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                yield from _some(stream.decompress(rest, _PIECE))
                rest = stream.unconsumed_tail
        yield from _some(stream.flush())
    except zlib.error:
        raise _broken("gzip") from None


def _lz4(pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        from lz4.frame import LZ4FrameDecompressor  # noqa: PLC0415 - an extra, when it is needed
    except ImportError:
        raise _lacking("lz4") from None
    stream = LZ4FrameDecompressor()
    try:
        for piece in pieces:
            yield from _some(stream.decompress(piece, _PIECE))
            while not (stream.needs_input or stream.eof):
                yield from _some(stream.decompress(b"", _PIECE))
    except (RuntimeError, EOFError):
        raise _broken("lz4") from None


def _zstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        import zstandard  # noqa: PLC0415 - an extra, when it is needed
    except ImportError:
        raise _lacking("zstd") from None
    source = cast("IO[bytes]", _File(pieces))
    try:
        with zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(source, read_size=_PIECE) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except zstandard.ZstdError:
        raise _broken("zstd") from None


class _File:
    """Pieces as a file, as far as zstandard reads one."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._rest = iter(pieces), b""

    def read(self, size: int) -> bytes:
        taken = self._rest or next(self._pieces, b"")
        taken, self._rest = taken[:size], taken[size:]
        return taken


_Codec = Callable[[Iterable[bytes]], Iterator[bytes]]

_CODECS: dict[int, _Codec] = {
    0: _plain,
    1: _gzip,
    2: unsnapped,
    3: _lz4,
    4: _zstd,
}


def _some(piece: bytes) -> Iterator[bytes]:
    if piece:
        yield piece


def _broken(codec: str) -> Garbled:
    return Garbled(f"a batch says that it is {codec}, and is not")


def _lacking(codec: str) -> Unsupported:
    return Unsupported(f"messages are compressed with {codec}, for which a library is missing: "
                       "pip install 'order-health[kafka]'")  # fmt: skip
