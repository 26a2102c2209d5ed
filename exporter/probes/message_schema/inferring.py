"""A schema proposed from samples: what all of them have in common, with room to grow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from exporter import masking
from exporter.probes.message_schema.formats import FORMATS
from exporter.queues.fields import kind, named

_DEEP = 12
"""Levels that are described; below them anything is allowed."""

_WIDE = 100
"""Properties of one object; of more, those that most objects have."""

_RARE = 20
_SHAPES = 2_000
_HEAD = 256
_LONG = 1 << 14
"""Characters from which a text is no usual one, whatever it holds."""

_ADDRESS = 1_000
"""Characters for a field of which no usual text was seen: an address in place of a picture."""

_FEW, _OFTEN = 8, 20
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,23}|[a-z][a-z0-9_]{0,23}")
_CODED = re.compile(
    r"(?:^|[_-]|[a-z](?=[A-Z]))(?:status|state|type|kind|channel|currency|method|source|event|level|mode|unit|platform"
    r"|version)$",
    re.IGNORECASE,
)
"""Names of properties whose values may be codes; those of any other stay where they are."""


class Room:
    """How many shapes may still be made, for all of a schema together."""

    def __init__(self) -> None:
        self.left = _SHAPES


class Shape:
    """What was seen at one place. It keeps counts and lengths; of texts only such as are codes for certain."""

    def __init__(self, name: str = "", depth: int = 0, room: Room | None = None) -> None:
        self._name, self._depth, self._room = name, depth, room or Room()
        self.count = 0
        self._types = Counter[str]()
        self._longest, self._usual, self._fat = 0, 0, ""
        self._formats = dict(FORMATS)
        self._codes: Counter[str] | None = Counter() if _CODED.search(name) else None
        self._items: Shape | None = None
        self._most_items = 0
        self._properties: dict[str, Shape] = {}
        self._unnamed = 0

    def add(self, value: Any) -> None:
        self.count += 1
        name = _TYPES[type(value)]
        self._types[name] += 1
        if isinstance(value, str):
            self._text(value)
        elif isinstance(value, list):
            self._most_items = max(self._most_items, len(value))
            for each in value:
                self._items = self._items or self._below("")
                if self._items:
                    self._items.add(each)
        elif isinstance(value, dict):
            for key, each in value.items():
                self._property(key, each)

    def _text(self, text: str) -> None:
        fat = kind(text[:_HEAD].encode(errors="replace"), len(text))
        self._longest = max(self._longest, len(text))
        if fat != "text" or len(text) > _LONG:
            self._fat = fat
        else:
            self._usual = max(self._usual, len(text))
        self._formats = {name: fits for name, fits in self._formats.items() if fits(text)}
        if self._codes is not None:
            self._codes[text[:32]] += 1
            if len(self._codes) > _FEW or not _CODE.fullmatch(text) or masking.value(text) != text:
                self._codes = None

    def _property(self, key: str, value: Any) -> None:
        """A key that looks like data is none of the names that all messages share."""
        shape = self._properties.get(key)
        if shape is None and named(key.encode(errors="replace")) == key and (made := self._below(key)):
            shape = self._properties[key] = made
        if shape:
            shape.add(value)
        else:
            self._unnamed += 1

    def _below(self, name: str) -> Shape | None:
        if self._depth >= _DEEP or not self._room.left:
            return None
        self._room.left -= 1
        return Shape(name, self._depth + 1, self._room)

    def schema(self) -> dict[str, Any]:
        types = sorted(self._types.keys() - ({"integer"} if "number" in self._types else set()))
        told: dict[str, Any] = {"type": types[0] if len(types) == 1 else types} if types else {}
        if "string" in types:
            told |= self._said_of_texts()
        if "array" in types:
            told |= {"maxItems": roomy(self._most_items, 10)}
            told |= {"items": self._items.schema()} if self._items else {}
        if "object" in types:
            kept = dict(self._kept())
            required = [name for name, shape in kept.items() if shape.count == self._types["object"]]
            told |= {"required": required} if required else {}
            told |= {"properties": {name: shape.schema() for name, shape in kept.items()}}
            told["additionalProperties"] = True
        return told

    def notes(self, path: str = "$") -> Iterator[str]:
        """What whoever reads the schema should know, without a value."""
        if self._fat:
            usual = f"usual ones have up to {self._usual:,}" if self._usual else "no usual text was seen there"
            yield (
                f"{path}: holds {self._fat} of up to {self._longest:,} characters; {usual}, so maxLength is "
                f"{self._bound():,}: send the address of a file instead of the file"
            )
        if self._enumerated():
            yield f"{path}: enum of the values seen; add those that are rare"
        if rare := len(self._properties) - len(list(self._kept())):
            yield f"{path}: {rare} names left out that fewer than one of {_RARE} has, or beyond {_WIDE}"
        if self._unnamed:
            yield f"{path}: {self._unnamed:,} values left out under keys that look like data, or too deep"
        for name, shape in self._kept():
            yield from shape.notes(f"{path}.{name}")
        if self._items:
            yield from self._items.notes(f"{path}[*]")

    def _said_of_texts(self) -> dict[str, Any]:
        told: dict[str, Any] = {"maxLength": self._bound()}
        if (formats := list(self._formats)) and not self._fat:
            told["format"] = formats[0]
        if self._enumerated() and self._types.keys() == {"string"}:
            told["enum"] = sorted(self._codes or ())
        return told

    def _enumerated(self) -> bool:
        codes = len(self._codes or ())
        return self._types.keys() == {"string"} and codes > 0 and self.count >= max(_OFTEN, 4 * codes)

    def _bound(self) -> int:
        return roomy(self._usual, 16) if self._usual or not self._fat else _ADDRESS

    def _kept(self) -> Iterator[tuple[str, Shape]]:
        """A name that hardly any object has may be data: a user's, where users are keys."""
        frequent = Counter({name: shape.count for name, shape in self._properties.items()}).most_common(_WIDE)
        kept = {name for name, count in frequent if count * _RARE >= self._types["object"]}
        return ((name, shape) for name, shape in self._properties.items() if name in kept)


_TYPES = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null",
}  # fmt: skip


def roomy(seen: int, least: int) -> int:
    """Twice as much, rounded up to 1, 2 or 5 and noughts; `least` at the least."""
    step = 1
    while True:
        for first in (1, 2, 5):
            if first * step >= max(2 * seen, least):
                return first * step
        step *= 10
