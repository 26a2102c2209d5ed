"""A SELECT that a person wrote into config.yaml: one statement that only reads, with an end to its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy

LONGEST = 20_000
"""Letters of a statement."""

# Databases disagree about comments and about \' in a string; what is left here they all read alike.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>'(?:[^'\\]|\\(?!['"])|'')*'(?!')|"(?:[^"\\]|\\(?!['"])|"")*"(?!"))
    |(?P<name>`[^`;]*`)
    |(?P<comment>/\*|--|\#)
    |(?P<value>(?<![:\w]):[A-Za-z_]\w*(?![\w:]))
    |(?P<number>\d+(?:\.\d*)?(?!\w))
    |(?P<word>\w+)
    |(?P<sign>::|:=|[^\w\s\x00-\x1f\x7f])""",
    re.VERBOSE,
)
_SIGNS = {
    ";": "holds more than one statement; keep one SELECT",
    "'": "has a quote that is not closed, or \\ before a quote; write '' for a quote in a text",
    '"': "has a quote that is not closed, or \\ before a quote; write '' for a quote in a text",
    "`": "has a ` that is not closed",
    "$": "has a $; write the text in single quotes, and a value as :name",
    "?": "has a ?; write a value as :name",
    ":=": "assigns with :=; a SELECT here only reads",
    "\\": "has a \\ outside of a text; leave it out",
}
_VERBS = re.compile(
    "insert|update|delete|merge|replace|drop|alter|create|truncate|rename|grant|revoke|call|execute|do|handler|load|"
    "lock|into|outfile|dumpfile|procedure|vacuum|analyze|attach|detach|pragma|copy|set"
)
_CALLED = frozenset({"insert", "replace", "truncate"})
"""Verbs that are functions where a bracket follows."""

_ACTS = re.compile(
    r"(?:pg_)?sleep\w*|benchmark|(?:get|release|is_free|is_used)_(?:all_)?locks?|load_file|load_extension|nextval|setval|"
    r"set_config|pg_(?:try_)?advisory\w*|pg_(?:terminate|cancel)_backend|pg_(?:reload_conf|rotate_logfile|promote)|"
    r"pg_(?:read|ls|stat)_\w*(?:file|dir)\w*|pg_switch_wal|pg_notify|lo_\w+|dblink\w*|"
    r"(?:master|source)_\w*wait|wait_for_executed_gtid_set|last_insert_id"
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is one of text, name, value, number, word and sign; `said` is in lower case, `at` where it begins."""

    kind: str
    said: str
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Select:
    """`text` as it was written, without a closing semicolon; `names` are the values it asks for, written :name."""

    text: str
    names: frozenset[str]
    tokens: tuple[Token, ...]

    @classmethod
    def parse(cls, text: str) -> Select:
        """Raises ValueError, which says what to write instead, for anything but one SELECT that only reads."""
        text = text.strip().removesuffix(";").rstrip()
        if len(text) > LONGEST:
            raise ValueError(f"is longer than {LONGEST:,} letters; make it a view, and select from that")
        tokens = tuple(_tokens(text))
        first = next((token.said for token in tokens if token.said != "("), "")
        if first not in ("select", "with"):
            raise ValueError("is not a SELECT; write one statement that begins with SELECT or WITH")
        for number, token in enumerate(tokens):
            _judge(token, tokens[number - 1].said if number else "", [each.said for each in tokens[number + 1 :][:2]])
        return cls(text, frozenset(token.said[1:] for token in tokens if token.kind == "value"), tokens)

    def limit(self) -> int | None:
        """Its own LIMIT or FETCH FIRST, if it has one; raises ValueError for one that is not a plain number."""
        top = [token for token in self.tokens if token.depth == 0]
        place = max((n for n, each in enumerate(top) if (each.kind, each.said) in _LIMITS), default=None)
        if place is None:
            return None
        after = [each.said for each in top[place + 1 :][:3]]
        if after[:1] in (["first"], ["next"]):
            after = after[1:]
        said = after[2] if after[1:2] == [","] and len(after) > 2 else "".join(after[:1])  # noqa: PLR2004 - LIMIT a, b
        if not said.isdecimal():
            raise ValueError("has a LIMIT that is not a number; write LIMIT 50")
        return int(said)

    def bounded(self, rows: int, values: Mapping[str, Any]) -> sqlalchemy.TextClause:
        """Ready to be asked, with a LIMIT of `rows` where it has none; raises ValueError for a larger one."""
        own = self.limit()
        if own is not None and own > rows:
            raise ValueError(f"has a LIMIT of more than {rows:,} rows; write a smaller one")
        text = self._without_accidents()
        # On a line of its own: nothing that stands before it can take it in.
        bounded = sqlalchemy.text(text if own is not None else f"{text}\nLIMIT {rows}")
        return bounded.bindparams(**{name: values[name] for name in self.names})

    def _without_accidents(self) -> str:
        """A colon within a text or a cast is no value: SQLAlchemy looks for :name everywhere."""
        made, done = "", 0
        for token in self.tokens:
            if token.kind in ("text", "name", "sign"):
                end = token.at + len(token.said)
                made += self.text[done : token.at] + self.text[token.at : end].replace(":", "\\:")
                done = end
        return made + self.text[done:]


_LIMITS = (("word", "limit"), ("word", "fetch"))


def _tokens(text: str) -> Iterator[Token]:
    place = depth = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found or not found.lastgroup:
            raise ValueError("holds a sign that cannot be read; write it in plain letters")
        kind, said = found.lastgroup, found[0]
        if kind == "comment":
            raise ValueError("has a comment, which databases read differently; put it beside the query, after a YAML #")
        depth -= said == ")"
        if kind != "space":
            yield Token(kind, said if kind in ("text", "name", "value") else said.lower(), place, depth)
        depth += said == "("
        place = found.end()


def _judge(token: Token, before: str, after: list[str]) -> None:
    if token.kind == "sign" and token.said in _SIGNS:
        raise ValueError(_SIGNS[token.said])
    if token.kind != "word":
        return
    word, called = token.said, after[:1] == ["("]
    if word == "for" and after[:1] in (["update"], ["share"], ["no"], ["key"]):
        raise ValueError("locks rows with FOR; leave that out: a SELECT here only reads")
    if _VERBS.fullmatch(word) and before != "." and not (called and word in _CALLED):
        raise ValueError(f"has the word {word.upper()}, and a SELECT here only reads; quote it if it is a column")
    if called and _ACTS.fullmatch(word):
        raise ValueError(f"calls {word}(), which does more than read; leave it out")
