"""A body against its schema: where it breaks which keyword. No value and no text of the message is in the answer."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from exporter.probes.message_schema.schema import Schema
from exporter.queues.fields import named

_LONGEST_PATH = 100
_LONGEST_NUMBER = 400
_STEPS = re.compile(r"[.\[\]]+")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """`path` as `$.items[*].price`; `keyword` of JSON Schema, or of what is no sound JSON at all: `utf-8`, `json`,
    `depth`, `number` (NaN, 1e400), `duplicate` (a key given twice).
    """

    path: str
    keyword: str


class UnsoundError(ValueError):
    """A body that strict readers of JSON refuse, or understand in different ways."""

    def __init__(self, keyword: str, path: str = "$") -> None:
        super().__init__(keyword)
        self.fault = Fault(path, keyword)


def judged(data: bytes, schema: Schema) -> Fault | None:
    """The first fault; None where the body is as the schema says."""
    from fastjsonschema import JsonSchemaValueException  # noqa: PLC0415 - for whoever judges messages

    try:
        schema.validator(parsed(data))
    except UnsoundError as error:
        return error.fault
    except JsonSchemaValueException as error:
        return Fault(_path(error, schema.names), str(error.rule or "false"))
    except (RecursionError, MemoryError):
        return Fault("$", "depth")
    except (ArithmeticError, ValueError):
        return Fault("$", "number")
    return None


def parsed(data: bytes) -> Any:
    """Raises UnsoundError."""
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_float=_float,
            parse_int=_int,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnsoundError:
        raise
    except UnicodeDecodeError:
        raise UnsoundError("utf-8") from None
    except ValueError:
        raise UnsoundError("json") from None
    except (RecursionError, MemoryError):
        raise UnsoundError("depth") from None


def _float(text: str) -> float:
    if math.isinf(number := float(text)):
        raise UnsoundError("number")
    return number


def _int(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise UnsoundError("number")
    return int(text)


def _constant(_text: str) -> NoReturn:
    raise UnsoundError("number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UnsoundError("duplicate", f"$..{named(twice.encode(errors='replace'))}")
    return found


def _path(error: Any, names: Collection[str]) -> str:
    """Of the property that is missing, or of the value that is wrong; keys that the schema does not know are `*`."""
    path = "$"
    for step in filter(None, _STEPS.split(str(error.name or "data").removeprefix("data"))):
        path += "[*]" if step.isdigit() else f".{_known(step, names)}"
    if error.rule == "required" and isinstance(error.value, dict):
        lacking = [name for name in error.rule_definition or () if name not in error.value]
        path += f".{lacking[0]}" if lacking else ""
    return path if len(path) <= _LONGEST_PATH else f"…{path[1 - _LONGEST_PATH :]}"


def _known(step: str, names: Collection[str]) -> str:
    return step if step in names else "*"
