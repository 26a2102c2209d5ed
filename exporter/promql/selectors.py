"""Which series a selector means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from exporter.promql.regexes import anchored
from exporter.promql.vector import NAME, NEWEST, Version

Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that is missing counts as empty."""

    label: str
    operator: Operator
    text: str
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, label: str, operator: Operator, text: str, version: Version = NEWEST) -> Matcher:
        """Raises ValueError when the regular expression cannot be used."""
        return cls(label, operator, text, anchored(text, version) if "~" in operator else None)

    def accepts(self, value: str) -> bool:
        same = self.text == value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return same is (self.operator[0] == "=")


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric name (None when only matchers say which) with its conditions."""

    name: str | None
    matchers: tuple[Matcher, ...] = ()

    @classmethod
    def of(cls, name: str | None, matchers: Iterable[Matcher]) -> Selector:
        """`{__name__="a"}` is the selector `a`."""
        rest = list(matchers)
        fixed = [each for each in rest if each.label == NAME and each.operator == "="]
        if name is None and fixed:
            name = fixed[0].text
            rest.remove(fixed[0])
        return cls(name, tuple(rest))

    def accepts(self, labels: Mapping[str, str]) -> bool:
        for each in self.matchers:  # noqa: SIM110 - a generator takes twice as long, and this is asked most of all
            if not each.accepts(labels.get(each.label, "")):
                return False
        return True

    def absent(self) -> dict[str, str]:
        """The labels `absent()` gives its answer: those that must be equal to one text and are matched once."""
        labels: dict[str, str] = {}
        seen: set[str] = set()
        for each in self.matchers:
            if each.operator == "=" and each.label not in seen:
                seen.add(each.label)
                labels[each.label] = each.text
            else:
                labels.pop(each.label, None)
        return {label: text for label, text in labels.items() if text and label != NAME}
