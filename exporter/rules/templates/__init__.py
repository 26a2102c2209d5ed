"""The part of Go's templates that rules use, parsed once when a rule file is loaded.

What another program would have to define (`template`, `define`, `block`) and what rules cannot reach is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.rules.templates.blocks import Part, parsed
from exporter.rules.templates.data import TemplateError
from exporter.rules.templates.scene import NOBODY, NOWHERE, Scene, Scope

__all__ = ["NOBODY", "NOWHERE", "Scene", "Template", "TemplateError"]

LONGEST, MOST_ACTIONS = 20_000, 200


@dataclass(frozen=True, slots=True)
class Template:
    """A text of a rule, ready to be filled in; `asks`: it queries other series than those of its rule."""

    text: str
    asks: bool
    _parts: tuple[Part, ...]
    _slots: int

    @classmethod
    def of(cls, text: str) -> Template:
        """Raises `TemplateError`, which says what to write instead."""
        if text.count("{{") > MOST_ACTIONS or len(text) > LONGEST:
            raise TemplateError(f"it is longer than {LONGEST} characters or {MOST_ACTIONS} actions; shorten it")
        try:
            return cls(text, *parsed(text))
        except RecursionError:
            raise TemplateError("it is nested too deep; write it flatter") from None

    def expand(self, labels: Mapping[str, str], value: float, scene: Scene = NOWHERE) -> str:
        """The filled text; where it fails for these values, the fault stands in the text's place."""
        if not self._slots:
            return self.text
        scope = Scope(labels, value, scene, self._slots)
        try:
            for part in self._parts:
                part(scope)
        except TemplateError as error:
            return f"<error expanding template: {error}>"
        return "".join(scope.out)
