"""A template cut into texts and actions, and an action into words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from exporter.rules.templates.data import TemplateError

_ACTION = re.compile(
    r"""\{\{(?P<trims>-(?=\s))?(?P<action>(?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!(?:\s-)?\}\})[^"`])*)"""
    r"""(?:\}\}|\s-\}\}\s*)""",
    re.DOTALL,
)
_COMMENT = re.compile(r"\s?/\*.*\*/\s?", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<blank>\s*)(?:(?P<text>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.|[^'\\])')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))(?![\w.])
    |(?P<variable>\$\w*)|(?P<field>\.\w+)|(?P<dot>\.)|(?P<word>\w+)|(?P<sign>:=|[=|(),])|(?P<other>\S))""",
    re.VERBOSE,
)
_STRANGE_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^abfnrtv\\\"'xuU0-7]")

CONSTANTS: dict[str, object] = {"true": True, "false": False, "nil": None}


class Token(NamedTuple):
    """`blank`: there is white space before it. The last one of an action has the kind `end`."""

    kind: str
    text: str
    blank: bool


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """("text" | "action", what stands there), in order; white space that `{{-` and `-}}` eat is gone."""
    end = 0
    for found in _ACTION.finditer(text):
        before = text[end : found.start()]
        yield "text", before.rstrip() if found["trims"] else before
        if not _COMMENT.fullmatch(found["action"]):
            yield "action", found["action"].strip()
        end = found.end()
    yield "text", text[end:]


def tokens(action: str) -> list[Token]:
    found = [
        Token(each.lastgroup or "", each[each.lastgroup or 0], bool(each["blank"])) for each in _TOKEN.finditer(action)
    ]
    return [*found, Token("end", "", True)]


def literal(token: Token) -> object:
    """The constant that a token is. Raises `TemplateError` for what is none."""
    kind, text, _ = token
    if kind == "raw":
        return text[1:-1]
    if kind == "number":
        whole = text.lower().lstrip("+-").startswith("0x") or not set(text) & set(".eE")
        return _whole(text) if whole else float(text)
    if kind == "word" and text in CONSTANTS:
        return CONSTANTS[text]
    if kind not in ("text", "char") or _STRANGE_ESCAPE.search(text):
        raise TemplateError(f"{text} is not expected here; put a function and its arguments in brackets")
    said = str(ast.literal_eval(text))
    return ord(said) if kind == "char" else said


def _whole(text: str) -> int:
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
    try:
        return int(text, 8 if octal else 0)
    except ValueError:
        raise TemplateError(f"{text} is no number; write it without the leading 0") from None
