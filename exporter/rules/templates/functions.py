"""The functions of rule templates: Prometheus' own, and those that every Go template has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.promql import EvaluationError, PromqlError
from exporter.rules.durations import duration
from exporter.rules.templates import addresses, formats, humanize, logic
from exporter.rules.templates.data import Record, TemplateError, field, kind, number, truth
from exporter.rules.templates.regexes import match, replaced
from exporter.rules.templates.scene import Scene, Scope
from exporter.rules.templates.times import time_of
from exporter.strict import unknown


@dataclass(frozen=True, slots=True)
class Function:
    """`takes` are the kinds of its arguments (`any` or as `kind` says); one that is `rest` takes more of the last."""

    run: Callable[..., object]
    takes: tuple[str, ...] = ("any",)
    rest: bool = False


def _humanized(compute: Callable[[float], str]) -> Function:
    return Function(lambda value: compute(number(value)))


def _query(scene: Scene, text: str) -> list[Record]:
    found = scene.asked.get(text)
    if found is None:
        try:
            values = scene.query(text)
        except (PromqlError, EvaluationError) as error:
            raise TemplateError(f"query {text!r}: {error}") from None
        found = scene.asked[text] = [
            Record("sample", {"Labels": dict(labels), "Value": float(value)}) for labels, value in values
        ]
    return found


def _first(found: Sequence[Record]) -> Record:
    if not found:
        raise TemplateError("first() called on vector with no elements")
    return found[0]


def _label(name: str, sample: Record) -> object:
    return field(sample.fields["Labels"], name)


def _sorted(name: str, found: list[Record]) -> list[Record]:
    return sorted(found, key=lambda sample: str(_label(name, sample)))


FUNCTIONS: Mapping[str, Function] = {
    "args": Function(lambda *given: {f"arg{n}": each for n, each in enumerate(given)}, rest=True),
    "eq": Function(logic.equal, ("any", "any"), rest=True),
    "first": Function(_first, ("slice",)),
    "ge": Function(lambda a, b: not logic.less(a, b), ("any", "any")),
    "graphLink": Function(lambda expr: addresses.link(expr, 0), ("string",)),
    "gt": Function(lambda a, b: not logic.at_most(a, b), ("any", "any")),
    "html": Function(lambda *given: addresses.html(formats.printed(*given)), rest=True),
    "humanize": _humanized(humanize.humanize),
    "humanize1024": _humanized(humanize.humanize1024),
    "humanizeDuration": _humanized(humanize.humanize_duration),
    "humanizePercentage": _humanized(humanize.humanize_percentage),
    "humanizeTimestamp": _humanized(humanize.humanize_timestamp),
    "index": Function(logic.index, rest=True),
    "label": Function(_label, ("string", "sample")),
    "le": Function(logic.at_most, ("any", "any")),
    "len": Function(logic.length),
    "lt": Function(logic.less, ("any", "any")),
    "match": Function(match, ("string", "string")),
    "ne": Function(lambda a, b: not logic.equal(a, b), ("any", "any")),
    "not": Function(lambda value: not truth(value)),
    "parseDuration": Function(duration, ("string",)),
    "print": Function(formats.printed, rest=True),
    "printf": Function(formats.printf, ("string", "any"), rest=True),
    "println": Function(lambda *given: " ".join(map(formats.written, given)) + "\n", rest=True),
    "reReplaceAll": Function(replaced, ("string", "string", "string")),
    "safeHtml": Function(str, ("string",)),
    "slice": Function(logic.part, ("any", "int"), rest=True),
    "sortByLabel": Function(_sorted, ("string", "slice")),
    "stripDomain": Function(addresses.without_domain, ("string",)),
    "stripPort": Function(addresses.without_port, ("string",)),
    "strvalue": Function(lambda sample: _label("__value__", sample), ("sample",)),
    "tableLink": Function(lambda expr: addresses.link(expr, 1), ("string",)),
    "title": Function(formats.title, ("string",)),
    "toLower": Function(str.lower, ("string",)),
    "toTime": Function(lambda value: time_of(number(value))),
    "toUpper": Function(str.upper, ("string",)),
    "urlquery": Function(lambda *given: addresses.escaped(formats.printed(*given)), rest=True),
    "value": Function(lambda sample: sample.fields["Value"], ("sample",)),
}

OF_THE_SCENE: Mapping[str, tuple[tuple[str, ...], Callable[..., object]]] = {
    "externalURL": ((), lambda scene: scene.external.url),
    "pathPrefix": ((), lambda scene: scene.external.path),
    "query": (("string",), _query),
}


def _and(values: Iterator[object]) -> object:
    last: object = None
    for last in values:
        if not truth(last):
            return last
    return last


def _or(values: Iterator[object]) -> object:
    last: object = None
    for last in values:
        if truth(last):
            return last
    return last


LAZY: Mapping[str, Callable[[Iterator[object]], object]] = {"and": _and, "or": _or}
"""Those that do not look at arguments behind the one that decides."""


def check_call(name: str, count: int) -> None:
    """Refuses what is no function, or not with so many arguments."""
    if name in LAZY:
        least, most = 1, None
    elif name in OF_THE_SCENE:
        least = most = len(OF_THE_SCENE[name][0])
    elif name in FUNCTIONS:
        function = FUNCTIONS[name]
        least = len(function.takes) - (function.rest and name not in ("eq", "slice", "index"))
        most = None if function.rest else least
    else:
        known = {*LAZY, *OF_THE_SCENE, *FUNCTIONS}
        raise TemplateError(f"{name} is not a function here; {unknown(name, known, 'the functions')}")
    if count < least or (most is not None and count > most):
        wanted = f"at least {least}" if most is None else str(least)
        raise TemplateError(f"{name} takes {wanted} argument{'s' * (least != 1)}, not {count}")


def called(name: str, scope: Scope, arguments: list[object]) -> object:
    """What the function makes of the arguments; all that can go wrong is a `TemplateError`."""
    if name in OF_THE_SCENE:
        takes, run = OF_THE_SCENE[name]
        _check_kinds(name, takes, arguments)
        return run(scope.scene, *arguments)
    function = FUNCTIONS[name]
    more = [function.takes[-1]] * (len(arguments) - len(function.takes)) if function.rest else []
    _check_kinds(name, (*function.takes, *more), arguments)
    try:
        return function.run(*arguments)
    except TemplateError as error:
        raise TemplateError(f"{name}: {error}") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise TemplateError(f"{name}: {error}") from error


def _check_kinds(name: str, takes: Sequence[str], arguments: Sequence[object]) -> None:
    for wanted, value in zip(takes, arguments, strict=False):
        if wanted not in ("any", kind(value)):
            raise TemplateError(f"{name} takes a {wanted} here, not {formats.written(value)}")
