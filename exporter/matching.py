"""Labels matched as Alertmanager does: by equality or by a regular expression, or by the contrary of either."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


Operator = Literal["=", "!=", "=~", "!~"]
_OPERATORS: tuple[Operator, ...] = ("=~", "!~", "!=", "=")


@dataclass(frozen=True)
class Matcher:
    """One label; a label that an alert does not have is the empty text. An expression is anchored at both ends."""

    label: str
    operator: Operator
    value: str

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Raises re.error."""
        return re.compile(self.value)

    def takes(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.label, "")
        same = found == self.value if self.operator in {"=", "!="} else bool(self.expression.fullmatch(found))
        return same == (self.operator in {"=", "=~"})

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{escaped}"'


def matcher(label: str, text: str) -> Matcher:
    """`("severity", "=~critical|warning")`: the value begins with its operator; without one it must be equal.

    Raises ValueError, which says what to write instead.
    """
    if not _NAME.fullmatch(label):
        raise ValueError(f"{label!r} is no name of a label; write for example severity")
    operator: Operator = next((each for each in _OPERATORS if text.startswith(each)), "=")
    found = Matcher(label, operator, text.removeprefix(operator))
    if operator in {"=~", "!~"}:
        try:
            re.compile(found.value)
        except re.error as error:
            raise ValueError(
                f"{found.value!r} is no regular expression ({error}); write for example =~critical|warning"
            ) from None
    return found


@dataclass(frozen=True)
class Matchers:
    """Takes labels that every one of them takes; none at all takes everything."""

    all: tuple[Matcher, ...] = ()

    def takes(self, labels: Mapping[str, str]) -> bool:
        return all(each.takes(labels) for each in self.all)

    def __str__(self) -> str:
        """As Alertmanager writes it: `{alertname="X",severity=~"critical|warning"}`."""
        return "{" + ",".join(map(str, self.all)) + "}"


def matchers(given: object) -> Matchers:
    """Of `{severity: critical, shop: "=~cn-.*"}`; every fault of it in one ValueError."""
    if isinstance(given, Matchers):
        return given
    if not isinstance(given, Mapping):
        raise ValueError("is no set of labels; write for example {severity: critical} or {shop: '=~cn-.*'}")  # noqa: TRY004 - pydantic takes ValueErrors
    found, faults = [], []
    for label, text in given.items():
        if not isinstance(text, str):
            faults.append(f"{label}: {text!r} is no text; put it in quotes")
            continue
        try:
            found.append(matcher(str(label), text))
        except ValueError as error:
            faults.append(f"{label}: {error}")
    if faults:
        raise ValueError("; ".join(faults))
    return Matchers(tuple(sorted(found, key=str)))


def _written(given: Matchers) -> dict[str, Any]:
    return {each.label: each.value if each.operator == "=" else each.operator + each.value for each in given.all}


Match = Annotated[Matchers, BeforeValidator(matchers), PlainSerializer(_written, when_used="json")]
"""A set of labels in config.yaml."""
