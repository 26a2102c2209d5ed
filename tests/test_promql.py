"""Expressions mean here what they mean in Prometheus; the last word has a real one."""

from __future__ import annotations

import math
import random
import time
from collections import Counter

import pytest

from exporter.promql import EvaluationError, PromqlError, Samples, evaluate
from tests.expressions import Writer, series
from tests.servers import prometheus

AT = 1_700_000_000.0


def vector(expr, *pairs):
    """The result as {labels: value}, the labels written as `a="b"`."""
    result = evaluate(expr, Samples.of(pairs), AT)
    return {",".join(f"{k}={v}" for k, v in sorted(each.labels.items())): each.value for each in result}


def one(name, value=1.0, **labels):
    return {"__name__": name, **labels}, value


def write_openmetrics(path, pairs):
    lines = []
    for labels, value in sorted(pairs, key=lambda pair: pair[0]["__name__"]):
        inner = ",".join(f'{name}="{text}"' for name, text in labels.items() if name != "__name__")
        lines.append(f"{labels['__name__']}{{{inner}}} {value} {AT}\n")
    path.write_text("".join(lines) + "# EOF\n", encoding="utf-8")


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """A real Prometheus that holds the same series."""
    folder = tmp_path_factory.mktemp("prometheus")
    pairs = series(random.Random(11))
    write_openmetrics(folder / "series.txt", pairs)
    made = prometheus.promtool(
        "tsdb", "create-blocks-from", "openmetrics", str(folder / "series.txt"), str(folder / "data")
    )
    assert made.returncode == 0, made.stderr
    with prometheus.running(folder) as server:
        yield server, Samples.of(pairs)


def theirs(server, expr):
    try:
        answer = server.query(expr, AT)
    except prometheus.Refused as error:
        return f"error: {error}"
    if answer["resultType"] == "scalar":
        return float(answer["result"][1])
    return {frozenset(each["metric"].items()): float(each["value"][1]) for each in answer["result"]}


def ours(expr, samples):
    try:
        result = evaluate(expr, samples, AT)
    except (EvaluationError, PromqlError) as error:
        return f"error: {error}"
    if not isinstance(result, list):
        return result
    return {frozenset(each.labels.items()): each.value for each in result}


def alike(left, right):
    if isinstance(left, str) or isinstance(right, str):
        return isinstance(left, str) and isinstance(right, str)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, dict) or isinstance(right, dict):
        return False
    return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-9)


@pytest.mark.server
def test_random_expressions_have_the_results_of_a_real_prometheus(twin):
    server, samples = twin
    writer = Writer(seed=20)
    different, kinds, began = [], Counter(), time.monotonic()
    for _ in range(1500):
        expr = writer.expression()
        here, there = ours(expr, samples), theirs(server, expr)
        kinds["error" if isinstance(there, str) else "empty" if there == {} else "result"] += 1
        if not alike(here, there):
            different.append(f"{expr}\n  here:  {here}\n  there: {there}")
        if time.monotonic() - began > 30:
            break
    assert not different, f"{len(different)} of {kinds.total()} differ:\n" + "\n".join(different[:10])
    assert kinds["result"] > 250, kinds
    assert kinds["error"] > 20, kinds
