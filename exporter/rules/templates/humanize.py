"""The humanize functions of rule templates, as Prometheus writes them."""

from __future__ import annotations

import math

from exporter.rules.templates.formats import number
from exporter.rules.templates.times import time_of

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")


def _four(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else number(value)


def _scaled(value: float, base: int, prefixes: tuple[str, ...]) -> tuple[float, str]:
    used = ""
    for prefix in prefixes:
        if abs(value) < base:
            break
        used, value = prefix, value / base
    return value, used


def _enlarged(value: float) -> tuple[float, str]:
    used = ""
    for prefix in _SMALL:
        if abs(value) >= 1:
            break
        used, value = prefix, value * 1000
    return value, used


def humanize(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return _four(value)
    value, prefix = _scaled(value, 1000, _LARGE) if abs(value) >= 1 else _enlarged(value)
    return f"{_four(value)}{prefix}"


def humanize1024(value: float) -> str:
    if abs(value) <= 1 or not math.isfinite(value):
        return _four(value)
    value, prefix = _scaled(value, 1024, _BINARY)
    return f"{_four(value)}{prefix}"


def humanize_duration(value: float) -> str:
    """Seconds as `1d 2h 3m 4s`; below a minute with four digits."""
    if value == 0 or not math.isfinite(value):
        return f"{_four(value)}s" if value == 0 else _four(value)
    if abs(value) < 1:
        value, prefix = _enlarged(value)
        return f"{_four(value)}{prefix}s"
    sign, value = "-" if value < 0 else "", abs(value)
    minutes, seconds = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{_four(value)}s"


def humanize_percentage(value: float) -> str:
    return f"{_four(value * 100)}%"


def humanize_timestamp(value: float) -> str:
    """Unix seconds as `2026-11-22 03:00:00 +0000 UTC`."""
    return str(time_of(value)) if math.isfinite(value) else _four(value)
