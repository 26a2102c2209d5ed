"""What a person writes for a field, in words: `duration, 100ms to 1m`."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping, Sequence

import annotated_types as limits
from pydantic import BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from exporter import notify, probes, queues, units
from exporter.mapping import Mapping as ShopMapping

Places = Mapping[type[BaseModel], str]

_LISTS, _MAPPINGS = (list, tuple, Sequence), (dict, Mapping)
_WORDS = {
    "bool": "`true` or `false`",
    "int": "whole number",
    "float": "number",
    "str": "text",
    "Path": "path",
    "SecretStr": "text, kept secret",
    "Secret": "value, kept secret",
    "ZoneInfo": "time zone",
    "tzinfo": "time zone",
    "time": "time of day",
    "Matchers": "labels",
    "Select": "one SELECT",
    "Schema": "path of a JSON Schema",
    "Days": "day or days, as `11-11` or `2026-02-16..2026-02-23`",
}
_ELSEWHERE = {
    ShopMapping: "preset or [mapping](mapping.md)",
    probes.Probe: "section of a probe",
    notify.Outlet: "section of a channel",
    queues.Broker: "URL or section of a queue",
}
_BYTES = ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB"))


def form(field: FieldInfo, places: Places) -> str:
    """Raises LookupError for a type that has no words here yet."""
    said = _of(field.annotation, field.metadata, places)
    return said.replace("|", "&#124;")


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    value = value.get_secret_value() if isinstance(value, SecretStr) else value
    if value is None or isinstance(value, BaseModel) or (not value and not isinstance(value, bool | int | float)):
        return "–"
    if isinstance(value, list | tuple) and isinstance(value[0], BaseModel):
        return "built in"
    if isinstance(value, list | tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{_written(value, _unit(field.metadata))}`"


def _of(annotation: object, metadata: Sequence[object], places: Places) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _of(parts[0], _flat(parts[1:]), places)
    if origin in {typing.Union, types.UnionType}:
        several = [each for each in parts if each is not type(None)]
        return " or ".join(dict.fromkeys(_of(each, metadata if len(several) == 1 else (), places) for each in several))
    if origin in _LISTS or origin in _MAPPINGS:
        return _holding(origin, parts, places)
    if origin is typing.Literal:
        return _either([f"`{each}`" if each != "" else '`""`' for each in parts])
    return f"{_named(origin or annotation, metadata, places)}{_bounds(metadata)}"


def _holding(origin: object, parts: Sequence[object], places: Places) -> str:
    if origin in _MAPPINGS:
        return f"by name: {_of(parts[1], (), places)}"
    return "day and time, as `mon 09:00`" if _weekly(parts) else f"list of {_of(parts[0], (), places)}"


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _weekly(parts: Sequence[object]) -> bool:
    return len(parts) > 1 and parts[0] is int


def _named(kind: object, metadata: Sequence[object], places: Places) -> str:
    unit = _unit(metadata)
    if unit:
        return unit
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        for found in (places, _ELSEWHERE):
            if kind in found:
                return found[kind]
    name = getattr(kind, "__name__", str(kind))
    if name not in _WORDS:
        raise LookupError(f"{kind} has no words; give it some in {__name__}, or a table on the page")
    return _WORDS[name]


def _unit(metadata: Sequence[object]) -> str:
    asked = {each.func for each in metadata if isinstance(each, BeforeValidator)}
    return "duration" if units.seconds in asked else "size" if units.size in asked else ""


def _flat(metadata: Sequence[object]) -> list[object]:
    """A `Field(ge=1)` inside of an annotation carries its limits."""
    return [part for each in metadata for part in (each.metadata if isinstance(each, FieldInfo) else [each])]


def _bounds(metadata: Sequence[object]) -> str:
    unit, said = _unit(metadata), []
    for each in metadata:
        match each:
            case limits.Ge(ge=low):
                said.append(f"{_written(low, unit)} or more")
            case limits.Gt(gt=low):
                said.append(f"more than {_written(low, unit)}")
            case limits.Le(le=high):
                said.append(f"{_written(high, unit)} at the most")
            case limits.Lt(lt=high):
                said.append(f"less than {_written(high, unit)}")
    return "".join(f", {each}" for each in said)


def _written(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if unit == "duration":
        return units.written(float(str(value))) if value else "0s"
    if unit == "size":
        return next(
            (f"{int(str(value)) // most}{name}" for most, name in _BYTES if int(str(value)) % most == 0), f"{value}B"
        )
    return f"{value:g}" if isinstance(value, float) else str(value)
