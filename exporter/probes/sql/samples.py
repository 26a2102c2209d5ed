"""Rows → samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exporter import masking
from exporter.model import Metric, Sample
from exporter.shop import ShopError

if TYPE_CHECKING:
    from exporter.probes.sql.query import Query

_LONGEST = 120
"""Characters of a label's value."""


def samples(query: Query, rows: Sequence[Mapping[str, Any]]) -> Iterator[Sample]:
    """One sample a row and metric; a NULL is no sample, for it is not 0. Raises ShopError for what is no number."""
    if rows and (absent := [each for each in _columns(query) if each not in rows[0]]):
        there = ", ".join(sorted(rows[0]))
        raise ShopError(f"the query answers without the column {absent[0]}; its columns are {there}")
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        labels = tuple(_text(row[name]) for name in query.labels)
        if labels in seen:
            named = ", ".join(query.labels) or "none"
            raise ShopError(f"two rows have the same labels ({named}); group the query by them, or name another label")
        seen.add(labels)
        for metric in query.made:
            value = row[query.metrics[metric.name].value]
            if value is not None:
                yield Sample(metric, _number(value, metric, query), labels)


def _columns(query: Query) -> list[str]:
    return [*query.labels, *(each.value for each in query.metrics.values())]


def _text(value: Any) -> str:
    """As a label: NULL is empty, and what looks like a customer's number is hidden."""
    return "" if value is None else masking.value(str(value))[:_LONGEST]


def _number(value: Any, metric: Metric, query: Query) -> float:
    column = query.metrics[metric.name].value
    if isinstance(value, int | float | Decimal):
        if math.isfinite(number := float(value)):
            if metric.kind == "counter" and number < 0:
                raise ShopError(f"the column {column} is below 0, which a counter cannot be; write kind: gauge")
            return number
        raise ShopError(f"the column {column} is not finite; let the query leave such rows out")
    kind = type(value).__name__
    remedy = "SELECT UNIX_TIMESTAMP(…)" if kind in {"datetime", "date"} else "SELECT … + 0, or make it a label"
    raise ShopError(f"the column {column} holds a {kind}, not a number; write {remedy}")
