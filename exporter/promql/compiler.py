"""From text to a tree of closures, once per expression; every reason against it is collected."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import promql_parser as tree

from exporter.promql.nodes import Builder
from exporter.promql.selectors import Selector
from exporter.promql.vector import NEWEST, Node, PromqlError, Version

# The parser is recursive, and some 4,000 levels would end the process; a level takes at least 2 characters.
LONGEST = 5_000
_LONGEST_SEARCHED = 2_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, and the series it reads.

    `measured` is the same before its outermost comparison: what is compared, also while it does not hold.
    `timeless`: the same newest values always give the same result.
    `horizon`: the seconds before an instant of which samples can matter to it; infinite with `@` and a fixed time.
    `past`: the same for each metric (None: any); 0 for one of which only the newest values matter.
    """

    text: str
    run: Node
    measured: Node
    selectors: tuple[Selector, ...]
    timeless: bool
    horizon: float
    past: Mapping[str | None, float]


@cache
def compiled(text: str, version: Version = NEWEST) -> Expression:
    """The expression as that major version of Prometheus means it.

    Raises `PromqlError` with every reason why the text cannot be evaluated.
    """
    if len(text) > LONGEST:
        raise PromqlError([f"is longer than {LONGEST} characters; write several rules instead"])
    try:
        parsed = tree.parse(text)
    except ValueError as error:
        raise PromqlError([f"is not PromQL{_after(text, str(error))}: {error}"]) from error
    builder = Builder(version)
    try:
        run, measured = builder.whole(parsed), builder.measured(parsed)
    except RecursionError:
        raise PromqlError(["is nested too deep; write several rules instead"]) from None
    if builder.reasons:
        raise PromqlError(dict.fromkeys(builder.reasons))
    selectors = tuple(dict.fromkeys(builder.selectors))
    return Expression(text, run, measured, selectors, builder.timeless, builder.horizon, builder.past)


def _after(text: str, error: str) -> str:
    """Where it goes wrong, if the parser does not say so: behind the longest beginning that could stand alone."""
    if error != "invalid promql query":
        return ""
    for end in range(min(len(text), _LONGEST_SEARCHED) - 1, 0, -1):
        with suppress(ValueError):
            tree.parse(text[:end])
            return f" after {text[max(0, end - 30) : end].strip()!r}"
    return " from the start"
