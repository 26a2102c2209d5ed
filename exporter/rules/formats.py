"""Values as Go and Prometheus write them: %v, printf, and the humanize functions of rule templates."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Datum = str | float | bool | Mapping[str, str]
"""What a template computes with; an int stands for Go's int, a float for its float64."""

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_SMALLEST_PLAIN, _FIRST_EXPONENT = -4, 6
_VERB = re.compile(r"%([-+ 0]*)(\d*)(?:\.(\d*))?(.?)", re.DOTALL)
VERBS = frozenset("vdsfFeEgGt%")
_NANOSECONDS_END = 2**63
_TAKEN: Mapping[type, str] = {float: "vfFeEgG", int: "vd", str: "vs", bool: "vt"}
_KINDS = {bool: "bool", int: "int", float: "float64", str: "string"}


def number(value: float) -> str:
    """The shortest text that reads back as the same float64, as Go's %v writes it."""
    if not math.isfinite(value):
        return _unbounded(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1 if any(digits) else 0
    text = "".join(map(str, digits))
    if power < _SMALLEST_PLAIN or power >= _FIRST_EXPONENT:
        text = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{power:+03d}"
    else:
        text = format(Decimal(repr(abs(value))).normalize(), "f")
    return f"-{text}" if sign else text


def _unbounded(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def written(value: Datum) -> str:
    """A value as a template prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{text}' for name, text in sorted(value.items()))}]"
    return str(value)


def _four(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else _unbounded(value)


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
    """Unix seconds as `2026-11-22 03:00:00 +0000 UTC`; ValueError beyond what Go's nanoseconds hold."""
    if not math.isfinite(value):
        return _four(value)
    if abs(value) * 1e9 >= _NANOSECONDS_END:
        raise ValueError(f"{number(value)} cannot be represented as a nanoseconds timestamp")
    milliseconds = math.trunc(math.trunc(value * 1e9) / 1_000_000)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    fraction = f".{moment.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def verbs(template: str) -> list[str]:
    """The verbs of a printf text, `%` itself among them."""
    return [found[4] for found in _VERB.finditer(template)]


def printf(template: str, *given: Datum) -> str:
    """Go's Sprintf for the verbs in `VERBS`, with its own marks for what does not fit (`%!d(float64=1.5)`)."""
    left = list(given)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, verb = found.groups()
        if verb == "%":
            return "%"
        if not verb:
            return "%!(NOVERB)"
        if not left:
            return f"%!{verb}(MISSING)"
        value = left.pop(0)
        if verb not in _TAKEN.get(type(value), "v"):
            return f"%!{verb}({_kind(value)}={written(value)})"
        text = _in_full(value, verb, flags, None if precision is None else int(precision or 0))
        return _padded(text, flags, int(width or 0), zeros="0" in flags and _is_finite(value))

    text = _VERB.sub(one, template)
    extra = ", ".join(f"{_kind(value)}={written(value)}" for value in left)
    return f"{text}%!(EXTRA {extra})" if extra else text


def _kind(value: Datum) -> str:
    return _KINDS.get(type(value), "template.Labels")


def _is_finite(value: Datum) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _padded(text: str, flags: str, width: int, *, zeros: bool) -> str:
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if zeros else text.rjust(width)


def _in_full(value: Datum, verb: str, flags: str, precision: int | None) -> str:
    if isinstance(value, str):
        return value[:precision]
    if isinstance(value, bool | Mapping):
        return written(value)
    text = _figure(value, verb, precision)
    if text[0] in "+-" or verb == "v":
        return text
    return f"{'+' if '+' in flags else ' ' if ' ' in flags else ''}{text}"


def _figure(value: float, verb: str, precision: int | None) -> str:
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value) or (verb in "vgG" and precision is None):
        return number(value) if verb != "G" else number(value).upper()
    return f"%.{6 if precision is None else precision}{'g' if verb == 'v' else verb}" % value


def title(text: str) -> str:
    """Every word with its first letter in upper case, as Go's strings.Title does it."""
    made, before = "", " "
    for letter in text:
        upper = letter.title()
        made += upper if _parts_words(before) and len(upper) == 1 else letter
        before = letter
    return made


def _parts_words(letter: str) -> bool:
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    return letter.isspace()


def numeric(compute: Callable[[float], str]) -> Callable[[Any], str]:
    """The function, also for numbers that are written as text (a label's value)."""

    def run(value: Datum) -> str:
        if isinstance(value, Mapping):
            raise TypeError("cannot convert a set of labels to a number")
        return compute(float(value))

    return run
