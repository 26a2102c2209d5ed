"""label_replace and label_join."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from exporter.promql.calls import Argument, Builder
from exporter.promql.regexes import anchored
from exporter.promql.vector import NEWEST, Instant, Node, Value, Version, unique

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>\w+)\}|(?P<bare>\w+))", re.ASCII)


_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


def _check_name(name: str, version: Version) -> None:
    """Raises ValueError when a label cannot be called that: 3.x takes any text that is not empty."""
    if not (name if version == NEWEST else _NAME.fullmatch(name)):
        raise ValueError(f"{name!r} cannot be the name of a label")


def _with(labels: Mapping[str, str], name: str, text: str) -> Mapping[str, str]:
    """The labels with another text under that name; without it when the text is empty."""
    kept = {label: value for label, value in labels.items() if label != name}
    return {**kept, name: text} if text else kept


def label_replace(version: Version) -> Builder:
    def build(arguments: Sequence[Argument]) -> Node:
        inner = arguments[0].run
        name, replacement, source, text = (argument.text for argument in arguments[1:])
        pattern = anchored(text, version)
        _check_name(name, version)

        def run(now: Instant) -> list[Value]:
            made = []
            for labels, value in inner(now):
                found = pattern.fullmatch(labels.get(source, ""))
                made.append(Value(_with(labels, name, _expanded(replacement, found)) if found else labels, value))
            return unique(made)

        return run

    return build


def label_join(version: Version) -> Builder:
    def build(arguments: Sequence[Argument]) -> Node:
        inner = arguments[0].run
        name, separator, *sources = (argument.text for argument in arguments[1:])
        for each in (name, *sources):
            _check_name(each, version)

        def run(now: Instant) -> list[Value]:
            return unique(
                [
                    Value(_with(labels, name, separator.join(labels.get(each, "") for each in sources)), value)
                    for labels, value in inner(now)
                ]
            )

        return run

    return build


def _expanded(replacement: str, found: re.Match[str]) -> str:
    """`$1`, `${1}`, `$name` and `$$` as Go expands them: what there is no group of is empty."""

    def text(reference: re.Match[str]) -> str:
        if reference["dollar"]:
            return "$"
        name = reference["braced"] or reference["bare"]
        group: str | int = int(name) if name.isdecimal() else name
        if group in found.re.groupindex or (isinstance(group, int) and group <= found.re.groups):
            return found[group] or ""
        return ""

    return _REFERENCE.sub(text, replacement)
