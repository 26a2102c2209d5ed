"""Locks of payment callbacks in the demo's Redis: three of them were never given an expiry."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path

STUCK = 3
"""Of orders that are paid, and pending for that very reason."""

_SOUND = 40
_LEFT = 20_000
_PAID = (
    "SELECT o.out_trade_no FROM orders o JOIN pay_callback c ON c.out_trade_no = o.out_trade_no "
    f"WHERE o.status = 'pending' AND c.trade_state = 'SUCCESS' ORDER BY o.id LIMIT {STUCK + _SOUND}"
)


class Locks:
    def __init__(self, shop: Path) -> None:
        with closing(sqlite3.connect(shop)) as database:
            keys = [f"pay_callback_{number}".encode() for (number,) in database.execute(_PAID)]
        self._left = {key: -1 if place < STUCK else _LEFT for place, key in enumerate(keys)}

    def answer(self, words: list[bytes]) -> bytes:
        match [words[0].upper(), *words[1:]]:
            case [b"DBSIZE"]:
                return b":%d\r\n" % len(self._left)
            case [b"PTTL", key]:
                return b":%d\r\n" % self._left.get(key, -2)
            case [b"SCAN", _, b"MATCH", pattern, *_]:
                found = [b"$%d\r\n%s\r\n" % (len(key), key) for key in self._left if fnmatchcase(key, pattern)]
                return b"*2\r\n$1\r\n0\r\n*%d\r\n" % len(found) + b"".join(found)
        return b"-ERR unknown command\r\n"
