"""A statement as a row of tokens that is read from left to right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from exporter.ddl.nouns import Name, UnreadableError

_REST = r"|(?P<number>\d+(?:\.\d+)?(?![\w$]))|(?P<word>[\w$]+)|(?P<sign>:=|\S)"
_TOKEN = {
    "mysql": re.compile(
        r"`(?P<name>(?:[^`]|``)+)`|(?P<string>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\")" + _REST, re.DOTALL
    ),
    "": re.compile(
        r"[\"`](?P<name>(?:[^\"`]|\"\")+)[\"`]|(?P<string>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)" + _REST,
        re.DOTALL,
    ),
}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: word, name (quoted), string, number, or the sign itself."""

    kind: str
    text: str
    start: int
    end: int


@dataclass
class Tokens:
    """`text` is what the tokens were cut from; offsets of errors are into it."""

    text: str
    all: list[Token]
    at: int = 0
    _ends: int = field(init=False)

    def __post_init__(self) -> None:
        self._ends = len(self.all)

    @classmethod
    def of(cls, text: str, family: str) -> Tokens:
        pattern = _TOKEN.get(family, _TOKEN[""])
        return cls(text, [_token(found) for found in pattern.finditer(text)])

    @property
    def left(self) -> bool:
        return self.at < self._ends

    @property
    def offset(self) -> int:
        return self.all[self.at].start if self.left else len(self.text)

    def peek(self, ahead: int = 0) -> str:
        """The next word or sign in upper case; "" at the end, for strings, and for quoted names."""
        place = self.at + ahead
        if place >= self._ends or self.all[place].kind in ("name", "string"):
            return ""
        return self.all[place].text.upper()

    def take(self, *words: str) -> bool:
        """Goes over these words if they come next, in this order."""
        if all(self.peek(number) == word for number, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def any(self, *words: str) -> str:
        """Goes over the one of these words that comes next; "" if none does."""
        return next((word for word in words if self.take(word)), "")

    def next(self) -> Token:
        if not self.left:
            raise UnreadableError("the statement ends too early", len(self.text))
        self.at += 1
        return self.all[self.at - 1]

    def name(self) -> str:
        token = self.next()
        if token.kind not in ("word", "name"):
            raise UnreadableError(f"a name is wanted instead of {_shown(token)}", token.start)
        return token.text

    def table(self) -> Name:
        first = self.name()
        return Name(self.name(), first) if self.take(".") else Name(first)

    def exists(self) -> bool:
        return self.take("IF", "EXISTS") or self.take("IF", "NOT", "EXISTS")

    def value(self) -> str:
        """One value behind an optional `=`."""
        self.take("=")
        return self.next().text

    def brackets(self) -> Tokens:
        """What stands between ( and its ); raises when there is none."""
        if not self.take("("):
            raise UnreadableError("an opening bracket is wanted", self.offset)
        start, depth = self.at, 1
        while depth:
            sign = self.next()
            depth += {"(": 1, ")": -1}.get(sign.kind, 0)
        return Tokens(self.text, self.all[start : self.at - 1])

    def parts(self) -> Iterator[Tokens]:
        """What the commas outside of brackets part, from here to the end."""
        depth, start = 0, self.at
        for place in range(self.at, self._ends):
            sign = self.all[place].kind
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if sign == "," and depth == 0:
                yield Tokens(self.text, self.all[start:place])
                start = place + 1
        self.at = self._ends
        yield Tokens(self.text, self.all[start : self._ends])

    def skip(self) -> None:
        self.at = self._ends

    def unreadable(self) -> UnreadableError:
        shown = _shown(self.all[self.at]) if self.left else "its end"
        return UnreadableError(f"{shown} is not understood here", self.offset)


def _token(found: re.Match[str]) -> Token:
    kind, start, end = found.lastgroup or "sign", found.start(), found.end()
    if kind == "name":
        return Token(kind, found["name"].replace("``", "`").replace('""', '"'), start, end)
    if kind == "string":
        quote = found[0][0]
        return Token(kind, found[0][1:-1].replace(quote * 2, quote), start, end)
    return Token(found[0] if kind == "sign" else kind, found[0], start, end)


def _shown(token: Token) -> str:
    """A token as an error may show it: never a literal."""
    return "a value" if token.kind in ("string", "number") else repr(token.text[:40])
