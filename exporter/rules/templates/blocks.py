"""Texts, actions and the blocks `if`, `with` and `range` around them, compiled to closures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from exporter.rules.templates.data import TemplateError, kind, truth
from exporter.rules.templates.formats import written
from exporter.rules.templates.pipelines import Declared, Pipeline, Words
from exporter.rules.templates.scene import PREDECLARED, Scope
from exporter.rules.templates.tokens import pieces

Part = Callable[[Scope], None]

_KEYWORD = re.compile(r"(if|with|range|else|end|break|continue|define|template|block)\b\s*", re.DOTALL)
_OPENING = ("if", "with", "range")


class _Break(Exception):  # noqa: N818 - no error: it ends a range
    pass


class _Continue(Exception):  # noqa: N818 - no error: it ends a turn
    pass


def parsed(text: str) -> tuple[bool, tuple[Part, ...], int]:
    """Whether it queries, its parts, and how many variables they need. Raises `TemplateError`."""
    if "{{" not in text:
        return False, (), 0
    parser = _Parser(text)
    parts, ended_by = parser.body()
    if ended_by is not None:
        raise TemplateError(f"{{{{ {ended_by} }}}} stands without {{{{ if }}}} or {{{{ with }}}}; remove it")
    return parser.declared.asks, tuple(parts), parser.declared.count


class _Parser:
    def __init__(self, text: str) -> None:
        self._pieces = [piece for piece in pieces(text) if piece[1] or piece[0] == "action"]
        self._next = 0
        self._ranges = 0
        self.declared = Declared(PREDECLARED)

    def body(self) -> tuple[list[Part], str | None]:
        """The parts up to `end` or `else` of this level, and which of them ended it (None: the text did)."""
        parts: list[Part] = []
        while self._next < len(self._pieces):
            what, piece = self._pieces[self._next]
            self._next += 1
            keyword = _KEYWORD.match(piece) if what == "action" else None
            if what == "text":
                parts.append(_text(piece))
            elif keyword is None:
                parts.append(self._action(piece))
            elif keyword[1] in ("else", "end"):
                return parts, piece
            else:
                parts.append(self._block(keyword[1], piece[keyword.end() :]))
        return parts, None

    def _action(self, piece: str) -> Part:
        words = Words(piece, self.declared)
        assigned = words.assigned()
        pipeline = words.whole()
        if assigned is None:
            return lambda scope: scope.write(written(pipeline(scope)))
        slot = self.declared.slot(*assigned)
        return lambda scope: scope.slots.__setitem__(slot, pipeline(scope))

    def _block(self, keyword: str, rest: str) -> Part:
        if keyword in ("break", "continue") and self._ranges and not rest:
            return _ends(_Break() if keyword == "break" else _Continue())
        if keyword not in _OPENING:
            raise TemplateError(f"{{{{ {keyword} }}}} is not used here; only if, with and range are")
        with self.declared.block(moves_dot=False):
            return self._branch(keyword, rest)

    def _branch(self, keyword: str, rest: str) -> Part:
        slots, question = self._condition(keyword, rest)
        self._ranges += keyword == "range"
        with self.declared.block(moves_dot=keyword != "if"):
            body, ended_by = self.body()
        self._ranges -= keyword == "range"
        otherwise, ended_by = self._otherwise(keyword, ended_by)
        if ended_by != "end":
            raise TemplateError(f"{{{{ {keyword} {rest} }}}} is not closed; write {{{{ end }}}} after it")
        if keyword == "range":
            return _range(question, slots, body, otherwise)
        return _either(question, slots, body, otherwise, moves_dot=keyword == "with")

    def _condition(self, keyword: str, rest: str) -> tuple[Sequence[int], Pipeline]:
        words = Words(rest, self.declared)
        names = words.iterated() if keyword == "range" else None
        assigned = None if names else words.assigned()
        question = words.whole()
        given = [(name, True) for name in names] if names else [assigned] if assigned else []
        return [self.declared.slot(*each) for each in given], question

    def _otherwise(self, keyword: str, ended_by: str | None) -> tuple[list[Part], str | None]:
        if ended_by is None or not ended_by.startswith("else"):
            return [], ended_by
        rest = ended_by.removeprefix("else").strip()
        again = _KEYWORD.match(rest)
        if again and again[1] == keyword == "if":
            return [self._branch("if", rest[again.end() :])], "end"
        if rest:
            raise TemplateError(f"{{{{ {ended_by} }}}} is not used here; write {{{{ else }}}} and a block inside it")
        with self.declared.block(moves_dot=False):
            return self.body()


def _text(piece: str) -> Part:
    if "{{" in piece:
        raise TemplateError("{{ is not closed; write }} after it")
    return lambda scope: scope.write(piece)


def _ends(how: Exception) -> Part:
    def run(_: Scope) -> None:
        raise how

    return run


def _run(parts: Sequence[Part], scope: Scope) -> None:
    for part in parts:
        part(scope)


def _either(
    question: Pipeline, slots: Sequence[int], body: Sequence[Part], otherwise: Sequence[Part], *, moves_dot: bool
) -> Part:
    def run(scope: Scope) -> None:
        answer, outer = question(scope), scope.dot
        for slot in slots:
            scope.slots[slot] = answer
        if not truth(answer):
            return _run(otherwise, scope)
        try:
            scope.dot = answer if moves_dot else outer
            return _run(body, scope)
        finally:
            scope.dot = outer

    return run


def _range(question: Pipeline, slots: Sequence[int], body: Sequence[Part], otherwise: Sequence[Part]) -> Part:
    def run(scope: Scope) -> None:
        things, outer = list(_pairs(question(scope))), scope.dot
        if not things:
            return _run(otherwise, scope)
        try:
            for pair in things:
                scope.turn()
                for slot, value in zip(slots, pair[-len(slots) :], strict=False):
                    scope.slots[slot] = value
                scope.dot = pair[1]
                try:
                    _run(body, scope)
                except _Continue:
                    continue
        except _Break:
            return None
        finally:
            scope.dot = outer

    return run


def _pairs(things: object) -> Iterator[tuple[object, object]]:
    """Of a list its numbers and elements, of a map its keys in order and their values."""
    if isinstance(things, Mapping):
        return iter(sorted(things.items()))
    if isinstance(things, list):
        return iter(enumerate(things))
    if things is None:
        return iter(())
    raise TemplateError(f"range can't iterate over {kind(things)}")
