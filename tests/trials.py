"""promtool's unit-test files, run through our own judge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from exporter import alerts
from exporter.model import Metric, Sample
from exporter.rules import Rulebook
from exporter.units import seconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOKBACK = 300.0
_RUN = re.compile(r"(?P<first>-?[\w.]+?)(?:(?P<step>[+-][\d.]+))?x(?P<times>\d+)")

Told = tuple[Mapping[str, str], Mapping[str, str]]
"""Labels and annotations of one firing alert."""


@dataclass(frozen=True)
class Trial:
    """One `alert_rule_test` with what came of it."""

    test: str
    alert: str
    at: str
    expected: list[Told]
    found: list[Told]

    def __str__(self) -> str:
        return f"{self.test}: {self.alert} at {self.at}"


def run(path: Path) -> Iterator[Trial]:
    """Every alert trial of one file."""
    file = yaml.safe_load(path.read_text(encoding="utf-8"))
    rulebook = Rulebook.load([str(path.parent / pattern) for pattern in file["rule_files"]])
    every = seconds(file.get("evaluation_interval", "1m"))
    for test in file["tests"]:
        yield from _trials(rulebook, test, every)


def _trials(rulebook: Rulebook, test: dict[str, Any], every: float) -> Iterator[Trial]:
    wanted = sorted(test.get("alert_rule_test", []), key=lambda trial: seconds(trial["eval_time"]))
    step = seconds(test.get("interval", every))
    series = [(_labels(each["series"]), values(str(each["values"]))) for each in test["input_series"]]
    active, at = {}, 0.0
    for trial in wanted:
        while at <= seconds(trial["eval_time"]):
            now = EPOCH + timedelta(seconds=at)
            judgement = rulebook.judge(_current(series, step, at), now)
            assert not judgement.failed, judgement.failed
            active, _ = alerts.step(active, judgement.findings, now)
            at += every
        firing = [alert for alert in active.values() if alert.status == "firing"]
        yield Trial(
            test.get("name", ""),
            trial["alertname"],
            trial["eval_time"],
            _sorted(_expected(each, trial["alertname"]) for each in trial.get("exp_alerts") or []),
            _sorted((a.labels, a.annotations) for a in firing if a.labels["alertname"] == trial["alertname"]),
        )


def _expected(alert: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return {"alertname": name, **alert.get("exp_labels", {})}, alert.get("exp_annotations", {})


def _sorted(told: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Told]:
    texts = [({k: str(v) for k, v in labels.items()}, {k: str(v) for k, v in notes.items()}) for labels, notes in told]
    return sorted(texts, key=lambda pair: sorted(pair[0].items()))


def _labels(series: str) -> dict[str, str]:
    selector = promql_parser.parse(series)
    return {"__name__": selector.name, **{each.name: each.value for each in selector.matchers.matchers}}


def values(notation: str) -> list[float | str | None]:
    """`0+1x3 _ stale` → one value for each interval; None where there is no sample."""
    made: list[float | str | None] = []
    for word in notation.split():
        run = _RUN.fullmatch(word)
        if run and run["first"] == "_":
            made += [None] * int(run["times"])
        elif run:
            made += [float(run["first"]) + n * float(run["step"] or 0) for n in range(int(run["times"]) + 1)]
        else:
            made.append(None if word == "_" else word if word == "stale" else float(word))
    return made


def _current(
    series: list[tuple[dict[str, str], list[float | str | None]]], step: float, at: float
) -> list[tuple[str, Sample]]:
    """What an instant query sees: the newest sample, unless it is stale or older than the lookback."""
    found = []
    for labels, numbers in series:
        past = [(n, number) for n, number in enumerate(numbers[: int(at // step) + 1]) if number is not None]
        if past and past[-1][1] != "stale" and at - past[-1][0] * step <= LOOKBACK:
            names = tuple(name for name in labels if name != "__name__")
            metric = Metric(labels["__name__"], "A metric of a trial.", names)
            found.append(("", Sample(metric, float(past[-1][1] or 0), tuple(labels[name] for name in names))))
    return found
