"""What stands between `{{` and `}}`: `$labels.x | printf "%s"`, compiled to closures."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from exporter.rules import formats, humanize
from exporter.rules.formats import Datum
from exporter.strict import unknown

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<path>\$\w*(?:\.\w+)*|(?:\.\w+)+|\.)|(?P<word>\w+)|(?P<sign>[|()])|(?P<other>\S))""",
    re.VERBOSE,
)
_STRANGE_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^abfnrtv\\\"xuU0-7]")


class TemplateError(ValueError):
    """A template that cannot be parsed, or that fails for these values."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a template sees: all labels of the result (its name, too) and its value; `dot` is what `with` has set."""

    labels: Mapping[str, str]
    value: float
    dot: Datum = ""

    def at(self, dot: Datum) -> Scope:
        return replace(self, dot=dot)


Pipeline = Callable[[Scope], Datum]


@dataclass(frozen=True, slots=True)
class Function:
    """A template function: how many arguments it takes at most (None: any number), and whether they must be text."""

    run: Callable[..., str]
    most: int | None = 1
    text: bool = False


FUNCTIONS: Mapping[str, Function] = {
    "humanize": Function(humanize.numeric(humanize.humanize)),
    "humanize1024": Function(humanize.numeric(humanize.humanize1024)),
    "humanizeDuration": Function(humanize.numeric(humanize.humanize_duration)),
    "humanizePercentage": Function(humanize.numeric(humanize.humanize_percentage)),
    "humanizeTimestamp": Function(humanize.numeric(humanize.humanize_timestamp)),
    "printf": Function(formats.printf, most=None),
    "title": Function(formats.title, text=True),
    "toLower": Function(str.lower, text=True),
    "toUpper": Function(str.upper, text=True),
}


def parsed(text: str, *, inside_with: bool) -> Pipeline:
    """The pipeline that `text` means; `inside_with` says that `.` is no longer the alert. Raises `TemplateError`."""
    reader = _Reader(text, inside_with=inside_with)
    pipeline = reader.pipeline()
    if reader.piece:
        raise TemplateError(f"{reader.piece!r} is not expected in {{{{{text}}}}}")
    return pipeline


class _Reader:
    def __init__(self, text: str, *, inside_with: bool) -> None:
        self._text, self._inside_with = text, inside_with
        pieces = [(found.lastgroup or "", found[found.lastgroup or 0]) for found in _TOKEN.finditer(text)]
        self._pieces = [*pieces, ("end", "")]
        self._next = 0

    @property
    def piece(self) -> str:
        return self._pieces[self._next][1]

    def pipeline(self) -> Pipeline:
        result = self._command(None)
        while self.piece == "|":
            self._next += 1
            result = self._command(result)
        return result

    def _command(self, piped: Pipeline | None) -> Pipeline:
        kind, word = self._pieces[self._next]
        if kind == "word" and word not in _BOOLEANS:
            self._next += 1
            return self._called(word, piped)
        operands = self._operands()
        if not operands:
            raise TemplateError(f"a value is missing in {{{{{self._text}}}}}")
        if len(operands) > 1 or piped:
            raise TemplateError(f"only a function takes arguments, in {{{{{self._text}}}}}")
        return operands[0]

    def _operands(self) -> list[Pipeline]:
        operands = []
        while self.piece and self.piece not in ("|", ")"):
            self._next += 1
            operands.append(self._operand(*self._pieces[self._next - 1]))
        return operands

    def _operand(self, kind: str, piece: str) -> Pipeline:
        if piece == "(":
            inner = self.pipeline()
            if self.piece != ")":
                raise TemplateError(f"a bracket is not closed in {{{{{self._text}}}}}")
            self._next += 1
            return inner
        if kind == "path":
            return _path(piece, inside_with=self._inside_with)
        literal = _literal(kind, piece)
        return lambda _: literal

    def _called(self, name: str, piped: Pipeline | None) -> Pipeline:
        function = FUNCTIONS.get(name)
        if function is None:
            raise TemplateError(f"{name} is not a function here; {unknown(name, FUNCTIONS, 'the functions')}")
        kind, piece = self._pieces[self._next]
        if name == "printf" and kind in ("text", "raw"):
            _check_verbs(str(_literal(kind, piece)))
        arguments = [*self._operands(), *([piped] if piped else [])]
        if not arguments or (function.most is not None and len(arguments) > function.most):
            raise TemplateError(f"{name} takes {function.most or 'at least 1'} argument, not {len(arguments)}")
        return lambda scope: _applied(name, function, [argument(scope) for argument in arguments])


def _applied(name: str, function: Function, arguments: Sequence[Datum]) -> str:
    if (function.text or name == "printf") and not isinstance(arguments[0], str):
        raise TemplateError(f"{name} takes text first, not {formats.written(arguments[0])}")
    try:
        return function.run(*arguments)
    except (ValueError, TypeError, OverflowError) as error:
        raise TemplateError(f"{name}: {error}") from error


def _check_verbs(template: str) -> None:
    odd = [verb for verb in formats.verbs(template) if verb not in formats.VERBS]
    if odd == [""]:
        raise TemplateError(f"the text {template!r} of printf ends in %; write %% for a percent sign")
    if odd:
        raise TemplateError(f"printf knows no %{odd[0]} here; its verbs are %{' %'.join(sorted(formats.VERBS))}")


_BOOLEANS = {"true": True, "false": False}


def _literal(kind: str, piece: str) -> Datum:
    if kind == "raw":
        return piece[1:-1]
    if kind == "number":
        return float(piece) if set(piece) & set(".eE") else int(piece)
    if kind == "word" and piece in _BOOLEANS:
        return _BOOLEANS[piece]
    if kind != "text" or _STRANGE_ESCAPE.search(piece):
        raise TemplateError(f"{piece} is not expected here; put a function and its arguments in brackets")
    return str(ast.literal_eval(piece))


_ALERT = {"Labels": "$labels", "Value": "$value"}


def _path(piece: str, *, inside_with: bool) -> Pipeline:
    head, *fields = piece.split(".") if piece != "." else [""]
    if head == "" and inside_with:
        return lambda scope: _deeper(scope.dot, fields, piece)
    if head in ("", "$"):
        if not fields or fields[0] not in _ALERT:
            raise TemplateError(f"{piece} is not known here; write $labels.NAME or $value")
        head, fields = _ALERT[fields[0]], fields[1:]
    if head == "$labels" and len(fields) <= 1:
        return lambda scope: _deeper(scope.labels, fields, piece)
    if head == "$value" and not fields:
        return lambda scope: scope.value
    raise TemplateError(f"{piece} is not known here; write $labels.NAME or $value")


def _deeper(datum: Datum, fields: Sequence[str], piece: str) -> Datum:
    for field in fields:
        if not isinstance(datum, Mapping):
            raise TemplateError(f"{piece}: {formats.written(datum)} has no fields")
        datum = datum.get(field, "")
    return datum
