"""What is wrong in something a person wrote: where, what, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file; `path` leads to it from the file's top."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.text}" if self.path else self.text


def dotted(path: Path) -> str:
    """`("shops", "main", "tables", 0)` → `shops.main.tables[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def nearest(word: object, known: Iterable[str]) -> str:
    """A remedy for an unknown name: the likely one when there is one, else all that are known."""
    names = sorted(str(name) for name in known)
    close = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(names)}" if names else "nothing is known here"


def of(error: ValidationError, model: type[BaseModel], at: Path = ()) -> list[Fault]:
    """pydantic's errors as ours, without the input: it may hold a secret."""
    return [
        Fault((*at, *_real_path(model, one["loc"])), _said(one, model))
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _said(one: Mapping[str, Any], model: type[BaseModel]) -> str:
    loc: Path = one["loc"]
    if one["type"] == "extra_forbidden":
        home = _model_at(model, loc[:-1])
        return f"no such key; {nearest(loc[-1], home.model_fields) if home else 'take it out'}"
    if one["type"] == "missing":
        return "is missing; it must be given"
    text = str(one["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text[:1].lower() + text[1:]


def _real_path(model: type[BaseModel], loc: Path) -> Path:
    """pydantic names the branch of a union (`str`, `Table`) in its paths; a person's file has no such step."""
    path: list[str | int] = []
    here: object = model
    for step in loc:
        found = _step(here, step)
        if found is not None or not isinstance(step, str):
            path.append(step)
            here = found
        elif isinstance(here, type) and issubclass(here, BaseModel):
            path.append(step)
            here = None
    return tuple(path)


def _model_at(model: type[BaseModel], loc: Path) -> type[BaseModel] | None:
    here: object = model
    for step in loc:
        here = _step(here, step) or here
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _step(here: object, step: str | int) -> object | None:
    """The type that stands at `step` below the type `here`, None where there is none."""
    if isinstance(here, type) and issubclass(here, BaseModel):
        field = here.model_fields.get(str(step))
        return _plain(field.annotation) if field else None
    inner = get_args(here)
    return _plain(inner[-1]) if inner else None


def _plain(annotation: object) -> object:
    """`Mapping | None` → `Mapping`: the branch of an optional that has an inside."""
    branches = [each for each in get_args(annotation) if each is not type(None)]
    origin = getattr(annotation, "__origin__", None)
    if origin in (dict, list, tuple) or not branches or isinstance(annotation, type):
        return annotation
    deep = [each for each in branches if get_args(each) or (isinstance(each, type) and issubclass(each, BaseModel))]
    return (deep or branches)[0]
