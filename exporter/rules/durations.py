"""Lengths of time as Prometheus writes them: whole numbers, the largest unit first."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"0|(?=\d)(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_UNITS = (365 * 86400.0, 7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0, 0.001)


def duration(text: str) -> float:
    """Seconds of `1h30m`; ValueError says what to write instead."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration; write for example 30s, 5m or 1h30m")
    return sum(float(amount or 0) * unit for amount, unit in zip(found.groups(), _UNITS, strict=True))


def written(seconds: float) -> str:
    """As Prometheus writes the duration: `1h30m`; years and weeks only where nothing is left."""
    rest, text = round(seconds * 1000), ""
    for name, unit in zip(("y", "w", "d", "h", "m", "s", "ms"), _UNITS, strict=True):
        length = round(unit * 1000)
        if name in ("y", "w") and rest % length:
            continue
        amount, rest = divmod(rest, length)
        text += f"{amount}{name}" if amount else ""
    return text or "0s"
