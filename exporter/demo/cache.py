"""The demo's Redis: locks of payment callbacks, as far as its protocol must be spoken to be asked about them."""

from __future__ import annotations

import socketserver
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from io import BufferedIOBase
from pathlib import Path

STUCK = 3
"""Locks without an expiry: of orders that are paid, and pending for that very reason."""

_SOUND = 40
_LEFT = 20_000


class Cache:
    """Listens on a free port of this machine from `start()` until `stop()`."""

    def __init__(self, shop: Path) -> None:
        with closing(sqlite3.connect(shop)) as database:
            numbers = [f"pay_callback_{number}" for (number,) in database.execute(_PAID)]
        self._server = _Server(("127.0.0.1", 0), _Answers)
        self._server.left = {key: -1 if place < STUCK else _LEFT for place, key in enumerate(numbers)}
        self._thread = threading.Thread(target=self._server.serve_forever, name="demo-cache", daemon=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


_PAID = (
    "SELECT o.out_trade_no FROM orders o JOIN pay_callback c ON c.out_trade_no = o.out_trade_no "
    f"WHERE o.status = 'pending' AND c.trade_state = 'SUCCESS' ORDER BY o.id LIMIT {STUCK + _SOUND}"
)


class _Server(socketserver.ThreadingTCPServer):
    """`left`: key → milliseconds until it expires, -1 for never."""

    daemon_threads = True
    left: dict[str, int]


class _Answers(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        for question in _questions(self.rfile):
            self.wfile.write(self._answer(*question))

    def _answer(self, command: str, *values: str) -> bytes:
        left = self.server.left
        match command.upper(), values:
            case "DBSIZE", ():
                return b":%d\r\n" % len(left)
            case "PTTL", (key,):
                return b":%d\r\n" % left.get(key, -2)
            case "SCAN", (_, "MATCH", pattern, *_):
                found = [key for key in left if fnmatchcase(key, pattern)]
                return b"*2\r\n$1\r\n0\r\n" + _listed(found)
        return b"-ERR unknown command\r\n"


def _questions(sent: BufferedIOBase) -> Iterator[Sequence[str]]:
    """Each an array of bulk strings."""
    while line := sent.readline():
        yield [_word(sent) for _ in range(int(line[1:]))]


def _word(sent: BufferedIOBase) -> str:
    length = int(sent.readline()[1:])
    return sent.read(length + 2)[:-2].decode()


def _listed(words: Sequence[str]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)
