"""As much of DER as finds the numbers of a public key."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, BIT_STRING, SEQUENCE = 0x02, 0x03, 0x30
_LONG = 0x80
_MOST_LENGTH_BYTES = 4
_SHORTEST = 2


class DerError(ValueError):
    """These bytes are not what was looked for."""


@dataclass(frozen=True, slots=True)
class Element:
    """`data` is what it holds, `whole` its own bytes."""

    tag: int
    data: bytes
    whole: bytes


def element(data: bytes) -> Element:
    """The first element; raises DerError when the bytes end within it."""
    if len(data) < _SHORTEST:
        raise DerError("cut")
    length, start = data[1], 2
    if length & _LONG:
        start += length & ~_LONG
        if not _SHORTEST < start <= _SHORTEST + _MOST_LENGTH_BYTES:
            raise DerError("length")
        length = int.from_bytes(data[2:start])
    if len(data) < start + length:
        raise DerError("cut")
    return Element(data[0], data[start : start + length], data[: start + length])


def children(data: bytes, tag: int, *, bare: bool = False) -> list[Element]:
    """The elements inside the first one, which must have this tag; `bare`: the data is its inside already."""
    if not bare:
        outer = element(data)
        if outer.tag != tag:
            raise DerError(f"tag {outer.tag:#x}")
        data = outer.data
    found = []
    while data:
        found.append(element(data))
        data = data[len(found[-1].whole) :]
    return found
