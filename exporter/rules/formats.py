"""Values as Go writes them: %v and printf, and strings.Title."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

Datum = str | float | bool | Mapping[str, str]
"""What a template computes with; an int stands for Go's int, a float for its float64."""

_SMALLEST_PLAIN, _FIRST_EXPONENT = -4, 6
# Four digits of width are plenty: the text may come from a label, and it must not grow without bound.
_VERB = re.compile(r"%([-+ 0]*)(\d{0,4})(?:\.(\d{0,3}))?(.?)", re.DOTALL)
VERBS = frozenset("vdsfFeEgGt%")
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
    if " " in flags and text == "+Inf":
        return " Inf"
    if text[0] in "+-" or verb == "v":
        return text
    return f"{'+' if '+' in flags else ' ' if ' ' in flags else ''}{text}"


def _figure(value: float, verb: str, precision: int | None) -> str:
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value) or (verb in "vgG" and precision is None):
        return number(value).replace("e", "E") if verb == "G" else number(value)
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
