"""YAML that remembers its lines, and pydantic's errors told with them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """A file's value, and the line of each key in it."""

    name: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def fault(self, path: Path, what: str) -> str:
        """`web.yml:7: tls_server_config.cert_file: what`; the line is that of the nearest key that exists."""
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), 1)
        return f"{self.name}:{line}: {'.'.join(map(str, path))}: {what}"


def read(name: str, text: str) -> tuple[Located, list[str]]:
    """The value, or the faults that make it unreadable (syntax, keys given twice)."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        value = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Located(name, None), [f"{name}:{line}: this is not YAML: {error.problem or error.context}"]
    except yaml.YAMLError as error:
        return Located(name, None), [f"{name}:1: this is not YAML: {type(error).__name__}"]
    finally:
        loader.dispose()
    found = list(_keys(node, ())) if node else []
    located = Located(name, value, dict(reversed(found)))
    seen: set[Path] = set()
    twice = []
    for path, line in found:
        if path in seen:
            twice.append(f"{name}:{line}: {'.'.join(map(str, path))}: given twice; keep one of them")
        seen.add(path)
    return located, twice


def _keys(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*path, number), value.start_mark.line + 1
            yield from _keys(value, (*path, number))


def complaints(located: Located, error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each thing pydantic found; never the value itself, which may be a secret."""
    return [
        located.fault(each["loc"], _sentence(each["type"], each["msg"], each["loc"], each.get("ctx", {}), model))
        for each in error.errors(include_input=False, include_url=False)
    ]


def _sentence(kind: str, message: str, path: Path, context: dict[str, Any], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        known = _keys_of(model, path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        return f"unknown key; {f'did you mean {near[0]}?' if near else 'write one of ' + ', '.join(known)}"
    if kind == "literal_error":
        return f"write {context['expected']}"
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _keys_of(model: type[BaseModel], path: Path) -> list[str]:
    for key in path:
        annotation = model.model_fields[str(key)].annotation
        inner = [each for each in (annotation, *getattr(annotation, "__args__", ())) if isinstance(each, type)]
        model = next(each for each in inner if issubclass(each, BaseModel))
    return list(model.model_fields)
