"""All rules together: what holds now, and why a rule cannot tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from exporter.model import Alert, External, Finding
from exporter.promql import NEWEST, EvaluationError, History, Instant, Selector, Value, Version, nameless
from exporter.rules import evaluation
from exporter.rules.loading import read_rules
from exporter.rules.pace import Pace
from exporter.rules.past import Past, reaches, reads, scraped
from exporter.rules.picture import Cases, Series
from exporter.rules.rounds import Round
from exporter.rules.rule import Rule, names
from exporter.rules.templates import NOBODY


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holds, and for each rule that could not be evaluated why: of its alerts nothing is known now.

    `waiting` are the rules whose group is not due: they were not looked at, and their alerts stay as they are.
    """

    findings: list[Finding]
    failed: Mapping[str, str]
    waiting: frozenset[str]
    value_now: Callable[[Alert], float | None]
    """What the alert's rule compares, also when it no longer holds; None when that is not exactly one number."""


Labels = Mapping[str, str]
_NO_TARGET: Labels = {}


class Rulebook:
    """The rules of all files. A rule's name is its alert's; where several share that, more is added to each."""

    def __init__(
        self, rules: Sequence[Rule], external: External = NOBODY, target: Labels = _NO_TARGET, version: Version = NEWEST
    ) -> None:
        self._external, self._target, self._version = external, target, version
        self._rules = dict(zip(names(rules), rules, strict=True))
        self._alerts = {name: rule for name, rule in self._rules.items() if not rule.records}
        self._order = {name: number for number, name in enumerate(self._rules)}
        self._behind: defaultdict[str, tuple[Selector, ...]] = defaultdict(tuple)
        for rule in rules:
            if rule.records:
                self._behind[rule.title] += rule.expression.selectors
        self._selectors = {name: self._sources(rule) for name, rule in self._alerts.items()}
        self._reach = reaches(self._rules)
        self._read = frozenset[str]().union(*(rule.reads for rule in rules))
        self._pace, self._asks = Pace(), any(rule.asks for rule in rules)
        self._past = Past(reads(rules), target, everything=self._asks)
        self._quiet: dict[str, tuple[tuple[int, int], ...]] = {}
        self._failed: dict[str, str] = {}
        self._made: defaultdict[str, dict[str, Sequence[Value]]] = defaultdict(dict)

    @classmethod
    def load(
        cls,
        patterns: Sequence[str],
        external: External = NOBODY,
        target: Labels = _NO_TARGET,
        version: Version = NEWEST,
    ) -> Rulebook:
        """The rules of all files that these patterns match, over series with the labels of this target of a scrape.

        `version`: the major one of the Prometheus that they are judged like. Raises `RuleFaultError` with all faults.
        """
        return cls(read_rules(patterns, version), external, target, version)

    def inherit(self, before: Rulebook) -> None:
        """Goes on with the past that was noted for other rules, as far as these need it."""
        self._past.inherit(before._past)
        self._made.update((title, made) for title, made in before._made.items() if title in self._behind)

    def anew(self) -> Rulebook:
        """The same rules without a past: nobody has looked for a while."""
        return Rulebook(list(self._rules.values()), self._external, self._target, self._version)

    @property
    def history(self) -> History:
        """What is kept of the past, for those who tell how much that is."""
        return self._past.history

    def outlives_past(self, alert: Alert, at: datetime) -> bool:
        """Whether the alert is older than the past that is known, and that too short to tell that it has recovered."""
        began = self._past.began
        return alert.since.timestamp() < began and at.timestamp() - began < self._reach.get(alert.rule, 0.0)

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
        return frozenset(each.name for each in self._selectors[rule] if each.name and each.name not in self._behind)

    def judge(self, series: Series, at: datetime, *, complete: bool = True) -> Judgement:
        """Evaluates the rules that are due, in order; a rule that fails does not disturb the others.

        What a recording rule has made is seen by the rules behind it now, and by those before it the next time.
        Until `complete`, which says that all probes have run once, nothing is absent.
        """
        series = [each for each in series if self._asks or each[1].metric.name in self._read]
        self._past.take(series, at.timestamp(), complete=complete)
        cases = Cases(series, lambda shop, sample: scraped(shop, sample, self._target))
        return self._judged(Round(self._past.history, at, self._external, cases, self._version), at)

    def judge_past(self, history: History, at: datetime) -> Judgement:
        """The same over a history that was filled elsewhere."""
        self._quiet.clear()
        return self._judged(Round(history, at, self._external, Cases(()), self._version), at)

    def _judged(self, round_: Round, at: datetime) -> Judgement:
        waiting = self._pace.waiting(self._rules, at)
        findings: list[Finding] = []
        for name, rule in self._rules.items():
            if name not in waiting:
                findings += self._one(name, rule, round_)
        measured = cache(lambda name: self._measured(name, round_.now))
        return Judgement(
            findings,
            dict(self._failed),
            waiting & self._alerts.keys(),
            lambda alert: evaluation.only(measured(alert.rule), alert.labels),
        )

    def _one(self, name: str, rule: Rule, round_: Round) -> list[Finding]:
        """What one rule finds, or why it cannot tell; a recording rule finds nothing, but is seen from now on."""
        self._failed.pop(name, None)
        try:
            self._refuse_broken(name, rule)
            if not rule.records:
                return list(self._findings(name, rule, round_))
            made = evaluation.labelled(rule, round_.now, {"__name__": rule.title})
            before, new = self._made[rule.title].get(name, ()), [Value(labels, value.value) for value, labels in made]
            self._made[rule.title][name] = new
            round_.record(new, before)
        except EvaluationError as error:
            self._failed[name] = str(error)
        except Exception as error:  # noqa: BLE001 - one rule that breaks disturbs no other
            self._failed[name] = f"fault in the evaluation itself: {error!r}"
        return []

    def _refuse_broken(self, name: str, rule: Rule) -> None:
        for broken, why in self._failed.items():
            other = self._rules[broken]
            # Two recording rules may read each other, and must not hold each other back for ever.
            later = rule.records and self._order[broken] > self._order[name]
            if other.records and other.title in rule.reads and not later:
                raise EvaluationError(f"{other.title}, which it reads, could not be recorded: {why}")

    def _measured(self, name: str, now: Instant) -> list[Value]:
        try:
            return evaluation.vector(self._alerts[name].expression.measured(now)) if name in self._alerts else []
        except EvaluationError:
            return []

    def _sources(self, rule: Rule) -> tuple[Selector, ...]:
        """The rule's selectors, and those of the recording rules behind them."""
        found = list(rule.expression.selectors)
        for each in found:  # it grows meanwhile
            found += (made for made in self._behind.get(each.name or "", ()) if made not in found)
        return tuple(found)

    def _depends_on_values(self, rule: Rule) -> bool:
        """Not on time as well: what a rule records ends by itself, when its group is judged too seldom."""
        return rule.expression.timeless and not rule.reads & self._behind.keys()

    def _findings(self, name: str, rule: Rule, round_: Round) -> Iterator[Finding]:
        read = round_.history.news(rule.reads) if self._depends_on_values(rule) else ()
        if read and self._quiet.get(name) == read:  # most rules, most of the time: nothing has changed, nothing held
            return
        found = evaluation.labelled(rule, round_.now, {"alertname": rule.title}, round_.scene)
        self._quiet.pop(name, None)
        if read and not found:
            self._quiet[name] = read
        for value, labels in found:
            yield Finding(
                rule=name,
                labels=labels,
                value=value.value,
                annotations={
                    key: text.expand(value.labels, value.value, round_.scene) for key, text in rule.annotations.items()
                },
                evidence=round_.cases.evidence(self._selectors[name], nameless(value.labels)),
                wait=rule.wait,
                keep=rule.keep,
            )
