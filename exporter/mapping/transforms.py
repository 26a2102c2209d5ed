"""What is done to a value before it is compared: `wx_2026…` in the callback may be `2026…` in the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator

from exporter.strict import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_PLAIN: Mapping[str, Callable[[str], str]] = {"strip": str.strip, "lower": str.lower, "upper": str.upper}
_WITH_TEXT: Mapping[str, Callable[[str, str], str]] = {
    "after": lambda value, mark: value.partition(mark)[2] or value,
    "before": lambda value, mark: value.partition(mark)[0],
    "drop_prefix": str.removeprefix,
    "drop_suffix": str.removesuffix,
    "add_prefix": lambda value, prefix: prefix + value,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a transform; `text` is empty for the steps that need none."""

    name: str
    text: str = ""

    def __call__(self, value: str) -> str:
        plain = _PLAIN.get(self.name)
        return plain(value) if plain else _WITH_TEXT[self.name](value, self.text)


def transformed(value: str, steps: Iterable[Step]) -> str:
    """The value after all steps, in their order."""
    for step in steps:
        value = step(value)
    return value


def _step(given: Any) -> Step:
    """`strip` or `{after: "_"}`."""
    if isinstance(given, Step):
        return given
    if isinstance(given, str) and given in _PLAIN:
        return Step(given)
    name, text = next(iter(given.items())) if isinstance(given, dict) and len(given) == 1 else (given, None)
    if name in _WITH_TEXT and isinstance(text, str) and text:
        return Step(name, text)
    if name in _WITH_TEXT:
        raise ValueError(f'{name} needs a text; write {{{name}: "_"}}')
    guess = nearest(str(name), (*_PLAIN, *_WITH_TEXT))
    hint = f"did you mean {guess[0]!r}?" if guess else ""
    known = ", ".join((*_PLAIN, *(f'{{{each}: "…"}}' for each in _WITH_TEXT)))
    raise ValueError(f"{name!r} is not a step; {hint or f'the steps are {known}'}")


Steps = tuple[Annotated[Step, PlainValidator(_step)], ...]
