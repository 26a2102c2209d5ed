"""The text of a migration → its statements with their places, as the `mysql` client would cut it."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from exporter.ddl.nouns import Fault, Statement

LONGEST = 4_000_000
"""Characters of a file that is judged."""

MOST = 5_000
"""Statements of a file that is judged."""

_ALLOW = re.compile(r"order-health:\s*allow\s+([\w-]+)[ \t]*(.*)", re.IGNORECASE)
_BODY = re.compile(r"\s*CREATE\b(?:(?!\bBEGIN\b|;).)*\b(TRIGGER|PROCEDURE|FUNCTION|EVENT)\b", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass
class _Piece:
    """A statement that is being collected; comments are blanked, so that places stay."""

    start: int = -1
    text: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    depth: int = 0
    word: str = ""

    def add(self, text: str, at: int) -> None:
        if self.start < 0 and text.strip():
            self.start = at
        if self.start >= 0:
            self.text.append(text)

    def inside(self) -> bool:
        """Within BEGIN … END of a stored program, where `;` ends nothing."""
        return self.depth > 0 and _BODY.match("".join(self.text[:200])) is not None

    def count(self, word: str) -> None:
        """Follows BEGIN, CASE and END; END IF, END LOOP … close what was not counted."""
        word = word.upper()
        if word in ("BEGIN", "CASE") and self.word != "END":
            self.depth += 1
        elif word == "END":
            self.depth = max(0, self.depth - 1)
        elif self.word == "END" and word in ("IF", "LOOP", "WHILE", "REPEAT", "FOR"):
            self.depth += 1
        self.word = word


def statements(text: str, family: str = "mysql") -> tuple[list[Statement], list[Fault]]:
    """All statements in their order, and what cannot be cut: an open string or comment, a file that is no text."""
    if "\0" in text:
        return [], [Fault(1, 1, "this is no text but a binary file; give the SQL of the migration")]
    if len(text) > LONGEST:
        return [], [Fault(1, 1, f"the file has more than {LONGEST:,} characters; judge the migration, not a dump")]
    cutter = _Cutter(text, family)
    found = list(cutter.run())
    if len(found) > MOST:
        return [], [Fault(1, 1, f"the file has more than {MOST:,} statements; judge the migration, not a dump")]
    return found, cutter.faults


class _Cutter:
    def __init__(self, text: str, family: str) -> None:
        self.text, self.mysql = text, family == "mysql"
        self.faults: list[Fault] = []
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.delimiter = ";"

    def run(self) -> Iterator[Statement]:
        piece, at = _Piece(), 0
        tokens = self._tokens()
        while at < len(self.text):
            if found := self._delimiter_line(piece, at):
                at = found
                continue
            if self.text.startswith(self.delimiter, at) and not (self.delimiter == ";" and piece.inside()):
                at += len(self.delimiter)
                at, trailing = self._trailing(at)
                if last := self._statement(piece, trailing):
                    yield last
                piece = _Piece()
                continue
            token = tokens.match(self.text, at)
            kind, word = (token.lastgroup, token[0]) if token else ("other", self.text[at])
            self._take(piece, str(kind), word, at)
            at += len(word)
        if last := self._statement(piece, []):
            yield last

    def _take(self, piece: _Piece, kind: str, word: str, at: int) -> None:
        if kind == "comment":
            piece.comments.append(word)
            piece.add(re.sub(r"[^\n]", " ", word), at)
            return
        if kind == "open":
            what = {"/": "comment", "`": "name"}.get(word[0], "string")
            self.faults.append(Fault(*self._place(at), f"a {what} is opened here and never closed"))
        if kind == "word":
            piece.count(word)
        piece.add(" " * len(word) if kind == "versioned" else word, at)

    def _delimiter_line(self, piece: _Piece, at: int) -> int | None:
        """DELIMITER is a word of the client: it stands at the start of a line, between statements."""
        if not self.mysql or piece.start >= 0 or self.text[at : at + 1] not in ("d", "D"):
            return None
        found = re.compile(r"DELIMITER[ \t]+(\S+)[^\n]*", re.IGNORECASE).match(self.text, at)
        if not found or self.text[self._line_start(at) : at].strip():
            return None
        self.delimiter = found[1]
        return found.end()

    def _trailing(self, at: int) -> tuple[int, list[str]]:
        """A comment behind a statement, on its line, speaks of that statement."""
        found = re.compile(r"[ \t]*(?:--[ \t]|#)([^\n]*)").match(self.text, at)
        return (found.end(), [found[0].strip()]) if found else (at, [])

    def _statement(self, piece: _Piece, trailing: list[str]) -> Statement | None:
        text = "".join(piece.text).rstrip()
        if not text.strip():
            return None
        allowed = {
            found[1]: found[2].removesuffix("*/").strip()
            for comment in (*piece.comments, *trailing)
            for found in _ALLOW.finditer(comment)
        }
        return Statement(text, *self._place(piece.start), allowed)

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _place(self, at: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.lines, at)
        return line, at - self.lines[line - 1] + 1

    def _tokens(self) -> re.Pattern[str]:
        escaped = r"\\.|" if self.mysql else ""
        parts = {
            # what stands in /*!40101 … */ is run by the server
            "versioned": r"/\*!\d*|/\*M!\d*|\*/" if self.mysql else r"(?!)",
            "comment": r"--(?=\s|$)[^\n]*|/\*.*?\*/" + (r"|\#[^\n]*" if self.mysql else r"|--[^\n]*"),
            "quoted": rf"'(?:[^'\\]|{escaped}''" + ("" if self.mysql else r"|\\") + r")*'"
            rf'|"(?:[^"\\]|{escaped}""' + ("" if self.mysql else r"|\\") + r')*"|`[^`]*`'
            + ("" if self.mysql else r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"),
            "open": r"['\"`]|/\*",
            "word": r"[A-Za-z_]\w*",
            "space": r"\s+",
        }  # fmt: skip
        return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in parts.items()), re.DOTALL)
