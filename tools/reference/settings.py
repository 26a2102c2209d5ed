"""Tables of settings: each field with its form, its limits, its default, and the docstring that stands below it."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from exporter import notify, probes, queues
from exporter.config import Config
from exporter.mapping import Mapping as ShopMapping
from tools.reference.forms import default, form

ELSEWHERE = frozenset({ShopMapping})
"""What has a page of its own: docs/mapping.md."""

_ABSTRACT = frozenset({probes.Probe, notify.Outlet, notify.Channel, queues.Broker})


def model(place: str) -> type[BaseModel]:
    """`config.sections.Web` → the class."""
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(f"exporter.{module}"), name)


def sections() -> list[type[BaseModel]]:
    """Every section that a config.yaml can hold, each once."""
    found: list[type[BaseModel]] = []
    plugged = [*probes.known().values(), *notify.known().values(), *dict.fromkeys(queues.schemes().values())]
    for top in (Config, *plugged):
        _collect(top, found)
    return [each for each in found if each not in _ABSTRACT]


def _collect(annotation: object, found: list[type[BaseModel]]) -> None:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        if annotation not in found and annotation not in ELSEWHERE:
            found.append(annotation)
            for field in annotation.model_fields.values():
                _collect(field.annotation, found)
        return
    for part in typing.get_args(annotation):
        _collect(part, found)


def rows(section: type[BaseModel], places: Mapping[type[BaseModel], str]) -> Iterator[str]:
    """Raises LookupError for a field that nobody has explained, or whose form has no words."""
    meanings = explained(section)
    yield "| setting | what to write | unless set | what it means |"
    yield "|---|---|---|---|"
    for name, field in fields(section).items():
        if name not in meanings:
            text = f"{section.__module__}.{section.__name__}.{name} has no docstring below it; say what it means"
            raise LookupError(text)
        said = f"`{field.alias or name}` | {form(field, places)} | {default(field)} | {meanings[name]}"
        yield f"| {said} |"


def fields(section: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Without what is no setting of a file."""
    return {name: field for name, field in section.model_fields.items() if not field.exclude}


@cache
def explained(section: type[BaseModel]) -> Mapping[str, str]:
    """Field → the docstring below it, in its own class or in the one that it comes from."""
    meanings: dict[str, str] = {}
    for each in reversed(section.__mro__):
        if issubclass(each, BaseModel) and each.__module__.startswith("exporter."):
            meanings.update(_docstrings(each))
    return meanings


def _docstrings(section: type[BaseModel]) -> Iterator[tuple[str, str]]:
    [written] = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    for field, text in pairwise(written.body if isinstance(written, ast.ClassDef) else ()):
        match field, text:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(value=ast.Constant(value=str(meaning))):
                yield name, " ".join(meaning.split()).replace("|", "&#124;")
