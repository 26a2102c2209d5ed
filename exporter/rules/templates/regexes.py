"""Regular expressions in templates: searched, not anchored, and with Go's `$1` in what is put in their place."""

from __future__ import annotations

import re
from functools import lru_cache

from exporter.promql.regexes import anchored

_GROUP = re.compile(r"\$(?:\$|(?P<name>\w+)|\{(?P<braced>\w+)\})")


@lru_cache(maxsize=256)
def _searched(pattern: str) -> re.Pattern[str]:
    return re.compile(anchored.__wrapped__(pattern).pattern, re.ASCII)


def match(pattern: str, text: str) -> bool:
    return _searched(pattern).search(text) is not None


def replaced(pattern: str, new: str, text: str) -> str:
    """Every match gets `new`, in which `$1`, `${1}` and `$name` are groups and `$$` is a dollar sign."""
    end = -1

    def one(found: re.Match[str]) -> str:
        nonlocal end
        beside, end = found.start() == found.end() == end, found.end()
        return "" if beside else _GROUP.sub(lambda group: _said(group, found), new)

    return _searched(pattern).sub(one, text)


def _said(group: re.Match[str], found: re.Match[str]) -> str:
    name = group["name"] or group["braced"]
    if name is None:
        return "$"
    try:
        return found[int(name) if name.isdigit() else name] or ""
    except IndexError:
        return ""
