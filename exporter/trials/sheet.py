"""A file of tests as promtool reads it: every fault at once, each with its place and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from exporter.model import External
from exporter.promql import NEWEST, Expression, PromqlError, Version, compiled
from exporter.rules import RuleFaultError
from exporter.rules.reader import Reader
from exporter.trials import notation
from exporter.yamlfile import Document, Unreadable

_FILE = frozenset({"rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests"})
_TEST = frozenset(
    {"name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url"}
)
_MINUTE = 60.0
_T = TypeVar("_T")


class TrialFaultError(RuleFaultError):
    """The file of tests cannot be used; its lines are like those of a rule file."""


@dataclass(frozen=True, slots=True)
class Told:
    """A firing alert with what it says."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlertTrial:
    """Exactly these alerts of that name fire at that time, in seconds from the start."""

    alert: str
    at: float
    expected: Sequence[Told]


@dataclass(frozen=True, slots=True)
class QueryTrial:
    """The expression has exactly these elements at that time."""

    expression: Expression
    at: float
    expected: Sequence[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class Test:
    """`series` are labels with one value for each `interval` seconds."""

    name: str
    interval: float
    series: Sequence[tuple[Mapping[str, str], Sequence[float | None]]]
    alerts: Sequence[AlertTrial]
    queries: Sequence[QueryTrial]
    external: External


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: `rules` are patterns of the rule files, `every` seconds they are judged; `near` lets values differ
    in their last digit; `version` is the major one of the Prometheus that is followed.
    """

    rules: Sequence[str]
    every: float
    order: Sequence[str]
    near: bool
    tests: Sequence[Test]
    version: Version

    @classmethod
    def read(cls, path: Path, version: Version = NEWEST) -> Self:
        """Raises `TrialFaultError`."""
        if not path.is_file():
            raise TrialFaultError([f"{path}: there is no such file; name one that holds tests of rules"])
        try:
            document = Document.read(path, as_text=True)
        except Unreadable as error:
            raise TrialFaultError([str(error)]) from None
        faults = [f"{path.name}:{fault.line}: {fault.place[-1]} {fault.text}" for fault in document.faults]
        file = Reader(document, path.name, faults, {}).below(data=document.data or {})
        sheet = cls._of(file, path.parent, version)
        if faults:
            raise TrialFaultError(faults)
        return sheet

    @classmethod
    def _of(cls, file: Reader, folder: Path, version: Version) -> Self:
        file.refuse_others(_FILE)
        every = file.duration("evaluation_interval") or _MINUTE
        order = _texts(file, "group_eval_order")
        for name in {each for each in order if order.count(each) > 1}:
            file.fault("group_eval_order", f"names {name!r} more than once; name each group once")
        if not file.data.get("tests"):
            file.fault("tests", "is missing; write `tests:` and below it `- input_series: …`")
        return cls(
            rules=[str(folder / pattern) for pattern in _texts(file, "rule_files")],
            every=every,
            order=order,
            near=_flag(file, "fuzzy_compare"),
            tests=[_test(each, every, version) for each in _each(file, "tests")],
            version=version,
        )


def _test(reader: Reader, every: float, version: Version) -> Test:
    name = reader.text("name")
    test = reader.below(data=reader.data, owner=f': test "{name}"' if name else "")
    test.refuse_others(_TEST)
    return Test(
        name=name,
        interval=test.duration("interval") or every,
        series=[_series(each) for each in _each(test, "input_series")],
        alerts=[_alert(each) for each in _each(test, "alert_rule_test")],
        queries=[query for each in _each(test, "promql_expr_test") if (query := _query(each, version))],
        external=External(_labels(test, "external_labels"), test.text("external_url")),
    )


def _series(series: Reader) -> tuple[Mapping[str, str], Sequence[float | None]]:
    series.refuse_others({"series", "values"})
    return _made(series, "series", notation.labels, "{}"), _made(series, "values", notation.values, "")


def _alert(trial: Reader) -> AlertTrial:
    trial.refuse_others({"eval_time", "alertname", "exp_alerts"})
    name = trial.text("alertname")
    if not name:
        trial.fault("alertname", "is missing; write which alert is expected")
    expected = []
    for each in _each(trial, "exp_alerts"):
        each.refuse_others({"exp_labels", "exp_annotations"})
        labels = {**_labels(each, "exp_labels"), "alertname": name}
        expected.append(Told(labels, _labels(each, "exp_annotations")))
    return AlertTrial(name, trial.duration("eval_time"), expected)


def _query(trial: Reader, version: Version) -> QueryTrial | None:
    trial.refuse_others({"expr", "eval_time", "exp_samples"})
    expected: list[tuple[Mapping[str, str], float]] = []
    for each in _each(trial, "exp_samples"):
        each.refuse_others({"labels", "value"})
        expected.append((_made(each, "labels", notation.labels, "{}"), _made(each, "value", notation.number, "0")))
    try:
        expression = compiled(trial.text("expr"), version)
    except PromqlError as error:
        trial.fault("expr", str(error))
        return None
    return QueryTrial(expression, trial.duration("eval_time"), expected)


def _each(reader: Reader, key: str) -> list[Reader]:
    return [reader.below(key, number, data=data) for number, data in enumerate(reader.listed(key))]


def _texts(reader: Reader, key: str) -> list[str]:
    return [each for each in reader.listed(key) if isinstance(each, str)]


def _labels(reader: Reader, key: str) -> Mapping[str, str]:
    labels = reader.below(key, data=reader.data.get(key))
    return {name: text for name in labels.data if (text := labels.text(name))}


def _made(reader: Reader, key: str, make: Callable[[str], _T], none: str) -> _T:
    """`none` is what stands for a text that is missing or wrong."""
    text = reader.text(key)
    try:
        return make(text or none)
    except ValueError as error:
        reader.fault(key, str(error))
        return make(none)


def _flag(reader: Reader, key: str) -> bool:
    text = reader.text(key)
    if text not in ("", "true", "false"):
        reader.fault(key, f"{text!r} is neither true nor false")
    return text == "true"
