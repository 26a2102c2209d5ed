"""A YAML file with the line of everything in it, `!env NAME` and `!file PATH`, and no key twice."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from exporter.strict import Place

LARGEST = 4 * 1024 * 1024
LARGEST_VALUE = 64 * 1024
"""Of what `!file` may bring: more than any password or address, less than a wrong path such as a device could hold."""

DEEPEST = 40
MOST_VALUES = 100_000
"""Aliases can make a small file hold more than a machine does."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file: where, what, and what to write instead."""

    file: str
    line: int
    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {dotted(self.place)}{': ' if self.place else ''}{self.text}"


def dotted(place: Place) -> str:
    """`("shops", "main", "to", 0)` → `shops.main.to[0]`."""
    text = ""
    for step in place:
        name = step if isinstance(step, int) or step.isprintable() else ascii(step)
        text += f"[{name}]" if isinstance(step, int) else f".{name}" if text else str(name)
    return text


class Unreadable(ValueError):  # noqa: N818 - read as a sentence: except Unreadable
    """The file cannot be opened or is not YAML; the text says where and why."""


@dataclass(slots=True)
class Document:
    """`data` is plain Python; `faults` are those that YAML itself would have passed over.

    With `as_text` every value and key stays the text that stands in the file, and nothing is taken from outside.
    """

    path: Path
    env: Mapping[str, str]
    as_text: bool = False
    data: Any = None
    faults: list[Fault] = field(default_factory=list)
    _lines: dict[Place, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, env: Mapping[str, str] | None = None, *, as_text: bool = False) -> Document:
        document = cls(path, os.environ if env is None else env, as_text)
        try:
            root = yaml.compose(_text(path), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise Unreadable(f"{path.name}:{line}: is not YAML: {error.problem}") from None
        except yaml.YAMLError as error:
            raise Unreadable(f"{path.name}:1: is not YAML: {str(error).splitlines()[0]}") from None
        except RecursionError:
            raise Unreadable(f"{path.name}:1: {_TOO_DEEP}") from None
        if root is not None:
            document.data = document._value(root, ())
        return document

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it that the file holds."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def fault(self, place: Place, text: str) -> Fault:
        return Fault(self.path.name, self.line(place), place, text)

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if len(place) > DEEPEST or len(self._lines) > MOST_VALUES:
            raise Unreadable(f"{self.path.name}:{node.start_mark.line + 1}: {_TOO_DEEP}")
        if node.tag in _FORM and not self.as_text:
            return self._from_outside(node, place)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*place, number)) for number, each in enumerate(node.value)]
        return self._plain(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Any, Any]:
        yaml.SafeLoader("").flatten_mapping(node)
        made: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._plain(key_node, place)
            here = (*place, key if isinstance(key, str | int) else str(key))
            if key in made:
                self._fault(here, key_node, f"stands here a second time (first in line {self._lines[here]}); keep one")
                continue
            self._lines[here] = key_node.start_mark.line + 1
            made[key] = self._value(value_node, here)
        return made

    def _plain(self, node: yaml.Node, place: Place) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self._fault(place, node, "a key must be a plain word")
            return str(node.start_mark.line)
        if self.as_text:
            return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._fault(place, node, f"{node.tag} is not known; use !env NAME or !file PATH, or quote the text")
            return None

    def _from_outside(self, node: yaml.Node, place: Place) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._fault(place, node, f"{node.tag} takes one word; write {_FORM[node.tag]}")
            return None
        name = str(node.value).strip()
        if node.tag == "!env":
            if name not in self.env:
                self._fault(place, node, f"the environment has no {name}; export it, or write the value here")
            return self.env.get(name)
        try:
            return _read(self.path.parent / name, LARGEST_VALUE).decode().rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else _why_not(error)
            self._fault(place, node, f"cannot read {name}: {why}; it is looked for beside this file")
            return None

    def _fault(self, place: Place, node: yaml.Node, text: str) -> None:
        self.faults.append(Fault(self.path.name, node.start_mark.line + 1, place, text))


_TOO_DEEP = "is nested too deep or too large by aliases"
_FORM = {"!env": "!env NAME", "!file": "!file PATH"}


class _TooLargeError(ValueError):
    """The text says how large a file may be."""


def _text(path: Path) -> str:
    try:
        return _read(path, LARGEST).decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; name it with --config.file") from None
    except _TooLargeError as error:
        raise Unreadable(f"{path.name}:1: is {error}; this cannot be the file you mean") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path.name}:1: is not UTF-8 text; save it as UTF-8") from None


def _read(path: Path, most: int) -> bytes:
    """The whole file, which may be a pipe; one without an end, such as a device, does not fill the memory."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise _TooLargeError(f"larger than {most // 1024} KiB")
    return content


def _why_not(error: ValueError) -> str:
    return "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
