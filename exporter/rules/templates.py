"""The part of Go's templates that rules use, parsed once when a rule file is loaded.

`{{ $labels.x }}`, `{{ $value }}`, pipes into functions, `{{ if }}` and `{{ with }}`. Everything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.rules.formats import written
from exporter.rules.pipelines import Pipeline, Scope, TemplateError, parsed

__all__ = ["Template", "TemplateError"]

_ACTION = re.compile(
    r"""\{\{(?P<trims>-(?=\s))?(?P<action>(?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!(?:\s-)?\}\})[^"`])*)"""
    r"""(?:\}\}|\s-\}\}\s*)""",
    re.DOTALL,
)
_COMMENT = re.compile(r"\s?/\*.*\*/\s?", re.DOTALL)
_KEYWORD = re.compile(r"(if|with|else|end|range|define|template|block|break|continue)\b\s*", re.DOTALL)

LONGEST, MOST_ACTIONS = 20_000, 200

Part = Callable[[Scope], str]


@dataclass(frozen=True, slots=True)
class Template:
    """A text of a rule, ready to be filled in."""

    text: str
    _parts: tuple[Part, ...]

    @classmethod
    def of(cls, text: str) -> Template:
        """Raises `TemplateError`, which says what to write instead."""
        if text.count("{{") > MOST_ACTIONS or len(text) > LONGEST:
            raise TemplateError(f"it is longer than {LONGEST} characters or {MOST_ACTIONS} actions; shorten it")
        try:
            return cls(text, tuple(_Parser(text).whole()))
        except RecursionError:
            raise TemplateError("it is nested too deep; write it flatter") from None

    def expand(self, labels: Mapping[str, str], value: float) -> str:
        """The filled text; where a function cannot take a value, the fault stands in the text's place."""
        try:
            return _joined(self._parts, Scope(labels, value))
        except TemplateError as error:
            return f"<error expanding template: {error}>"


def _joined(parts: Sequence[Part], scope: Scope) -> str:
    return "".join(part(scope) for part in parts)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """("text" | "action", what stands there), in order; white space that `{{-` and `-}}` eat is gone."""
    end = 0
    for found in _ACTION.finditer(text):
        before = text[end : found.start()]
        yield "text", before.rstrip() if found["trims"] else before
        if not _COMMENT.fullmatch(found["action"]):
            yield "action", found["action"].strip()
        end = found.end()
    yield "text", text[end:]


class _Parser:
    def __init__(self, text: str) -> None:
        self._pieces = [piece for piece in _pieces(text) if piece[1] or piece[0] == "action"]
        self._next = 0

    def whole(self) -> list[Part]:
        parts, ended_by = self._body(inside_with=False)
        if ended_by is not None:
            raise TemplateError(f"{{{{ {ended_by} }}}} stands without {{{{ if }}}} or {{{{ with }}}}; remove it")
        return parts

    def _body(self, *, inside_with: bool) -> tuple[list[Part], str | None]:
        """The parts up to `end` or `else` of this level, and which of them ended it (None: the text did)."""
        parts: list[Part] = []
        while self._next < len(self._pieces):
            kind, piece = self._pieces[self._next]
            self._next += 1
            keyword = _KEYWORD.match(piece) if kind == "action" else None
            if kind == "text":
                parts.append(_text(piece))
            elif keyword is None:
                parts.append(_print(parsed(piece, inside_with=inside_with)))
            elif keyword[1] in ("else", "end"):
                return parts, piece
            else:
                parts.append(self._branch(keyword[1], piece[keyword.end() :], inside_with=inside_with))
        return parts, None

    def _branch(self, keyword: str, condition: str, *, inside_with: bool) -> Part:
        if keyword not in ("if", "with"):
            raise TemplateError(f"{{{{ {keyword} }}}} is not used here; only if and with are")
        question = parsed(condition, inside_with=inside_with)
        body, ended_by = self._body(inside_with=inside_with or keyword == "with")
        otherwise: list[Part] = []
        if ended_by is not None and ended_by.startswith("else"):
            rest = _KEYWORD.match(ended_by.removeprefix("else").strip())
            if rest and rest[1] == "if":
                condition = ended_by.removeprefix("else").strip()[rest.end() :]
                otherwise, ended_by = [self._branch("if", condition, inside_with=inside_with)], "end"
            elif ended_by == "else":
                otherwise, ended_by = self._body(inside_with=inside_with)
        if ended_by != "end":
            raise TemplateError(f"{{{{ {keyword} {condition} }}}} is not closed; write {{{{ end }}}} after it")
        return _either(question, body, otherwise, moves_dot=keyword == "with")


def _text(piece: str) -> Part:
    if "{{" in piece:
        raise TemplateError("{{ is not closed; write }} after it")
    return lambda _: piece


def _print(pipeline: Pipeline) -> Part:
    return lambda scope: written(pipeline(scope))


def _either(question: Pipeline, body: Sequence[Part], otherwise: Sequence[Part], *, moves_dot: bool) -> Part:
    def run(scope: Scope) -> str:
        answer = question(scope)
        if not answer:
            return _joined(otherwise, scope)
        return _joined(body, scope.at(answer) if moves_dot else scope)

    return run
