"""Durations and sizes as people write them in YAML: `30s`, `2m`, `50KB`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST = 36_500 * 86400.0
"""A hundred years: what is longer is a slip, and no clock can be asked to wait for it."""

_BYTES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


def seconds(text: object) -> float:
    """Seconds of `1h30m`, `200ms` or a plain number of seconds; ValueError says what to write instead."""
    if isinstance(text, int | float) and not isinstance(text, bool) and 0 <= text <= _LONGEST:
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhdw])", str(text))
    length = sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    if not parts or "".join(a + b for a, b in parts) != str(text).replace(" ", "") or length > _LONGEST:
        raise ValueError(f"{text!r} is not a duration; write for example 30s, 2m, 200ms or 1h30m")
    return length


def size(text: object) -> int:
    """Bytes of `50KB`, `1MB` or a plain number of bytes (1 KB is 1,024 bytes)."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?B)", str(text).upper())
    if not found:
        raise ValueError(f"{text!r} is not a size; write for example 50KB or 1MB")
    return int(float(found[1]) * _BYTES[found[2]])


def written(value: float) -> str:
    """The duration as people write it: 90.0 → `1m30s`."""
    if value < 1:
        return f"{value * 1000:g}ms"
    rest, text = round(value), ""
    for unit in ("d", "h", "m", "s"):
        amount, rest = divmod(rest, round(_SECONDS[unit]))
        text += f"{amount}{unit}" if amount else ""
    return text


Duration = Annotated[float, BeforeValidator(seconds), PlainSerializer(written, when_used="json")]
"""A length of time in seconds."""

Size = Annotated[int, BeforeValidator(size)]
"""A number of bytes."""
