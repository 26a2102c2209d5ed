"""Values as Go writes them: %v, printf and print, and strings.Title."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from exporter.rules.templates.data import Record, TemplateError, kind

_SMALLEST_PLAIN, _FIRST_EXPONENT = -4, 6
# Four digits of width are plenty: the text may come from a label, and it must not grow without bound.
_VERB = re.compile(r"%([-+# 0]*)(\d{0,4})(?:\.(\d{0,3}))?(.?)", re.DOTALL)
_VERBS = frozenset("vdsqfFeEgGtxXobcU%")
_TAKEN: Mapping[type, str] = {float: "vfFeEgGxX", int: "vdqxXobcU", str: "vsqxX", bool: "vt"}
_QUOTED = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\"}
_LAST_OF_TWO_BYTES = 0xFFFF


def number(value: float) -> str:
    """The shortest text that reads back as the same float64, as Go's %v writes it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1 if any(digits) else 0
    text = "".join(map(str, digits))
    if power < _SMALLEST_PLAIN or power >= _FIRST_EXPONENT:
        text = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{power:+03d}"
    else:
        text = format(Decimal(repr(abs(value))).normalize(), "f")
    return f"-{text}" if sign else text


def written(value: object) -> str:
    """A value as a template prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{written(each)}' for name, each in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(written, value))}]"
    if isinstance(value, Record):
        return f"{{{' '.join(map(written, value.fields.values()))}}}"
    return "<no value>" if value is None else str(value)


def printed(*given: object) -> str:
    """Go's Sprint: a blank stands between two values of which neither is a text."""
    text = ""
    for before, value in zip((None, *given), given, strict=False):
        blank = text and not isinstance(before, str) and not isinstance(value, str)
        text += f"{' ' if blank else ''}{written(value)}"
    return text


def check(template: str) -> None:
    """Refuses a printf text with a verb that is not one of `_VERBS`."""
    odd = [found[4] for found in _VERB.finditer(template) if found[4] not in _VERBS]
    if odd == [""]:
        raise TemplateError(f"the text {template!r} of printf ends in %; write %% for a percent sign")
    if odd:
        raise TemplateError(f"printf knows no %{odd[0]} here; its verbs are %{' %'.join(sorted(_VERBS))}")


def printf(template: str, *given: object) -> str:
    """Go's Sprintf for `_VERBS`, with its own marks for what does not fit (`%!d(float64=1.5)`)."""
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
        if verb not in _TAKEN.get(type(value), "vs"):
            return f"%!{verb}({kind(value)}={written(value)})"
        text = _in_full(value, verb, flags, None if precision is None else int(precision or 0))
        return _padded(text, flags, int(width or 0), zeros="0" in flags and _is_finite(value))

    text = _VERB.sub(one, template)
    extra = ", ".join(f"{kind(value)}={written(value)}" for value in left)
    return f"{text}%!(EXTRA {extra})" if extra else text


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _padded(text: str, flags: str, width: int, *, zeros: bool) -> str:
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if zeros else text.rjust(width)


def _in_full(value: object, verb: str, flags: str, precision: int | None) -> str:
    if isinstance(value, str):
        return _text(value[:precision] if verb not in "xX" else value, verb, flags)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return written(value)
    if verb in "qcU":
        return _letter(int(value), verb)
    text = _figure(value, verb, flags, precision)
    if " " in flags and text == "+Inf":
        return " Inf"
    if text[0] in "+-" or verb == "v":
        return text
    return f"{'+' if '+' in flags else ' ' if ' ' in flags else ''}{text}"


def _text(value: str, verb: str, flags: str) -> str:
    if verb in "xX":
        digits = value.encode().hex(" " if " " in flags else "\0").replace("\0", "")
        digits = f"0x{digits}" if "#" in flags and digits else digits
        return digits.upper() if verb == "X" else digits
    if verb == "q" and "#" in flags and "`" not in value and value.isprintable():
        return f"`{value}`"
    return f'"{_escaped(value, chr(34))}"' if verb == "q" or "#" in flags else value


def _escaped(text: str, quote: str) -> str:
    return "".join(map(lambda letter: f"\\{letter}" if letter == quote else _shown(letter), text))  # noqa: C417


def _shown(letter: str) -> str:
    if letter.isprintable():
        return _QUOTED.get(letter, letter)
    code = ord(letter)
    if code < ord(" ") or code == 0x7F:  # noqa: PLR2004 - DEL
        return _QUOTED.get(letter, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= _LAST_OF_TWO_BYTES else f"\\U{code:08x}"


def _letter(code: int, verb: str) -> str:
    letter = chr(code) if 0 <= code <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - the last of Unicode
    if verb == "U":
        return f"U+{code:04X}"
    return letter if verb == "c" else f"'{_escaped(letter, chr(39))}'"


def _figure(value: float, verb: str, flags: str, precision: int | None) -> str:
    if isinstance(value, int):
        return format(value, {"v": "d"}.get(verb, f"{'#' if '#' in flags and verb in 'xXob' else ''}{verb}"))
    if not math.isfinite(value) or (verb in "vgG" and precision is None):
        return number(value).replace("e", "E") if verb == "G" else number(value)
    if verb in "xX":
        return _hexadecimal(value) if verb == "x" else _hexadecimal(value).upper()
    return f"%.{6 if precision is None else precision}{'g' if verb == 'v' else verb}" % value


def _hexadecimal(value: float) -> str:
    mantissa, _, power = value.hex().partition("p")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}p{int(power):+03d}"


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
