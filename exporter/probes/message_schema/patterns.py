"""What a regular expression may cost: one that backtracks holds up the whole process, and cannot be ended."""

from __future__ import annotations

import importlib
import re
from typing import Any

MOST = 200_000
"""Steps that one text may take: some hundredths of a second."""

_BEYOND = 10**9


def steps(pattern: str, longest: int) -> int:
    """At most so many for a text of up to `longest` characters, about; raises ValueError for what is no pattern."""
    # the parser of `re` itself, which has no public name
    parser: Any = importlib.import_module("re._parser")
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(getattr(error, "msg", "too deep")) from None
    starts = 1 if _anchored(parsed) else longest + 1
    return min(_BEYOND, starts * _sequence(parsed, longest))


def _anchored(parsed: Any) -> bool:
    first = next(iter(parsed), None)
    return first is not None and str(first[0]) == "AT" and str(first[1]) in {"AT_BEGINNING", "AT_BEGINNING_STRING"}


def _sequence(items: Any, longest: int) -> int:
    ways = 1
    for name, given in items:
        ways = min(_BEYOND, ways * _item(str(name), given, longest))
    return ways


def _item(name: str, given: Any, longest: int) -> int:
    """Ways in which this part can match: they multiply with those of what stands beside it."""
    if name == "BRANCH":
        return sum(_sequence(each, longest) for each in given[1])
    if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, body = int(given[0]), min(int(given[1]), longest), given[2]
        inside = _sequence(body, longest)
        lengths = max(1, most - least + 1)
        return lengths if inside == 1 else min(_BEYOND, lengths * pow(inside, min(most, 32)))
    if name in {"SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"}:
        body = given if name == "ATOMIC_GROUP" else given[-1]
        return _sequence(body, longest)
    return longest if name.startswith("GROUPREF") else 1
