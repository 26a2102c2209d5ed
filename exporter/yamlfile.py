"""A YAML file with the line of everything in it, `!env NAME` and `!file PATH`, and no key twice."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from exporter.faults import Fault
from exporter.faults import Path as Where

LARGEST = 4 * 1024 * 1024
DEEPEST = 40
MOST_VALUES = 100_000
"""Aliases can make a small file hold more than a machine does."""


class Unreadable(ValueError):  # noqa: N818 - read as a sentence: except Unreadable
    """The file cannot be opened or is not YAML; the text says where and why."""


@dataclass(slots=True)
class Document:
    """`data` is plain Python; `faults` are those that YAML itself would have passed over."""

    path: Path
    env: Mapping[str, str]
    data: Any = None
    faults: list[tuple[Fault, int]] = field(default_factory=list)
    _lines: dict[Where, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, env: Mapping[str, str] | None = None) -> Document:
        document = cls(path, os.environ if env is None else env)
        try:
            root = yaml.compose(_text(path), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise Unreadable(f"{path.name}:{line}: is not YAML: {error.problem}") from None
        except yaml.YAMLError as error:
            raise Unreadable(f"{path.name}:1: is not YAML: {str(error).splitlines()[0]}") from None
        if root is not None:
            document.data = document._value(root, ())
        return document

    def line(self, where: Where) -> int:
        """The line of `where`, or of the nearest thing around it that the file holds."""
        while where and where not in self._lines:
            where = where[:-1]
        return self._lines.get(where, 1)

    def _value(self, node: yaml.Node, where: Where) -> Any:
        self._lines.setdefault(where, node.start_mark.line + 1)
        if len(where) > DEEPEST or len(self._lines) > MOST_VALUES:
            raise Unreadable(f"{self.path.name}:{node.start_mark.line + 1}: is nested too deep or too large by aliases")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*where, number)) for number, each in enumerate(node.value)]
        if node.tag in ("!env", "!file"):
            return self._from_outside(node, where)
        return self._plain(node, where)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[Any, Any]:
        yaml.SafeLoader("").flatten_mapping(node)
        made: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._plain(key_node, where)
            here = (*where, key if isinstance(key, str | int) else str(key))
            if key in made:
                self._fault(here, key_node, f"stands here a second time (first in line {self._lines[here]}); keep one")
                continue
            self._lines[here] = key_node.start_mark.line + 1
            made[key] = self._value(value_node, here)
        return made

    def _plain(self, node: yaml.Node, where: Where) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self._fault(where, node, "a key must be a plain word")
            return str(node.start_mark.line)
        try:
            return yaml.SafeLoader("").construct_object(node)  # type: ignore[no-untyped-call]
        except (yaml.YAMLError, ValueError):
            self._fault(where, node, f"{node.tag} is not known; use !env NAME or !file PATH, or quote the text")
            return None

    def _from_outside(self, node: yaml.Node, where: Where) -> str | None:
        name = str(node.value).strip()
        if node.tag == "!env":
            if name not in self.env:
                self._fault(where, node, f"the environment has no {name}; export it, or write the value here")
            return self.env.get(name)
        try:
            return (self.path.parent / name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self._fault(where, node, f"cannot read {name}: {why}; it is looked for beside this file")
            return None

    def _fault(self, where: Where, node: yaml.Node, text: str) -> None:
        self.faults.append((Fault(where, text), node.start_mark.line + 1))


def _text(path: Path) -> str:
    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            raise Unreadable(f"{path.name}:1: is larger than {LARGEST // 1024**2} MiB; this cannot be the file you mean")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; name it with --config.file") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path.name}:1: is not UTF-8 text; save it as UTF-8") from None
