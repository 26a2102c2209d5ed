"""Rules, ready to be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.promql import Expression
from exporter.rules.templates import Template


@dataclass(frozen=True, slots=True)
class Rule:
    """An alerting rule, or a recording one (`records`), whose `title` is the alert's or the new metric's name.

    `wait` is its `for` and `keep` its `keep_firing_for`, in seconds; `labels` are its group's, too; `limit` is how
    many alerts it may have (0: any number) and `every` its group's interval in seconds (0: it is judged at each round);
    `place` says where it stands: `rules/x.yml:7: group "g": alert "A"`.
    """

    title: str
    group: str
    file: str
    place: str
    expression: Expression
    labels: Mapping[str, Template]
    annotations: Mapping[str, Template]
    records: bool = False
    wait: float = 0.0
    keep: float = 0.0
    limit: int = 0
    every: float = 0.0

    @property
    def line(self) -> str:
        """`rules/x.yml:7`."""
        return ":".join(self.place.split(":")[:2])

    @property
    def asks(self) -> bool:
        """Whether its texts query series of their own, be they named in the text or made up for each alert."""
        return any(text.asks for text in (*self.labels.values(), *self.annotations.values()))

    @property
    def reads(self) -> frozenset[str]:
        """The names of the metrics that its expression selects."""
        return frozenset(selector.name for selector in self.expression.selectors if selector.name)


def names(rules: Sequence[Rule]) -> list[str]:
    """One name a rule: what it is called; where several are called that, with its group, labels and file as needed."""
    told = [_ways_to_say(rule) for rule in rules]
    chosen = []
    for ways in told:
        level = next(n for n, way in enumerate(ways) if n == len(ways) - 1 or _times(way, n, told) == 1)
        chosen.append(ways[level])
    return chosen


def _ways_to_say(rule: Rule) -> tuple[str, ...]:
    labels = ",".join(f"{name}={template.text}" for name, template in sorted(rule.labels.items()))
    grouped = f"{rule.group}/{rule.title}"
    return rule.title, grouped, f"{grouped}{{{labels}}}", f"{rule.file}:{grouped}{{{labels}}}"


def _times(way: str, level: int, told: Sequence[tuple[str, ...]]) -> int:
    return sum(ways[level] == way for ways in told)


def doubled(rules: Sequence[Rule]) -> list[str]:
    """A fault for every rule that another of its group cannot be told from."""
    first: dict[object, Rule] = {}
    faults = []
    for rule in rules:
        labels = frozenset((name, template.text) for name, template in rule.labels.items())
        other = first.setdefault((rule.file, rule.group, rule.title, labels), rule)
        if other is not rule:
            faults.append(f"{rule.place}: has the name and labels of {other.line}; give it another name or label")
    return faults
