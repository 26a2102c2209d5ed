"""Matchers as people write them: `severity=warning`, `shop!=demo`, `topic=~order_.*`, `sku!~"A-[0-9]+"`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from exporter.model import Matcher
from exporter.promql.regexes import anchored

MOST, LONGEST_VALUE, LONGEST_PATTERN, MOST_REPEATS = 20, 500, 200, 2

_MATCHER = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]{0,99})\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL | re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?P<\w+>|\?[a-zA-Z-]*:?)?([^()]*)\)([*+]|\{\d+(?:,\d*)?\})?")
_REPEAT = re.compile(r"[*+]|\{\d+(?:,\d*)?\}")


def parsed(text: str) -> Matcher:
    """Raises ValueError, which says what to write instead."""
    found = _MATCHER.fullmatch(text) if len(text) <= LONGEST_VALUE * 2 else None
    if not found:
        raise ValueError(f"{text[:80]!r} is no matcher; write for example severity=warning or topic=~order_.*")
    label, operator, value = found.groups()
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", lambda sign: "\n" if sign[1] == "n" else sign[1], quoted[1], flags=re.DOTALL)
    is_pattern = operator in ("=~", "!~")
    if len(value) > (longest := LONGEST_PATTERN if is_pattern else LONGEST_VALUE):
        raise ValueError(f"the value of {label!r} is longer than {longest} letters; write a shorter one")
    if is_pattern:
        _check(value)
    return Matcher(label, operator, value)  # type: ignore[arg-type]  # one of the four of _MATCHER


def exactly(labels: Mapping[str, str]) -> tuple[Matcher, ...]:
    """What takes these labels, whatever others there are."""
    return tuple(Matcher(name, "=", value) for name, value in sorted(labels.items()))


def take(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(each.takes(labels) for each in matchers)


def _check(pattern: str) -> None:
    """What Python's engine would need hours for is refused: it tries every way to divide a text among the repeats."""
    try:
        anchored(pattern)
    except OverflowError:
        raise ValueError(f"the regular expression {pattern!r} repeats too often; write a smaller number") from None
    plain = _ATOM.sub("a", pattern)
    if len(_REPEAT.findall(plain)) > MOST_REPEATS:
        raise ValueError(f"the regular expression {pattern!r} has more than {MOST_REPEATS} repeats; write it simpler")
    while group := _GROUP.search(plain):
        if group[2] and re.search(r"[*+?{|]", group[1]):
            raise ValueError(f"the regular expression {pattern!r} repeats what repeats or chooses; write it flat")
        plain = plain[: group.start()] + group[1] + (group[2] or "") + plain[group.end() :]
