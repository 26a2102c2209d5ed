"""What an expression is here and in a real Prometheus, in one form that can be compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from exporter.promql import EvaluationError, PromqlError, Source, Version, evaluate
from tests.servers import prometheus

Result = dict[frozenset[tuple[str, str]], float] | float | str
"""A vector, a number, or the text of an error."""


def theirs(server: prometheus.Prometheus, expr: str, at: float) -> Result:
    try:
        answer = server.query(expr, at)
    except prometheus.Refused as error:
        return f"error: {error}"
    if answer["resultType"] == "scalar":
        return float(answer["result"][1])
    return {frozenset(each["metric"].items()): float(each["value"][1]) for each in answer["result"]}


def ours(source: Source, expr: str, at: float, version: Version) -> Result:
    try:
        result = evaluate(expr, source, at, version)
    except (EvaluationError, PromqlError) as error:
        return f"error: {error}"
    if not isinstance(result, list):
        return result
    return {frozenset(each.labels.items()): each.value for each in result}


def alike(left: Result, right: Result) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return isinstance(left, str) and isinstance(right, str)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, dict) or isinstance(right, dict):
        return False
    return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-9)


def compared(
    server: prometheus.Prometheus, source: Source, asked: Iterable[tuple[str, float]]
) -> tuple[Counter[str], list[str]]:
    """How many expressions (with their instants) have a result, none, or an error there; and those that differ."""
    kinds: Counter[str] = Counter()
    different = []
    for expr, at in asked:
        here, there = ours(source, expr, at, 2), theirs(server, expr, at)
        kinds["error" if isinstance(there, str) else "empty" if there == {} else "result"] += 1
        if not alike(here, there):
            different.append(f"{expr} at {at}\n  here:  {here}\n  there: {there}")
    return kinds, different
