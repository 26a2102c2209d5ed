"""What may stand in a schema: what is understood, is local, and costs a bounded time whatever a message holds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from exporter.probes.message_schema.formats import FORMATS
from exporter.probes.message_schema.patterns import MOST, steps
from exporter.strict import unknown

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

_ONE = {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
_SEVERAL = {"allOf", "anyOf", "oneOf"}
_NUMBERS = {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"}
_COUNTS = {"maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"}
_JUDGED = {*_ONE, *_SEVERAL, *_NUMBERS, *_COUNTS, "$ref", "const", "enum", "format", "pattern", "properties"}
_JUDGED |= {"multipleOf", "required", "type", "uniqueItems"}
_DEFINED = ("$defs", "definitions")
_SAID = {"$comment", "default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"}
_AT_THE_TOP = {"$id", "$schema", *_DEFINED}

_NAME = re.compile(r"[\w $@.:/#+-]{1,128}")
_REF = re.compile(r"#|#/(?P<where>\$defs|definitions)/(?P<name>[^/~%]+)")
_DEEP = 40


class Vetted:
    """`schema`: what of it is judged, its definitions renamed; `names`: the properties it knows; `faults`: all of them.

    A fault is (place, what is wrong and what to write instead).
    """

    def __init__(self, given: Any) -> None:
        self.faults: list[tuple[str, str]] = []
        self.names: set[str] = set()
        self._defined: dict[tuple[str, str], str] = {}
        top = given if isinstance(given, dict) else {}
        for where in _DEFINED:
            for name in _map(top.get(where)):
                self._defined[where, name] = f"d{len(self._defined)}"
        self.schema = self._schema({key: each for key, each in top.items() if key not in _AT_THE_TOP}, "", 0)
        if not isinstance(given, dict):
            self._fault("", 'is no schema; write an object, for example {"type": "object", "required": ["orderNo"]}')
        definitions = {
            new: self._schema(top[where][name], f"{where}.{name}", 0) for (where, name), new in self._defined.items()
        }
        if definitions:
            self.schema["definitions"] = definitions

    def _fault(self, place: str, text: str) -> None:
        self.faults.append((place, text))

    def _schema(self, given: Any, place: str, depth: int) -> Any:
        if isinstance(given, bool):
            return given
        if not isinstance(given, dict) or depth > _DEEP:
            self._fault(place, "is no schema; write an object" if depth <= _DEEP else f"is deeper than {_DEEP} levels")
            return {}
        self._known(given, place)
        kept = {}
        for keyword in sorted(given.keys() & _JUDGED):
            at = f"{place}.{keyword}".lstrip(".")
            kept[keyword] = self._value(keyword, given, at, depth + 1)
        return {"$ref": kept["$ref"]} if "$ref" in kept else kept

    def _known(self, given: Mapping[str, Any], place: str) -> None:
        for keyword in sorted(given.keys() - _JUDGED - _SAID):
            if keyword.startswith("x-"):
                continue
            if keyword in _AT_THE_TOP:
                self._fault(place, f"{keyword} stands at the top of the file only")
            elif keyword == "patternProperties":
                self._fault(place, "patternProperties is not judged; list properties, or use additionalProperties")
            else:
                self._fault(place, f"{keyword!r} is no keyword that is judged; {unknown(keyword, _JUDGED | _SAID)}")

    def _value(self, keyword: str, given: Mapping[str, Any], at: str, depth: int) -> Any:
        value = given[keyword]
        if keyword in _SEVERAL or (keyword == "items" and isinstance(value, list)):
            if isinstance(value, list) and value:
                return [self._schema(each, f"{at}[{place}]", depth) for place, each in enumerate(value)]
            self._fault(at, "is a list of schemas")
        elif keyword in _ONE:
            return self._schema(value, at, depth)
        elif keyword == "properties":
            return {name: self._schema(each, f"{at}.{name}", depth) for name, each in self._named(value, at)}
        elif keyword == "$ref":
            return self._reference(value, at)
        elif wrong := _wrong(keyword, value, given):
            self._fault(at, wrong)
        elif keyword == "required":
            for name in value:
                self._know(name)
        return value

    def _named(self, value: Any, at: str) -> Iterator[tuple[str, Any]]:
        if not isinstance(value, dict):
            self._fault(at, 'gives each property its schema; write {"orderNo": {"type": "string"}}')
        for name, each in _map(value).items():
            if _NAME.fullmatch(name):
                self._know(name)
                yield name, each
            else:
                self._fault(at, f"has a name that cannot be judged: letters, digits and $@.:/#+-, not {name[:20]!r}")

    def _know(self, name: str) -> None:
        """A dot in a name looks like a step of a path afterwards."""
        self.names.update((name, *name.split(".")))

    def _reference(self, value: Any, at: str) -> str:
        found = _REF.fullmatch(value) if isinstance(value, str) else None
        if not found:
            self._fault(
                at, 'leads out of the file, and nothing is fetched; write "#/definitions/NAME" and copy it there'
            )
            return "#"
        if value == "#":
            return "#"
        if not (new := self._defined.get((found["where"], found["name"]))):
            known = [name for where, name in self._defined if where == found["where"]]
            self._fault(at, f"nothing is defined there; {unknown(found['name'], known, 'definitions')}")
        return f"#/definitions/{new}"


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _wrong(keyword: str, value: Any, beside: Mapping[str, Any]) -> str:
    """What is wrong with a value that holds no schemas; "" where nothing is."""
    if keyword == "pattern":
        return _costly(value, beside.get("maxLength"))
    rule = "count" if keyword in _COUNTS else "number" if keyword in _NUMBERS else keyword
    right, text = _RULES.get(rule, (lambda _: True, ""))
    return "" if right(value) else text


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value)


_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "count": (lambda v: _number(v) and isinstance(v, int) and v >= 0, "is a whole number, 0 or more"),
    "number": (_number, "is a number; the schema is read as draft 7"),
    "multipleOf": (lambda v: _number(v) and v > 0, "is a number, more than 0"),
    "uniqueItems": (lambda v: isinstance(v, bool), "is true or false"),
    "enum": (lambda v: isinstance(v, list) and bool(v), "is a list of values"),
    "required": (
        lambda v: _texts(v) and all(map(_NAME.fullmatch, v)),
        'lists each property once; write ["orderNo", "items"]',
    ),
    "type": (
        lambda v: v in TYPES if isinstance(v, str) else _texts(v) and bool(v) and set(v) <= set(TYPES),
        f"is one of {', '.join(TYPES)}, or a list of them",
    ),
    "format": (
        lambda v: isinstance(v, str) and v in FORMATS,
        f"is none that is judged, which are {', '.join(FORMATS)}; leave it out",
    ),
}

_LONGEST = 1_000


def _costly(pattern: Any, longest: Any) -> str:
    if not isinstance(longest, int) or not 0 <= longest <= _LONGEST:
        return f"needs a maxLength of {_LONGEST:,} or less beside it: a pattern is tried on whatever comes"
    try:
        most = steps(str(pattern), longest)
    except ValueError as error:
        return f"is no regular expression: {error}"
    return (
        f"may take too long on a text of {longest} characters; begin it with ^, write {{1,20}} for + and *, never one "
        "within another, or lower maxLength"
        if most > MOST
        else ""
    )
