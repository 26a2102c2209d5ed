"""One rule over the samples of one instant: its values, the labels they get, and the evidence behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from exporter.model import Case, Sample
from exporter.promql import EvaluationError, Instant, Samples, Selector, Value
from exporter.promql import nameless as without_name
from exporter.rules.rule import Rule

MOST_CASES = 20
_NEVER = datetime.max.replace(tzinfo=UTC)

Series = Iterable[tuple[str, Sample]]
"""Samples with the shop they speak of ("" for what the sidecar says of itself)."""

Cases = Mapping[str, Sequence[tuple[Mapping[str, str], Sequence[Case]]]]
"""Metric name → the labels and the evidence of its samples that have any."""


def samples_of(series: Series) -> Samples:
    return Samples.of(
        ({**sample.labelled(shop), "__name__": sample.metric.name}, sample.value) for shop, sample in series
    )


def cases_of(series: Series) -> Cases:
    found: defaultdict[str, list[tuple[Mapping[str, str], Sequence[Case]]]] = defaultdict(list)
    for shop, sample in series:
        if sample.evidence:
            found[sample.metric.name].append((sample.labelled(shop), sample.evidence))
    return found


def vector(result: object) -> list[Value]:
    """A rule's result; a number counts as one element without labels."""
    if isinstance(result, list):
        return result
    if isinstance(result, float | int):
        return [Value({}, float(result))]
    raise EvaluationError("rule result is not a vector or scalar")


def labelled(rule: Rule, now: Instant, name: Mapping[str, str]) -> list[tuple[Value, dict[str, str]]]:
    """The rule's values, each with the labels of its alert or new series; `name` is the label that names it."""
    values = vector(rule.expression.run(now))
    if rule.limit and len(values) > rule.limit:
        raise EvaluationError(
            f"exceeded limit of {rule.limit} with {len(values)} {'series' if rule.records else 'alerts'}"
        )
    found = [(value, _labels(rule, value, name)) for value in values]
    if len({frozenset(labels.items()) for _, labels in found}) < len(found):
        raise EvaluationError("vector contains metrics with the same labelset after applying the rule's labels")
    return found


def _labels(rule: Rule, value: Value, name: Mapping[str, str]) -> dict[str, str]:
    own = {
        label: text.text if rule.records else text.expand(value.labels, value.value)
        for label, text in rule.labels.items()
    }
    merged = {**without_name(value.labels), **own, **name}
    return {label: text for label, text in merged.items() if text}


def agree(labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Do both say the same wherever both say something?"""
    return all(others.get(name, text) == text for name, text in labels.items())


def evidence(selectors: Iterable[Selector], labels: Mapping[str, str], cases: Cases) -> tuple[Case, ...]:
    """The cases of the samples that are selected and agree with the labels: oldest first, each once, the first 20."""
    found: dict[Case, None] = {}
    for selector in selectors:
        for sample_labels, its_cases in cases.get(selector.name or "", ()):
            if selector.accepts(sample_labels) and agree(sample_labels, labels):
                found.update(dict.fromkeys(its_cases))
    return tuple(sorted(found, key=lambda case: case.since or _NEVER)[:MOST_CASES])
