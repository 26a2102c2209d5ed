"""Which order numbers a file names, a million of them in 16 MiB: hashes of 64 bits in place of texts."""

from __future__ import annotations

from array import array

_START = 1 << 12
_FULL = 0.6
_BITS = (1 << 64) - 1


class Numbers:
    """A set of texts that can only grow. Two of a million share a hash once in thirty million files."""

    __slots__ = ("_count", "_mask", "_most", "_slots")

    def __init__(self) -> None:
        self._count = 0
        self._make(_START)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: str) -> bool:
        return self._slots[self._place(digest(number))] != 0

    def add(self, mark: int) -> bool:
        """Whether the number of this digest is new."""
        slots, mask, place = self._slots, self._mask, mark & self._mask
        while (there := slots[place]) != mark:
            if not there:
                slots[place] = mark
                self._count += 1
                if self._count > self._most:
                    self._grow()
                return True
            place = (place + 1) & mask
        return False

    def _place(self, mark: int) -> int:
        slots, mask, place = self._slots, self._mask, mark & self._mask
        while (there := slots[place]) and there != mark:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        old = self._slots
        self._make(len(old) * 2)
        for mark in old:
            if mark:
                self._slots[self._place(mark)] = mark

    def _make(self, size: int) -> None:
        self._slots, self._mask, self._most = array("Q", bytes(8 * size)), size - 1, int(size * _FULL)


def digest(number: str) -> int:
    """Of 64 bits, never 0; the same within this process only."""
    return hash(number) & _BITS or 1
