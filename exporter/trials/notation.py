"""How tests write series and their values: `up{job="x"}` and `0+1x10 _ stale`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import promql_parser

from exporter.promql import STALE

MOST_VALUES = 1_000_000

_NUMBER = r"(?:(?i:inf|nan)|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_RUN = re.compile(rf"(?P<first>[+-]?{_NUMBER}|_|stale)(?:(?P<step>[+-]{_NUMBER})?x(?P<times>\d{{1,9}}))?", re.ASCII)


def number(text: str) -> float:
    """A number as YAML or PromQL writes it, `.inf` among them; ValueError otherwise."""
    plain = re.sub(r"^([+-]?)\.(?=[a-zA-Z])", r"\1", text)
    if re.fullmatch(rf"[+-]?{_NUMBER}", plain, re.ASCII) is None:
        raise ValueError(f"{text!r} is not a number; write for example 1, -2.5, 1e6 or NaN")
    return float(plain)


def values(notation: str) -> list[float | None]:
    """One value for each interval; None where there is no sample. ValueError says what to write instead."""
    made: list[float | None] = []
    for word in notation.split():
        run = _RUN.fullmatch(word)
        if run is None or (run["step"] and run["first"] in ("_", "stale")):
            raise ValueError(f"{word!r} is no value; write for example 1, 0+10x5, 3x4, _, _x3 or stale")
        times = int(run["times"] or 0)
        if len(made) + times > MOST_VALUES:
            raise ValueError(f"{word!r} makes more than {MOST_VALUES} values; write fewer")
        if run["first"] == "_":
            made += [None] * (times if run["times"] else 1)
            continue
        value = STALE if run["first"] == "stale" else number(run["first"])
        step = number(run["step"]) if run["step"] else 0.0
        made.append(value)
        for _ in range(times):  # added up one by one, as promtool does it
            value = value + step if step else value
            made.append(value)
    return made


def labels(series: str) -> Mapping[str, str]:
    """The labels of `up{job="x"}`, its name as `__name__`. ValueError says what to write instead."""
    if re.fullmatch(r"\s*\{\s*\}\s*", series):
        return {}
    try:
        parsed = promql_parser.parse(series)
    except ValueError as error:
        raise ValueError(f'{series!r} is no series: {error}; write for example up{{job="x"}}') from None
    if not isinstance(parsed, promql_parser.VectorSelector) or parsed.offset or parsed.at:
        raise ValueError(f'{series!r} is no series; write for example up{{job="x"}}')
    matchers = parsed.matchers.matchers
    if any(str(each.op) != "MatchOp.Equal" for each in matchers):
        raise ValueError(f'{series!r} is no series; write its labels with `=`, for example up{{job="x"}}')
    named = {"__name__": parsed.name} if parsed.name else {}
    return {**named, **{each.name: each.value for each in matchers if each.value}}
