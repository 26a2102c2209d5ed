"""What a failed test says, worded and laid out as promtool does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporter.rules.durations import written
from exporter.rules.templates.formats import printf
from exporter.trials.sheet import AlertTrial, QueryTrial, Told

_UNITS = ((3600, "h"), (60, "m"), (1, "s"))
Samples = Sequence[tuple[Mapping[str, str], float]]


def alerts(test: str, trial: AlertTrial, wanted: Sequence[Told], got: Sequence[Told]) -> str:
    name = f"    name: {test},\n" if test else ""
    head = f"{name}    alertname: {trial.alert}, time: {written(trial.at)}, "
    return f"{head}\n        exp:{_told(wanted)}, \n        got:{_told(got)}"


def samples(trial: QueryTrial, wanted: Samples, got: Samples) -> str:
    return f"{_head(trial)},\n        exp: {_samples(wanted)}\n        got: {_samples(got)}"


def unanswered(trial: QueryTrial, why: str) -> str:
    return f"{_head(trial)}, err: {why}"


def broken(rule: str, at: float, why: str) -> str:
    return f"    rule: {rule}, time: {_duration(at)}, err: {why}"


def _head(trial: QueryTrial) -> str:
    return f"    expr: {printf('%q', trial.expression.text)}, time: {written(trial.at)}"


def _told(told: Sequence[Told]) -> str:
    if not told:
        return "[]"
    each = [
        f"            {number}:\n"
        f"              Labels:{_labels(one.labels)}\n"
        f"              Annotations:{_labels(one.annotations)}"
        for number, one in enumerate(told)
    ]
    return "[\n" + ",\n".join(each) + "\n            ]"


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={printf('%q', text)}" for name, text in sorted(labels.items())) + "}"


def _samples(told: Samples) -> str:
    return ", ".join(f"{_labels(labels)} {_exact(value)}" for labels, value in told) or "nil"


def _exact(value: float) -> str:
    """Go's `E` with as many digits as it takes: `1.5E+00`."""
    text = printf("%v", value)
    if text in ("NaN", "+Inf", "-Inf"):
        return text
    digits = next(each for each in (f"{value:.{n}E}" for n in range(18)) if float(each) == value)
    mantissa, _, power = digits.partition("E")
    return f"{mantissa}E{int(power):+03d}"


def _duration(at: float) -> str:
    """As Go writes durations: `1h0m30s`."""
    text, rest = "", at
    for length, unit in _UNITS:
        amount, rest = divmod(rest, length) if unit != "s" else (rest, 0)
        text += f"{amount:g}{unit}" if text or amount or unit == "s" else ""
    return text
