"""What this process itself has asked of databases, so that their statistics can be read without it.

Servers strip comments from what they keep, so a mark in the statement would not do.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from functools import lru_cache

from exporter import masking

_MOST = 2_000
_PLACE = re.compile(r"%\(\w+\)s|%s|:\w+")
_WORD = re.compile(r"[^\W\d]\w*")
_LITERALS = frozenset({"null", "true", "false"})

_spoken: OrderedDict[int, None] = OrderedDict()
_listening = threading.Event()


def listen() -> None:
    """From now on: who reads no statistics pays nothing for it."""
    _listening.set()


def note(statement: str) -> None:
    """Called with each statement before it is sent."""
    if not _listening.is_set():
        return
    mark = _mark(statement)
    if mark not in _spoken:
        _spoken[mark] = None
        if len(_spoken) > _MOST:
            _spoken.popitem(last=False)


def ours(digest_text: str) -> bool:
    """Whether a statement of this shape, as a server's statistics write it, was ours."""
    return _mark(digest_text) in _spoken


@lru_cache(maxsize=1024)
def _mark(statement: str) -> int:
    """The same for a statement and for its digest: the names and words, without literals and how they are quoted."""
    bare = masking.statement(_PLACE.sub("?", statement)).replace("`", " ")
    words = (word.lower() for word in _WORD.findall(bare))
    return hash(tuple(word for word in words if word not in _LITERALS))
