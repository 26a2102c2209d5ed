"""Samples for a Prometheus by remote write: protobuf by hand, and snappy that compresses nothing."""

from __future__ import annotations

import struct
import urllib.request
from collections.abc import Iterable, Mapping, Sequence

FLAG = "--web.enable-remote-write-receiver"
_PIECE = 65_536

Told = tuple[Mapping[str, str], Sequence[tuple[int, float]]]
"""One series: its labels, and its samples as pairs of ms and value; a stale marker is a value as well."""


def send(url: str, series: Iterable[Told]) -> None:
    """Writes the series to the server; of each one the samples must come in order of time."""
    body = b"".join(_field(1, _series(*each)) for each in series)
    request = urllib.request.Request(
        f"{url}/api/v1/write",
        data=_snappy(body),
        headers={
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status == 204


def _series(labels: Mapping[str, str], samples: Sequence[tuple[int, float]]) -> bytes:
    named = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, text.encode())) for name, text in sorted(labels.items())
    )
    return named + b"".join(
        _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(time)) for time, value in samples
    )


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def _snappy(body: bytes) -> bytes:
    pieces = [body[start : start + _PIECE] for start in range(0, len(body), _PIECE)]
    return _varint(len(body)) + b"".join(b"\xf4" + struct.pack("<H", len(each) - 1) + each for each in pieces)
