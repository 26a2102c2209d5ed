"""Compressed bodies, inflated piece by piece: never more than a piece of one is held."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from exporter.queues.errors import QueueError
from exporter.queues.rocketmq.link import PIECE


class CannotInflateError(QueueError):
    """The body stays unknown: no library for this compression, or it is broken. The text says which."""


class Source(Protocol):
    """What is read from, like a file: at most `size` bytes, b"" at the end."""

    def read(self, size: int = -1, /) -> bytes: ...


def inflated(source: Source, compression: int) -> Iterator[bytes]:
    """The body in pieces of bounded size; raises CannotInflateError. `compression` as in a message's flags."""
    if compression not in _WAYS:
        raise CannotInflateError(f"the body is compressed in a way that is not known here ({compression})")
    yield from _WAYS[compression](source)


def _zlib(source: Source) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    try:
        while piece := source.read(PIECE):
            while piece:
                yield inflater.decompress(piece, PIECE)
                piece = inflater.unconsumed_tail
    except zlib.error:
        raise CannotInflateError("the body's compression (zlib) is broken") from None
    if not inflater.eof:
        raise CannotInflateError("the body's compression (zlib) breaks off")


def _lz4(source: Source) -> Iterator[bytes]:
    frame = _library("lz4.frame", "LZ4", "lz4")
    inflater = frame.LZ4FrameDecompressor()
    yield from _pieces(lambda: _more_of_lz4(inflater, source), "LZ4", RuntimeError, EOFError)


def _more_of_lz4(inflater: Any, source: Source) -> bytes:
    while not inflater.eof:
        fed = source.read(PIECE) if inflater.needs_input else b""
        if piece := inflater.decompress(fed, PIECE):
            return bytes(piece)
        if not fed and inflater.needs_input:
            raise EOFError
    return b""


def _zstd(source: Source) -> Iterator[bytes]:
    zstandard = _library("zstandard", "zstd", "zstandard")
    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(source, read_size=PIECE)
    yield from _pieces(lambda: reader.read(PIECE), "zstd", zstandard.ZstdError)


_WINDOW = 8 << 20
"""Bytes of history that a zstd body may ask the reader to hold."""


def _pieces(read: Callable[[], bytes], name: str, *broken: type[Exception]) -> Iterator[bytes]:
    try:
        while piece := read():
            yield piece
    except broken:
        raise CannotInflateError(f"the body's compression ({name}) is broken") from None


def _library(module: str, name: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        text = f"the body is compressed with {name}; install order-health[rocketmq] (or {package}) to know its size"
        raise CannotInflateError(text) from None


_WAYS = {0: _zlib, 1: _lz4, 2: _zstd, 3: _zlib}
