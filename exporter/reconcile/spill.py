"""Rows of any number, grouped by their key in bounded memory: spread over files by a hash of the key.

A row is two texts, and whole columns of them are handled at once, without a step of Python for each: its `core` is
all that is compared (key, amount, currency), its `rest` what is told of it if it differs.
"""

from __future__ import annotations

import marshal
import struct
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import compress
from operator import itemgetter, methodcaller
from typing import IO, NamedTuple, Self

from exporter.reconcile.nouns import Fen

MARK = "\x1f"
"""Between the cells of a core or a rest."""

PARTS = 128
"""A day of 5 million orders with four sides gives 160,000 rows in each."""

_AT_HAND = 100_000
"""So many rows wait in memory before they are written."""

_HEAD = struct.Struct("<BQ")
_CUT, _FIRST = methodcaller("partition", MARK), itemgetter(0)


class Rows(NamedTuple):
    """Columns of the same length."""

    cores: list[str]
    rests: list[str]

    def of(self, keys: Collection[str]) -> dict[str, list[tuple[str, str]]]:
        """The rows of these keys, by key."""
        found: dict[str, list[tuple[str, str]]] = {}
        wanted = map(keys.__contains__, self.keys())
        for core, rest in compress(zip(self.cores, self.rests, strict=True), wanted):
            found.setdefault(key_of(core), []).append((core, rest))
        return found

    def keys(self) -> Iterator[str]:
        return map(_FIRST, map(_CUT, self.cores))


def cores(keys: Iterable[str], amounts: Iterable[Fen], currencies: Iterable[str]) -> list[str]:
    """An amount that is not known is "None", and equals no other."""
    return list(map(MARK.join, zip(keys, map(str, amounts), currencies, strict=True)))


def read_core(core: str) -> tuple[str, Fen, str]:
    """Key, amount and currency."""
    key, amount, currency = core.split(MARK)
    if amount == "None":
        return key, None, currency
    return key, int(amount) if amount.lstrip("-").isdigit() else Decimal(amount), currency


def key_of(core: str) -> str:
    return core.partition(MARK)[0]


class Spill:
    """Rows of several sides."""

    def __init__(self, sides: int) -> None:
        self._rows = [[Rows([], []) for _ in range(PARTS)] for _ in range(sides)]
        self._files: list[IO[bytes]] | None = None
        self._waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files or ():
            file.close()

    def add(self, side: int, keys: Sequence[str], rows: Rows) -> None:
        """A few thousand at a time: what one call brings is held in memory."""
        puts = [(part.cores.append, part.rests.append) for part in self._rows[side]]
        for mark, core, rest in zip(map(hash, keys), rows.cores, rows.rests, strict=True):
            core_to, rest_to = puts[mark % PARTS]
            core_to(core)
            rest_to(rest)
        self._waiting += len(keys)
        if self._waiting >= _AT_HAND:
            self._write()

    def parts(self) -> Iterator[list[Rows]]:
        """For each group of keys the rows of every side; all rows of a key are in one group."""
        for number in range(PARTS):
            found = [side[number] for side in self._rows]
            if self._files:
                for side, (more_cores, more_rests) in _blocks(self._files[number]):
                    found[side].cores.extend(more_cores)
                    found[side].rests.extend(more_rests)
            yield found
            for side_rows in self._rows:
                side_rows[number] = Rows([], [])

    def _write(self) -> None:
        if self._files is None:
            self._files = [tempfile.TemporaryFile() for _ in range(PARTS)]  # noqa: SIM115 - closed by __exit__
        for side, parts in enumerate(self._rows):
            for number, rows in enumerate(parts):
                if rows.cores:
                    block = marshal.dumps(tuple(rows), 2)
                    self._files[number].write(_HEAD.pack(side, len(block)) + block)
                    parts[number] = Rows([], [])
        self._waiting = 0


def _blocks(file: IO[bytes]) -> Iterator[tuple[int, tuple[list[str], list[str]]]]:
    file.seek(0)
    while head := file.read(_HEAD.size):
        side, size = _HEAD.unpack(head)
        yield side, marshal.loads(file.read(size))  # noqa: S302 - nobody else can write to a file without a name
