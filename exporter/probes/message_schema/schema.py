"""A schema file: read and vetted when the configuration is loaded, and compiled once."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from exporter.probes.message_schema.formats import FORMATS
from exporter.probes.message_schema.vetting import Vetted

_LARGEST = 1 << 20
_TOLD = 3


_UNMADE = (ValueError, ArithmeticError, LookupError, SyntaxError, RecursionError, AssertionError, TypeError, re.error)
"""What a schema that is legal in each of its parts may still come to, as code."""


@dataclass(frozen=True, slots=True)
class Schema:
    """`text`: what of the file is judged, as JSON; `names`: the properties that it knows."""

    file: str
    text: str
    names: frozenset[str]

    @classmethod
    def none(cls, file: str) -> Schema:
        """Of a file that is not there yet: every sound message is as it says."""
        return cls(file, "{}", frozenset())

    @classmethod
    def read(cls, file: str, folder: Path) -> Schema:
        """Raises ValueError: which file, what is wrong with it, and what to write instead."""
        vetted = Vetted(_json(file, folder / file))
        if vetted.faults:
            told = [f"{place}: {text}" if place else text for place, text in vetted.faults[:_TOLD]]
            more = len(vetted.faults) - _TOLD
            raise ValueError(f"{file}: {'; '.join(told)}{f'; and {more} more faults' if more > 0 else ''}")
        schema = cls(file, json.dumps(vetted.schema, sort_keys=True), frozenset(vetted.names))
        try:
            schema.validator  # noqa: B018 - what cannot be compiled is told now
        except _UNMADE as error:
            raise ValueError(f"{file}: cannot be compiled ({type(error).__name__}); make it simpler") from None
        return schema

    @property
    def print(self) -> str:
        """By which another schema is told from this one."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def validator(self) -> Callable[[Any], Any]:
        """Raises fastjsonschema's JsonSchemaValueException, whose text may hold the whole message."""
        return _compiled(self.text)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Callable[[Any], Any]:
    from fastjsonschema import compile as compiled  # noqa: PLC0415 - for whoever judges messages

    made: Callable[[Any], Any] = compiled(
        json.loads(text), handlers=_Nobody(), formats=dict(FORMATS), use_default=False
    )
    return made


class _Nobody(Mapping[str, Callable[[str], Any]]):
    """Who fetches schemas from elsewhere, of whatever scheme: nobody."""

    def __getitem__(self, scheme: str) -> Callable[[str], Any]:
        return _refuse

    def __contains__(self, scheme: object) -> bool:
        return True

    def __iter__(self) -> NoReturn:
        raise TypeError

    def __len__(self) -> int:
        return 1


def _finite(text: str) -> float:
    """Raises ValueError for what JSON has no number for."""
    if not math.isfinite(number := float(text)):
        raise ValueError("no number of JSON")
    return number


def _refuse(_uri: str) -> NoReturn:
    raise ValueError("nothing is fetched")


def _json(file: str, path: Path) -> Any:
    try:
        with path.open("rb") as source:
            raw = source.read(_LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        remedy = "write its place as seen from config.yaml; `order-health schema infer` proposes a schema"
        raise ValueError(f"{file}: cannot be read: {reason}; {remedy}") from None
    if len(raw) > _LARGEST:
        raise ValueError(f"{file}: is larger than 1 MB; a schema is smaller")
    try:
        text = raw.decode("utf-8-sig")
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except UnicodeDecodeError:
        raise ValueError(f"{file}: is no UTF-8 text; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{file}:{error.lineno}:{error.colno}: is no JSON: {error.msg.lower()}") from None
    except (RecursionError, ValueError):
        raise ValueError(f"{file}: is no JSON that can be read: too deep, NaN, or a number too large") from None
