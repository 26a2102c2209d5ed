"""What a template sees beside its own text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from exporter.model import External
from exporter.promql import Value
from exporter.rules.templates.data import Record, TemplateError

MOST_TURNS, LONGEST_RESULT = 10_000, 100_000

PREDECLARED = ("$", "$labels", "$externalLabels", "$externalURL", "$value")
"""The variables every template has, in the order of their slots."""


@dataclass(frozen=True)
class Scene:
    """One round of judging: `query` evaluates an expression over its samples, at its time (Unix seconds)."""

    external: External
    at: float
    query: Callable[[str], Sequence[Value]]

    @cached_property
    def asked(self) -> dict[str, list[Record]]:
        """What has been queried: ten thousand alerts of one rule mostly ask the same."""
        return {}


def _nothing(expr: str) -> Sequence[Value]:
    raise TemplateError(f"there is nothing to query with {expr!r}")


NOBODY = External()
NOWHERE = Scene(NOBODY, 0.0, _nothing)


class Scope:
    """The state of one expansion: `slots` hold the variables, `dot` what `with` or `range` has set."""

    __slots__ = ("dot", "out", "room", "scene", "slots", "turns")

    def __init__(self, labels: Mapping[str, str], value: float, scene: Scene, slots: int) -> None:
        external = scene.external
        fields = {"Labels": labels, "ExternalLabels": external.labels, "ExternalURL": external.url, "Value": value}
        alert = Record("alert", fields)
        self.slots: list[object] = [alert, *fields.values(), *[None] * (slots - len(PREDECLARED))]
        self.dot: object = alert
        self.scene = scene
        self.out: list[str] = []
        self.room, self.turns = LONGEST_RESULT, MOST_TURNS

    def write(self, text: str) -> None:
        self.room -= len(text)
        if self.room < 0:
            raise TemplateError(f"the text would be longer than {LONGEST_RESULT} characters")
        self.out.append(text)

    def turn(self) -> None:
        """Counts one turn of a range."""
        self.turns -= 1
        if self.turns < 0:
            raise TemplateError(f"its ranges take more than {MOST_TURNS} turns")
