"""Which columns of a table the text of a view or a trigger names: by its words, without a parser."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import pairwise

_STRING = r"'(?:[^'\\]|\\.|'')*'"
_COMMENT = r"--[^\n]*|/\*.*?\*/"
_TOKEN = {
    "mysql": re.compile(rf"(?P<skip>{_STRING}|\"(?:[^\"\\]|\\.)*\"|{_COMMENT}|#[^\n]*)|`(?P<quoted>[^`]+)`"
                        r"|(?P<word>[\w$]+)|(?P<other>\S)", re.DOTALL),
    "": re.compile(rf"(?P<skip>'(?:[^']|'')*'|{_COMMENT})|[\"`\[](?P<quoted>[^\"`\]]+)[\"`\]]"
                   r"|(?P<word>[\w$]+)|(?P<other>\S)", re.DOTALL),
}  # fmt: skip
_ROW = frozenset(("new", "old"))


def named(text: str, family: str, table: str, columns: Collection[str], *, on: bool = False) -> frozenset[str] | None:
    """The columns that the text names, None when it does not name the table. `on`: NEW and OLD are rows of the table.

    A bare word counts wherever the table is named at all: rather one column too many than one that is overlooked.
    """
    if not on and table.lower() not in text.lower():
        return None  # what is cheap first: a schema may have a thousand views
    chains = list(_chains(text, family))
    own = {table.lower()}
    aliases = {
        after[0]
        for (chain, _), (after, marked) in pairwise(chains)
        if chain[-1] in own and len(after) == 1 and (marked or after[0] not in _KEYWORDS)
    }
    mentioned = any(chain[-1] in own for chain, _ in chains)
    if not mentioned and not on:
        return None
    rows = own | aliases | (_ROW if on else set())
    wanted = {column.lower(): column for column in columns}
    return frozenset(
        wanted[chain[-1]]
        for chain, marked in chains
        if chain[-1] in wanted and (chain[-2] in rows if len(chain) > 1 else mentioned and not marked)
    )


def _chains(text: str, family: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Names as they are qualified (`a.b.c`), in lower case; whether AS stands before them."""
    chain: list[str] = []
    joined = marked = False
    for found in _TOKEN.get(family, _TOKEN[""]).finditer(text):
        if found["other"] == "." and chain:
            joined = True
            continue
        name = (found["quoted"] or found["word"] or "").lower()
        if chain and not (joined and name):
            yield tuple(chain), marked
            chain, marked = [], False
        if name == "as" and found["word"]:
            marked, name = True, ""
        elif not name and not found["skip"]:
            marked = False
        chain, joined = ([*chain, name] if name else chain), False
    if chain:
        yield tuple(chain), marked


_WORDS = """
on where join left right inner cross outer natural straight_join group order limit set values having union using and or
for force use ignore select as begin end when then is in not returning do after before
"""
_KEYWORDS = frozenset(_WORDS.split())
