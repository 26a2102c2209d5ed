"""All rules together: what holds now, and why a rule cannot tell."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from exporter.model import Alert, Finding
from exporter.promql import EvaluationError, Instant, Samples, Selector, Value, nameless
from exporter.rules import evaluation, files
from exporter.rules.picture import Cases, Series, Values
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
    value_now: Callable[[Alert], float | None]
    """What the alert's rule compares, also when it no longer holds; None when that is not exactly one number."""


class Rulebook:
    """The rules of all files. A rule's name is its alert's; where several share that, more is added to each."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        named = dict(zip(names(rules), rules, strict=True))
        self._alerts = {name: rule for name, rule in named.items() if not rule.records}
        self._records = {name: rule for name, rule in named.items() if rule.records}
        self._behind: defaultdict[str, tuple[Selector, ...]] = defaultdict(tuple)
        for rule in self._records.values():
            self._behind[rule.title] += self._sources(rule)
        self._selectors = {name: self._sources(rule) for name, rule in self._alerts.items()}
        self._read = frozenset[str]().union(*(rule.reads for rule in rules))
        self._values = Values()
        self._quiet: dict[str, list[list[Value]]] = {}

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

    def readers(self, metrics: Collection[str]) -> frozenset[str]:
        """The alerting rules that depend on any of these metrics, be it through recording rules."""
        return frozenset(
            name for name, selectors in self._selectors.items() if any(each.name in metrics for each in selectors)
        )

    def inputs(self, rule: str) -> frozenset[str]:
        """The metrics that an alerting rule depends on, not counting what recording rules make."""
        recorded = {each.title for each in self._records.values()}
        return frozenset(each.name for each in self._selectors[rule] if each.name and each.name not in recorded)

    def judge(self, series: Series, at: datetime) -> Judgement:
        """Evaluates every rule over the samples of one instant; a rule that fails does not disturb the others."""
        failed: dict[str, str] = {}
        series = [each for each in series if each[1].metric.name in self._read]
        now, broken = self._recorded(self._values.of(series), at, failed)
        cases = Cases(series)
        findings: list[Finding] = []
        for name, rule in self._alerts.items():
            try:
                _refuse_broken(rule, broken)
                findings += self._findings(name, rule, now, cases)
            except EvaluationError as error:
                failed[name] = str(error)
            except Exception as error:  # noqa: BLE001 - one rule that breaks disturbs no other
                failed[name] = f"fault in the evaluation itself: {error!r}"
        measured = cache(lambda name: self._measured(name, now))
        return Judgement(findings, failed, lambda alert: _only(measured(alert.rule), alert.labels))

    def _measured(self, name: str, now: Instant) -> list[Value]:
        try:
            return evaluation.vector(self._alerts[name].expression.measured(now)) if name in self._alerts else []
        except EvaluationError:
            return []

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
        read = [now.samples.instant(selector, 0, now.ms) for selector in rule.expression.selectors]
        if self._quiet.get(name) == read:  # most rules, most of the time: nothing has changed, and nothing held
            self._quiet[name] = read  # the same objects as the next round's, where the former would be kept beside them
            return
        found = evaluation.labelled(rule, now, {"alertname": rule.title})
        self._quiet.pop(name, None)
        if not found and rule.expression.timeless:
            self._quiet[name] = read
        for value, labels in found:
            yield Finding(
                rule=name,
                labels=labels,
                value=value.value,
                annotations={key: text.expand(value.labels, value.value) for key, text in rule.annotations.items()},
                evidence=cases.evidence(self._selectors[name], nameless(value.labels)),
                wait=rule.wait,
                keep=rule.keep,
            )


def _only(values: Sequence[Value], labels: Mapping[str, str]) -> float | None:
    fitting = [each.value for each in values if evaluation.agree(nameless(each.labels), labels)]
    return fitting[0] if len(fitting) == 1 and not math.isnan(fitting[0]) else None


def _refuse_broken(rule: Rule, broken: Mapping[str, str]) -> None:
    for metric in sorted(rule.reads & broken.keys()):
        raise EvaluationError(f"{metric}, which it reads, could not be recorded: {broken[metric]}")
