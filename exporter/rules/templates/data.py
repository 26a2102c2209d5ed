"""What templates compute with: Go's kinds of values as Python's.

An int stands for Go's int, a float for its float64, a Mapping for a map, a list for a slice, None for nil.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass


class TemplateError(ValueError):
    """A template that cannot be parsed, or that fails for these values."""


@dataclass(frozen=True, slots=True)
class Record:
    """One of Go's structs: the alert a template is about, or a series that a query has found."""

    kind: str
    fields: Mapping[str, object]


KINDS: Mapping[type, str] = {bool: "bool", int: "int", float: "float64", str: "string", list: "slice"}


def kind(value: object) -> str:
    """As Go calls it, or near enough for a person."""
    if isinstance(value, Record):
        return value.kind
    if isinstance(value, Mapping):
        return "map[string]string"
    return "nil" if value is None else KINDS.get(type(value), type(value).__name__.lower())


def truth(value: object) -> bool:
    """Does `if` take it for true? Zero, nil and what is empty are not; NaN and every struct are."""
    return isinstance(value, Record) or bool(value)


def number(value: object) -> float:
    """As the humanize functions read it: numbers, also those written as text (a label's value)."""
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise TemplateError(f"can't convert {kind(value)} to float")


def _parsed(text: str) -> float:
    try:
        value = float.fromhex(text) if re.match("[+-]?0[xX]", text) else float(text)
    except (ValueError, OverflowError):
        value = math.inf
    if not re.fullmatch(r"[!-~]+", text) or (math.isinf(value) and "inf" not in text.lower()):
        raise TemplateError(f"{text!r} is no number")
    return value


def field(value: object, name: str) -> object:
    """`.name` of a value. A label that is not there is empty; of what has no such field it is an error."""
    if isinstance(value, Record) and name in value.fields:
        return value.fields[name]
    if isinstance(value, Mapping):
        return value.get(name, "")
    raise TemplateError(f"can't evaluate field {name} in type {kind(value)}")
