"""Ids of stream entries: `ms-seq`, in their order, most often the time when the entry came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from exporter.queues.errors import Garbled

_LAST = 2**64 - 1
_YEAR_2001 = 10**12


class Id(NamedTuple):
    ms: int
    seq: int

    @classmethod
    def read(cls, text: object) -> Id:
        """Raises Garbled."""
        word = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        ms, _, seq = word.partition("-")
        if not (ms.isascii() and ms.isdigit() and seq.isascii() and seq.isdigit()):
            raise Garbled("the server gives a stream entry an id that is none")
        return cls(int(ms), int(seq))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"

    def next(self) -> Id:
        return Id(self.ms, self.seq + 1) if self.seq < _LAST else Id(self.ms + 1, 0)

    def before(self) -> Id:
        return Id(self.ms, self.seq - 1) if self.seq else Id(max(0, self.ms - 1), _LAST if self.ms else 0)

    @property
    def at(self) -> datetime | None:
        """By the server's clock; None where the producer gives ids of its own that are no times."""
        return datetime.fromtimestamp(self.ms / 1000, UTC) if _YEAR_2001 <= self.ms < 4 * _YEAR_2001 else None
