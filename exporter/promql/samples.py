"""The series of a single instant, without a past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from exporter.promql.selectors import Selector
from exporter.promql.vector import NAME, EvaluationError, Value, Window, filled


class Samples:
    """The series of one instant, indexed by metric name; what looks back in time finds no answer."""

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

    def instant(self, selector: Selector, oldest: int, newest: int) -> list[Value]:
        del oldest, newest
        candidates = list(self) if selector.name is None else self.named(selector.name)
        return [value for value in candidates if selector.accepts(value.labels)]

    def stamped(self, selector: Selector, oldest: int, newest: int) -> list[tuple[Value, int]]:
        return [(value, newest) for value in self.instant(selector, oldest, newest)]

    def windows(self, selector: Selector, oldest: int, newest: int) -> list[Window]:
        del selector, oldest, newest
        raise EvaluationError("samples of one instant have no past; evaluate over a History")
