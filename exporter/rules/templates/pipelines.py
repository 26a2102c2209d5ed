"""What stands between `{{` and `}}`: `$labels.x | printf "%s"`, compiled to closures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from exporter.rules.templates import formats
from exporter.rules.templates.data import TemplateError, field, kind
from exporter.rules.templates.functions import LAZY, called, check_call
from exporter.rules.templates.scene import Scope
from exporter.rules.templates.times import Time
from exporter.rules.templates.tokens import CONSTANTS, Token, literal, tokens
from exporter.strict import unknown

Pipeline = Callable[[Scope], object]

_ROOT = ("Labels", "ExternalLabels", "ExternalURL", "Value")
_TEXTS = {"$labels": 1, "$externalLabels": 1, "$externalURL": 0, "$value": 0}
"""How many fields in a row can be asked of what a template begins with."""


class Declared:
    """The variables that are known at one place of a template, each with its slot; `asks`: something is queried."""

    def __init__(self, names: Sequence[str]) -> None:
        self._slots = {name: number for number, name in enumerate(names)}
        self._first = len(names)
        self.count = len(names)
        self.dot_is_root = True
        self.asks = False

    @contextmanager
    def block(self, *, moves_dot: bool) -> Iterator[None]:
        """What is declared inside is forgotten behind it."""
        slots, root = dict(self._slots), self.dot_is_root
        self.dot_is_root = root and not moves_dot
        yield
        self._slots, self.dot_is_root = slots, root

    def slot(self, name: str, new: bool = False) -> int:
        if new:
            self._slots[name], self.count = self.count, self.count + 1
        if name not in self._slots:
            raise TemplateError(f"{name} is not known here; {unknown(name, self._slots, 'the variables')}")
        return self._slots[name]

    def predeclared(self, name: str) -> bool:
        return self._slots.get(name, self._first) < self._first


class Words:
    """Reads one action."""

    def __init__(self, text: str, declared: Declared) -> None:
        self._text, self._declared = text, declared
        self._tokens = tokens(text)
        self._next = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _kinds(self, count: int) -> list[str]:
        return [each.text if each.kind == "sign" else each.kind for each in self._tokens[:count]]

    def assigned(self) -> tuple[str, bool] | None:
        """The variable that is set here, and whether it is a new one."""
        if self._kinds(2) not in (["variable", ":="], ["variable", "="]):
            return None
        self._next = 2
        return self._tokens[0].text, self._tokens[1].text == ":="

    def iterated(self) -> tuple[str, ...]:
        """The variables of a range."""
        for count in (2, 4):
            if self._kinds(count) == ["variable", ",", "variable", ":="][-count:]:
                self._next = count
                return tuple(each.text for each in self._tokens[:count:2])
        return ()

    def whole(self) -> Pipeline:
        """The pipeline that is left. Raises `TemplateError`."""
        pipeline = self._pipeline()
        if self._token.text:
            raise TemplateError(f"{self._token.text!r} is not expected in {{{{{self._text}}}}}")
        return pipeline

    def _pipeline(self) -> Pipeline:
        result = self._command(None)
        while self._token.text == "|":
            self._next += 1
            result = self._command(result)
        return result

    def _command(self, piped: Pipeline | None) -> Pipeline:
        token = self._token
        if token.kind == "word" and token.text not in CONSTANTS and not self._has_fields(self._next + 1):
            self._next += 1
            return self._call(token.text, piped)
        operands = list(self._operands())
        if not operands:
            raise TemplateError(f"a value is missing in {{{{{self._text}}}}}")
        first, *rest = operands
        arguments = [*rest, *([piped] if piped else [])]
        if arguments and not isinstance(first, _Chain):
            raise TemplateError(f"only a function takes arguments, in {{{{{self._text}}}}}")
        return first.given(arguments) if arguments and isinstance(first, _Chain) else first

    def _call(self, name: str, piped: Pipeline | None) -> Pipeline:
        given = self._token
        arguments = [*self._operands(), *([piped] if piped else [])]
        check_call(name, len(arguments))
        self._declared.asks |= name == "query"
        if name == "printf" and given.kind in ("text", "raw"):
            formats.check(str(literal(given)))
        if name in LAZY:
            return lambda scope: LAZY[name](argument(scope) for argument in arguments)
        return lambda scope: called(name, scope, [argument(scope) for argument in arguments])

    def _operands(self) -> Iterator[Pipeline]:
        while self._token.kind != "end" and self._token.text not in ("|", ")"):
            self._next += 1
            before = self._tokens[self._next - 1]
            operand = self._operand(before)
            fields = []
            while self._has_fields(self._next):
                fields.append(self._token.text[1:])
                self._next += 1
            self._check(before, fields)
            yield _Chain(operand, fields) if fields else operand

    def _has_fields(self, place: int) -> bool:
        return self._tokens[place].kind == "field" and not self._tokens[place].blank

    def _operand(self, token: Token) -> Pipeline:
        if token.text == "(":
            inner = self._pipeline()
            if self._token.text != ")":
                raise TemplateError(f"a bracket is not closed in {{{{{self._text}}}}}")
            self._next += 1
            return inner
        if token.kind == "variable":
            slot = self._declared.slot(token.text)
            return lambda scope: scope.slots[slot]
        if token.kind == "field":
            return _Chain(lambda scope: scope.dot, [token.text[1:]])
        if token.kind == "dot":
            return lambda scope: scope.dot
        if token.kind == "word" and token.text not in CONSTANTS:
            return self._bare(token.text)
        constant = literal(token)
        return lambda _: constant

    def _bare(self, name: str) -> Pipeline:
        """A function without arguments as an argument of another."""
        check_call(name, 0)
        return lambda scope: called(name, scope, [])

    def _check(self, token: Token, fields: Sequence[str]) -> None:
        """Refuses what the alert itself does not have: it would fail for every value."""
        path = token.text + "".join(f".{each}" for each in fields)
        root = token.text == "$" or (token.kind in ("field", "dot") and self._declared.dot_is_root)
        steps = [token.text[1:], *fields] if token.kind == "field" else list(fields)
        if root and (not steps or steps[0] not in _ROOT or len(steps) > 1 + _TEXTS[_variable(steps[0])]):
            raise TemplateError(f"{path} is not known here; write $labels.NAME or $value")
        predeclared = token.kind == "variable" and self._declared.predeclared(token.text)
        if predeclared and len(fields) > _TEXTS.get(token.text, len(fields)):
            raise TemplateError(f"{path} is not known here; write $labels.NAME or $value")


def _variable(field_name: str) -> str:
    return dict(zip(_ROOT, _TEXTS, strict=True))[field_name]


class _Chain:
    """A value and the fields asked of it; the last may be a method, which takes arguments."""

    def __init__(self, base: Pipeline, fields: Sequence[str], arguments: Sequence[Pipeline] = ()) -> None:
        self._base, self._fields, self._arguments = base, fields, arguments

    def given(self, arguments: Sequence[Pipeline]) -> _Chain:
        return _Chain(self._base, self._fields, arguments)

    def __call__(self, scope: Scope) -> object:
        value = self._base(scope)
        for name in self._fields[:-1]:
            value = _asked(value, name, [])
        return _asked(value, self._fields[-1], [argument(scope) for argument in self._arguments])


def _asked(value: object, name: str, arguments: list[object]) -> object:
    if isinstance(value, Time):
        return value.method(name, arguments)
    if arguments:
        raise TemplateError(f"{name} has arguments but cannot be invoked as function on {kind(value)}")
    return field(value, name)
