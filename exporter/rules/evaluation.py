"""One rule over the samples of one instant: its values, and the labels they get."""

from __future__ import annotations

import math
from collections.abc import Mapping

from exporter.promql import EvaluationError, Instant, Value
from exporter.promql import nameless as without_name
from exporter.rules.agreeing import Agreeing
from exporter.rules.rule import Rule
from exporter.rules.templates import NOWHERE, Scene

MOST = 10_000
"""Results of one rule whose group sets no limit: more is a slip in the rule, and nobody could read it."""


def vector(result: object) -> list[Value]:
    """A rule's result; a number counts as one element without labels."""
    if isinstance(result, list):
        return result
    if isinstance(result, float | int):
        return [Value({}, float(result))]
    raise EvaluationError("rule result is not a vector or scalar")


def labelled(
    rule: Rule, now: Instant, name: Mapping[str, str], scene: Scene = NOWHERE
) -> list[tuple[Value, dict[str, str]]]:
    """The rule's values, each with the labels of its alert or new series; `name` is the label that names it."""
    values = vector(rule.expression.run(now))
    if len(values) > (limit := rule.limit or MOST):
        remedy = "" if rule.limit else "; aggregate them by fewer labels, or give the group a higher `limit`"
        raise EvaluationError(
            f"exceeded limit of {limit} with {len(values)} {'series' if rule.records else 'alerts'}{remedy}"
        )
    found = [(value, _labels(rule, value, name, scene)) for value in values]
    if len({frozenset(labels.items()) for _, labels in found}) < len(found):
        raise EvaluationError("vector contains metrics with the same labelset after applying the rule's labels")
    return found


def _labels(rule: Rule, value: Value, name: Mapping[str, str], scene: Scene) -> dict[str, str]:
    own = {
        label: text.text if rule.records else text.expand(value.labels, value.value, scene)
        for label, text in rule.labels.items()
    }
    merged = {**without_name(value.labels), **own, **name}
    return {label: text for label, text in merged.items() if text}


def measured(rule: Rule | None, now: Instant) -> Agreeing[float]:
    """What the rule compares; nothing where it is unknown or cannot be evaluated."""
    try:
        values = vector(rule.expression.measured(now)) if rule else []
    except EvaluationError:
        values = []
    return Agreeing((without_name(each.labels), each.value) for each in values)


def only(values: Agreeing[float], labels: Mapping[str, str]) -> float | None:
    """The one number among those that agree with the labels; None when that is not exactly one, or NaN."""
    fitting = [value for _, value in values.find(labels)]
    return fitting[0] if len(fitting) == 1 and not math.isnan(fitting[0]) else None
