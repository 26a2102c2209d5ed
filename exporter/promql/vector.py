"""Instant vectors: labelled values, and the samples they are selected from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

NAME = "__name__"


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


class Samples:
    """The series of one instant, indexed by metric name."""

    def __init__(self, named: Mapping[str, list[Value]]) -> None:
        self._named = named

    @classmethod
    def of(cls, series: Iterable[tuple[Mapping[str, str], float]]) -> Samples:
        """Series as pairs of labels (the name as `__name__`) and value; empty labels are no labels."""
        return cls.ready(Value(filled(labels), value) for labels, value in series)

    @classmethod
    def ready(cls, values: Iterable[Value]) -> Samples:
        """The same, of labels that `filled` has gone over."""
        named: defaultdict[str, list[Value]] = defaultdict(list)
        for value in values:
            named[value.labels.get(NAME, "")].append(value)
        return cls(dict(named))

    def named(self, name: str) -> list[Value]:
        return self._named.get(name, [])

    def __iter__(self) -> Iterator[Value]:
        return (value for values in self._named.values() for value in values)

    def replaced(self, name: str, values: Iterable[Value]) -> Samples:
        """The same with these series of that name, such as a recording rule has made."""
        return Samples({**self._named, name: list(values)})


@dataclass(frozen=True, slots=True)
class Instant:
    """What an expression is evaluated over: the samples, and the time in Unix seconds."""

    samples: Samples
    at: float


Node = Callable[[Instant], Any]
"""A compiled part of an expression. It returns list[Value], float or str; the parser has checked which fits where."""


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
