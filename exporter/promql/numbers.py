"""Arithmetic of float64 as Go does it: where Python raises, there is an infinity or NaN."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal


def divided(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def remainder(left: float, right: float) -> float:
    """The sign is the left operand's."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        if left == 0:
            return math.copysign(math.inf, left) if right % 2 == 1 else math.inf
        return math.nan


def floor(number: float) -> float:
    return math.copysign(math.floor(number), number) if math.isfinite(number) else number


def ceil(number: float) -> float:
    return math.copysign(math.ceil(number), number) if math.isfinite(number) else number


def rounded(number: float, to: float = 1.0) -> float:
    """Halves go up, also below zero."""
    inverse = divided(1.0, to)
    return divided(floor(number * inverse + 0.5), inverse)


def sign(number: float) -> float:
    return number if number == 0 or math.isnan(number) else math.copysign(1.0, number)


def least(left: float, right: float) -> float:
    """NaN if either is, unless the other is -Inf."""
    if -math.inf in (left, right):
        return -math.inf
    return math.nan if math.isnan(left) or math.isnan(right) else min(left, right)


def greatest(left: float, right: float) -> float:
    """NaN if either is, unless the other is +Inf."""
    if math.inf in (left, right):
        return math.inf
    return math.nan if math.isnan(left) or math.isnan(right) else max(left, right)


def written(number: float) -> str:
    """The shortest text that means this number, never with an exponent."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    text = format(Decimal(repr(number)), "f")
    return text.removesuffix(".0")


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divided,
    "%": remainder,
    "^": power,
}

COMPARISON: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
