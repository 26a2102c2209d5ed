"""Comparing, counting and taking apart, as Go's templates do it: kinds that differ are never compared."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.rules.templates.data import TemplateError, kind

_COMPARED = (bool, int, float, str)


def _alike(left: object, right: object) -> None:
    for value in (left, right):
        if not isinstance(value, _COMPARED):
            raise TemplateError(f"{kind(value)} cannot be compared")
    if kind(left) != kind(right):
        raise TemplateError(
            f"incompatible types for comparison: {kind(left)} and {kind(right)}; a number beside $value needs a point"
        )


def equal(first: object, *others: object) -> bool:
    """Whether the first is equal to any of the others."""
    for other in others:
        _alike(first, other)
        if first == other:
            return True
    return False


def less(left: object, right: object) -> bool:
    _alike(left, right)
    if isinstance(left, bool):
        raise TemplateError("bool has no order")
    return bool(left < right)  # type: ignore[operator] # both are of one ordered kind


def at_most(left: object, right: object) -> bool:
    return less(left, right) or equal(left, right)


def length(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | list):
        return len(value)
    raise TemplateError(f"len of type {kind(value)}")


def index(value: object, *keys: object) -> object:
    """`index x 1 2` is x[1][2]; what a map does not hold is empty."""
    for key in keys:
        if isinstance(value, Mapping) and isinstance(key, str):
            value = value.get(key, "")
        elif isinstance(value, list | str) and isinstance(key, int):
            things = value.encode() if isinstance(value, str) else value
            if not 0 <= key < len(things):
                raise TemplateError(f"index out of range: {key}")
            value = things[key]
        else:
            raise TemplateError(f"can't index {kind(value)} with {kind(key)}")
    return value


def part(value: object, *ends: int) -> object:
    """`slice x 1 2` is x[1:2]; of a text, its bytes."""
    if not isinstance(value, list | str) or len(ends) > 2:  # noqa: PLR2004 - where it begins and where it ends
        raise TemplateError(f"can't slice {kind(value)} with {len(ends)} numbers")
    things = value.encode() if isinstance(value, str) else value
    begin, end = (*ends, len(things))[:2]
    if not 0 <= begin <= end <= len(things):
        raise TemplateError(f"slice out of range: {begin} to {end}")
    chosen = things[begin:end]
    return chosen.decode(errors="replace") if isinstance(chosen, bytes) else chosen
