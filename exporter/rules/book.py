"""All rules together: what holds now, and why a rule cannot tell."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from exporter.model import Alert, Finding
from exporter.promql import EvaluationError, Instant, Samples, Selector, Value, nameless
from exporter.rules import evaluation, files
from exporter.rules.evaluation import Cases, Series
from exporter.rules.rule import Rule, doubled, names, recorded_too_late


class RuleFaultError(ValueError):
    """The rule files cannot be used; `faults` are lines like `rules/x.yml:7: group "g": alert "A": what; remedy`."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holds, and for each rule that could not be evaluated why: of its alerts nothing is known now."""

    findings: list[Finding]
    failed: Mapping[str, str]


class Rulebook:
    """The rules of all files. A rule's name is its alert's; where several share that, more is added to each."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        named = dict(zip(names(rules), rules, strict=True))
        self._alerts = {name: rule for name, rule in named.items() if not rule.records}
        self._records = {name: rule for name, rule in named.items() if rule.records}
        self._behind: defaultdict[str, tuple[Selector, ...]] = defaultdict(tuple)
        for rule in self._records.values():
            self._behind[rule.title] += self._sources(rule)

    @classmethod
    def load(cls, patterns: Sequence[str]) -> Rulebook:
        """The rules of every file that a pattern matches. Raises `RuleFaultError` with all faults of all files."""
        faults: list[str] = []
        rules = [rule for path in files.paths(patterns, faults) for rule in files.read(path, faults)]
        faults += [*doubled(rules), *recorded_too_late([rule for rule in rules if rule.records])]
        if faults:
            raise RuleFaultError(faults)
        return cls(rules)

    def names(self) -> tuple[str, ...]:
        """The alerting rules, in the order of the files."""
        return tuple(self._alerts)

    def rule(self, name: str) -> Rule:
        return self._alerts[name]

    def inputs(self, name: str) -> frozenset[str]:
        """The metrics an alerting rule depends on, those behind its recording rules among them."""
        return frozenset(selector.name for selector in self._sources(self._alerts[name]) if selector.name)

    def judge(self, series: Series, at: datetime) -> Judgement:
        """Evaluates every rule over the samples of one instant; a rule that fails does not disturb the others."""
        picture = list(series)
        failed: dict[str, str] = {}
        now, broken = self._recorded(evaluation.samples_of(picture), at, failed)
        cases = evaluation.cases_of(picture)
        findings: list[Finding] = []
        for name, rule in self._alerts.items():
            try:
                _refuse_broken(rule, broken)
                findings += self._findings(name, rule, now, cases)
            except EvaluationError as error:
                failed[name] = str(error)
        return Judgement(findings, failed)

    def value_now(self, alert: Alert, series: Series, at: datetime) -> float | None:
        """What the alert's rule compares, also when it no longer holds; None when that is not exactly one number."""
        rule = self._alerts.get(alert.rule)
        if rule is None:
            return None
        now, _ = self._recorded(evaluation.samples_of(series), at, {})
        try:
            values = evaluation.vector(rule.expression.measured(now))
        except EvaluationError:
            return None
        fitting = [each.value for each in values if evaluation.agree(nameless(each.labels), alert.labels)]
        return fitting[0] if len(fitting) == 1 and not math.isnan(fitting[0]) else None

    def _sources(self, rule: Rule) -> tuple[Selector, ...]:
        """The rule's selectors, and those of the recording rules behind them."""
        own = rule.expression.selectors
        return tuple(dict.fromkeys((*own, *(made for each in own for made in self._behind.get(each.name or "", ())))))

    def _recorded(self, samples: Samples, at: datetime, failed: dict[str, str]) -> tuple[Instant, Mapping[str, str]]:
        """The samples with what recording rules make of them; the metrics that could not be made, with the reason."""
        broken: dict[str, str] = {}
        for name, rule in self._records.items():
            now = Instant(samples, at.timestamp())
            try:
                _refuse_broken(rule, broken)
                made = evaluation.labelled(rule, now, {"__name__": rule.title})
            except EvaluationError as error:
                failed[name] = broken[rule.title] = str(error)
            else:
                samples = samples.joined(rule.title, (Value(labels, value.value) for value, labels in made))
        return Instant(samples, at.timestamp()), broken

    def _findings(self, name: str, rule: Rule, now: Instant, cases: Cases) -> Iterator[Finding]:
        for value, labels in evaluation.labelled(rule, now, {"alertname": rule.title}):
            yield Finding(
                rule=name,
                labels=labels,
                value=value.value,
                annotations={key: text.expand(value.labels, value.value) for key, text in rule.annotations.items()},
                evidence=evaluation.evidence(self._sources(rule), nameless(value.labels), cases),
                wait=rule.wait,
                keep=rule.keep,
            )


def _refuse_broken(rule: Rule, broken: Mapping[str, str]) -> None:
    for metric in sorted(rule.reads & broken.keys()):
        raise EvaluationError(f"{metric}, which it reads, could not be recorded: {broken[metric]}")
