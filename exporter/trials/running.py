"""A sheet's tests through our own judge: what differs from what is expected, in promtool's words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from exporter import alerts
from exporter.metrics import alert_series
from exporter.model import Alert, AlertKey
from exporter.promql import STALE, EvaluationError, History, Instant
from exporter.rules import Rule, Rulebook, evaluation, read_rules
from exporter.trials import telling
from exporter.trials.sheet import AlertTrial, QueryTrial, Sheet, Test, Told

_START = datetime(1970, 1, 1, tzinfo=UTC)


def failures(sheet: Sheet) -> list[str]:
    """What every failed test of the sheet says; empty when all is as expected. Raises `RuleFaultError`."""
    # promtool judges every group at each evaluation, whatever its own interval.
    rules = [replace(rule, every=0.0) for rule in read_rules(sheet.rules, sheet.version)]
    place = {name: number for number, name in enumerate(sheet.order)}
    rules.sort(key=lambda rule: place.get(rule.group, len(place)))
    return [failure for test in sheet.tests for failure in _Run(sheet, test, rules).failures()]


class _Run:
    def __init__(self, sheet: Sheet, test: Test, rules: Sequence[Rule]) -> None:
        self._sheet, self._test = sheet, test
        self._book = Rulebook(rules, test.external, version=sheet.version)
        self._history = History()
        self._fed = [0] * len(test.series)
        self._active: dict[AlertKey, Alert] = {}
        self._told: dict[frozenset[tuple[str, str]], Mapping[str, str]] = {}

    def failures(self) -> list[str]:
        """Ends with the first evaluation in which a rule fails, as promtool does."""
        every, test = self._sheet.every, self._test
        found: list[str] = []
        last = max([0.0, *(each.at for each in test.alerts), *(each.at for each in test.queries)])
        for number in range(int(last // every) + 1):
            if failed := self._judge(number * every):
                return found + failed
            due = [each for each in test.alerts if number * every <= each.at < (number + 1) * every]
            found += [failure for trial in due for failure in self._alerts(trial)]
        return found + [failure for trial in test.queries for failure in self._query(trial)]

    def _judge(self, at: float) -> list[str]:
        now = _START + timedelta(seconds=at)
        self._feed(at)
        judgement = self._book.judge_past(self._history, now)
        self._active, _ = alerts.step(self._active, judgement.findings, now)
        self._tell(at)
        return [telling.broken(rule, at, why) for rule, why in judgement.failed.items()]

    def _feed(self, at: float) -> None:
        """The values up to this time."""
        end = int(at // self._test.interval) + 1
        for number, (labels, values) in enumerate(self._test.series):
            for place in range(self._fed[number], min(end, len(values))):
                value = values[place]
                if value is not None:
                    self._history.append(labels, place * self._test.interval, value)
            self._fed[number] = end

    def _tell(self, at: float) -> None:
        """ALERTS and ALERTS_FOR_STATE, which rules see the next time."""
        told: dict[frozenset[tuple[str, str]], Mapping[str, str]] = {}
        for sample in alert_series(self._active.values()):
            labels = {**sample.labelled(""), "__name__": sample.metric.name}
            told[frozenset(labels.items())] = labels
            self._history.append(labels, at, sample.value)
        for gone in self._told.keys() - told.keys():
            self._history.append(self._told[gone], at, STALE)
        self._told = told

    def _alerts(self, trial: AlertTrial) -> Iterator[str]:
        firing = [each for each in self._active.values() if each.status == "firing"]
        found = [Told(each.labels, each.annotations) for each in firing if each.labels["alertname"] == trial.alert]
        wanted, got = _sorted(trial.expected), _sorted(found)
        if wanted != got:
            yield telling.alerts(self._test.name, trial, wanted, got)

    def _query(self, trial: QueryTrial) -> Iterator[str]:
        try:
            found = evaluation.vector(trial.expression.run(Instant(self._history, trial.at)))
        except EvaluationError as error:
            yield telling.unanswered(trial, str(error))
            return
        wanted = sorted(trial.expected, key=lambda pair: sorted(pair[0].items()))
        got = sorted(((value.labels, value.value) for value in found), key=lambda pair: sorted(pair[0].items()))
        same = len(wanted) == len(got) and all(
            labels == others and self._same(value, other)
            for (labels, value), (others, other) in zip(wanted, got, strict=True)
        )
        if not same:
            yield telling.samples(trial, wanted, got)

    def _same(self, one: float, other: float) -> bool:
        near = self._sheet.near and other in (math.nextafter(one, math.inf), math.nextafter(one, -math.inf))
        return one == other or near


def _sorted(told: Iterable[Told]) -> list[Told]:
    return sorted(told, key=lambda each: (sorted(each.labels.items()), sorted(each.annotations.items())))
