"""Instant vectors, what they are selected from, and the errors of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from exporter.promql.selectors import Selector

NAME = "__name__"

Version = Literal[2, 3]
"""Whose semantics: ranges and the lookback are closed on the left in Prometheus 2.x and open in 3.x, among others."""
NEWEST: Version = 3


class PromqlError(ValueError):
    """The expression is not PromQL, or needs what is not evaluated here; `reasons` lists every one."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))


class EvaluationError(ValueError):
    """The samples do not match up as the expression asks, for example many to many."""


class Value(NamedTuple):
    """One element of an instant vector; no label of it is empty."""

    labels: Mapping[str, str]
    value: float


class Window(NamedTuple):
    """The samples of one series in a range, oldest first, without stale markers; times in ms since the epoch."""

    labels: Mapping[str, str]
    times: Sequence[int]
    values: Sequence[float]


class Span(NamedTuple):
    """A range vector: what lies between `start` and `end` as seen `at` (all in ms since the epoch)."""

    start: int
    end: int
    at: int
    windows: list[Window]


class Source(Protocol):
    """What series are selected from. Times are in ms since the epoch, and both ends belong to what is asked."""

    since: float
    """Before it nothing is known, and so nothing is absent either."""

    def instant(self, selector: Selector, oldest: int, newest: int) -> list[Value]:
        """Of each series the newest value between the two times, unless that is a stale marker."""

    def stamped(self, selector: Selector, oldest: int, newest: int) -> list[tuple[Value, int]]:
        """The same, each with its own time."""

    def windows(self, selector: Selector, oldest: int, newest: int) -> list[Window]:
        """Of each series that has any the samples between the two times."""


class Instant(NamedTuple):
    """What an expression is evaluated over: the samples, and the time in Unix seconds.

    `asked` is the time of the whole expression, where `at` is a step of a subquery.
    """

    samples: Source
    at: float
    asked: float | None = None

    @property
    def ms(self) -> int:
        return round(self.at * 1000)

    @property
    def origin(self) -> float:
        return self.at if self.asked is None else self.asked


Node = Callable[[Instant], Any]
"""A compiled part of an expression; the parser has checked which fits where.

It returns list[Value], float or str, or a `Span` where it stands as the argument of a function over time.
"""


def filled(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in labels.items() if text}


def nameless(labels: Mapping[str, str]) -> Mapping[str, str]:
    if NAME not in labels:
        return labels
    return {name: text for name, text in labels.items() if name != NAME}


def unique(values: list[Value]) -> list[Value]:
    """The same values, unless two of them have the same labels now."""
    if len(values) > 1 and len({frozenset(value.labels.items()) for value in values}) < len(values):
        raise EvaluationError("vector cannot contain metrics with the same labelset")
    return values


def mapped(values: list[Value], compute: Callable[[float], float]) -> list[Value]:
    """Each value computed anew, and without its name."""
    made = [Value(nameless(labels), compute(value)) for labels, value in values]
    return unique(made) if several_names(values) else made


def several_names(values: Sequence[Value | Window]) -> bool:
    """Only then can series become the same by losing their names."""
    return len({each.labels.get(NAME) for each in values}) > 1
