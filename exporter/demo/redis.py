"""The demo's queue: as much of Redis as it takes to ask a stream of orders, one of which carries a picture of 12 MB.

It runs no scripts, so entries are measured while they stream by. The picture is made while it is sent, and never held.
"""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from exporter.demo.locks import Locks

STREAM, GROUP = "order_created", "order-service"
PICTURE = 12 * 1024 * 1024
"""Bytes of Base64, as they stand in the message."""

_BEHIND = 12 * 60
"""Seconds since the picture came and the consumers stalled."""

_BEFORE, _AFTER, _APART = 13, 47, 15_000
_SMALL_JPEG = b"/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQE"
_PIECE = b"BQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAAR" * 1024
_LONGEST_WORD, _MOST_WORDS = 65_536, 64


@dataclass(frozen=True, slots=True)
class _Order:
    at: int
    number: str
    picture: bool = False

    @property
    def id(self) -> bytes:
        return b"%d-0" % self.at

    def written(self) -> Iterator[bytes]:
        """As an entry of the stream, in pieces."""
        start = b'{"order_no":"%s","items":[{"sku":"SKU-1","quantity":1,"picture":"' % self.number.encode()
        end = b'"}]}'
        size = PICTURE if self.picture else 0
        yield b"*2\r\n" + _bulk(self.id) + b"*4\r\n" + _bulk(b"order_no") + _bulk(self.number.encode()) + _bulk(b"body")
        yield b"$%d\r\n%s" % (len(start) + size + len(end), start)
        if size:
            yield _SMALL_JPEG
            size -= len(_SMALL_JPEG)
        while size:
            yield _PIECE[:size]
            size -= min(size, len(_PIECE))
        yield end + b"\r\n"


class _Stream:
    """Orders of the last quarter of an hour; the one with the picture was given to consumers, and none since."""

    def __init__(self, now: float, locks: Locks) -> None:
        self._locks = locks
        stalled = int((now - _BEHIND) * 1000)
        places = range(-_BEFORE, _AFTER + 1)
        self.orders = [_Order(stalled + n * _APART, f"OH{n + _BEFORE + 1:08d}", n == 0) for n in places]

    def answer(self, words: list[bytes]) -> Iterator[bytes]:
        match [words[0].upper(), *words[1:]]:
            case [b"PING"]:
                yield b"+PONG\r\n"
            case [b"SELECT" | b"AUTH", *_]:
                yield b"+OK\r\n"
            case [b"TIME"]:
                seconds, micros = divmod(time.time_ns() // 1000, 1_000_000)
                yield b"*2\r\n" + _bulk(b"%d" % seconds) + _bulk(b"%d" % micros)
            case [b"TYPE", key]:
                yield b"+stream\r\n" if key == STREAM.encode() else b"+none\r\n"
            case [b"XLEN", _]:
                yield b":%d\r\n" % len(self.orders)
            case [b"XINFO", sub, _] if sub.upper() == b"GROUPS":
                yield self._groups()
            case [b"XPENDING", _, _]:
                yield b"*4\r\n:1\r\n" + _bulk(self._stuck.id) * 2 + b"*1\r\n*2\r\n" + _bulk(b"worker-1") + _bulk(b"1")
            case [b"XRANGE", _, low, high, _, count]:
                yield from self._entries(self.orders, low, high, int(count))
            case [b"XREVRANGE", _, high, low, _, count]:
                yield from self._entries(self.orders[::-1], low, high, int(count))
            case _:
                yield self._locks.answer(words)

    @property
    def _stuck(self) -> _Order:
        return next(each for each in self.orders if each.picture)

    def _groups(self) -> bytes:
        told: dict[bytes, bytes] = {
            b"name": _bulk(GROUP.encode()),
            b"consumers": b":2\r\n",
            b"pending": b":1\r\n",
            b"last-delivered-id": _bulk(self._stuck.id),
            b"entries-read": b":%d\r\n" % (_BEFORE + 1),
            b"lag": b":%d\r\n" % _AFTER,
        }
        return b"*1\r\n*%d\r\n" % (2 * len(told)) + b"".join(_bulk(name) + value for name, value in told.items())

    @staticmethod
    def _entries(orders: list[_Order], low: bytes, high: bytes, count: int) -> Iterator[bytes]:
        found = [each for each in orders if _place(low) <= (each.at, 0) <= _place(high)][:count]
        yield b"*%d\r\n" % len(found)
        for each in found:
            yield from each.written()


def _place(text: bytes) -> tuple[float, float]:
    if text in (b"-", b"+"):
        return (0, 0) if text == b"-" else (float("inf"), 0)
    ms, _, seq = text.partition(b"-")
    return int(ms), int(seq or 0)


def _bulk(value: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(value), value)


class _Connection(socketserver.StreamRequestHandler):
    server: _Server
    wbufsize = 65_536
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # whoever does not speak the protocol is not answered
            while words := self._words():
                for piece in self.server.stream.answer(words):
                    self.wfile.write(piece)
                self.wfile.flush()

    def _words(self) -> list[bytes]:
        line = self.rfile.readline(64)
        return [self._word() for _ in range(min(int(line[1:]), _MOST_WORDS))] if line[:1] == b"*" else []

    def _word(self) -> bytes:
        length = int(self.rfile.readline(64)[1:])
        if not 0 <= length <= _LONGEST_WORD:
            raise ValueError(length)
        return self.rfile.read(length + 2)[:-2]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    stream: _Stream


class Redis:
    """Listens on a free port of this machine from the beginning; `start()` answers, `stop()` ends it."""

    def __init__(self, locks: Locks) -> None:
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.stream = _Stream(time.time(), locks)
        self._thread = threading.Thread(target=self._server.serve_forever, name="demo-redis", daemon=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
