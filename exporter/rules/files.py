"""rules/*.yml as Prometheus reads them: every fault at once, each with its place and what to write instead."""

from __future__ import annotations

import glob
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from exporter.promql import Expression, PromqlError, compiled
from exporter.rules.reader import Reader
from exporter.rules.rule import Rule
from exporter.rules.templates import Template, TemplateError
from exporter.yamlfile import Document, Unreadable

_GROUP = frozenset({"name", "interval", "limit", "query_offset", "labels", "rules"})
_RULE = frozenset({"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"})
_LABEL = re.compile(r"(?!__name__$)[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)

LONGEST_PAST = 26 * 3600.0
"""Seconds: a day, and what a rule that compares with the day before needs beside it."""


class _Group(NamedTuple):
    """What a group says for all of its rules."""

    name: str
    every: float
    limit: int
    labels: Mapping[str, Template]


def paths(patterns: Iterable[str], faults: list[str]) -> list[Path]:
    """The files that the patterns match, each once; a pattern without a file is a fault."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        matched = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not matched:
            faults.append(f"{pattern}: no rule file matches this; correct the pattern, or remove it")
        found.update((Path(path).resolve(), None) for path in matched)
    return list(found)


def read(path: Path, faults: list[str]) -> list[Rule]:
    """The rules of one file without those that have faults, which are added to `faults`."""
    shown = f"{path.parent.name}/{path.name}"
    try:
        document = Document.read(path, as_text=True)
    except Unreadable as error:
        faults.append(f"{path.parent.name}/{error}")
        return []
    faults += (f"{shown}:{fault.line}: {fault.place[-1]} {fault.text}" for fault in document.faults)
    if not isinstance(document.data, Mapping) or not document.data.get("groups"):
        faults.append(f"{shown}:1: has no groups; write `groups:` and below it `- name: …` with its `rules:`")
        return []
    file = Reader(document, shown, faults, document.data)
    file.refuse_others({"groups"})
    taken: dict[str, int] = {}
    groups = [file.below("groups", number, data=data) for number, data in enumerate(file.listed("groups"))]
    return [rule for group in groups for rule in _rules(group, taken)]


def _rules(group: Reader, taken: dict[str, int]) -> Iterator[Rule]:
    name = group.text("name")
    group = group.below(data=group.data, owner=f': group "{name}"' if name else "")
    group.refuse_others(_GROUP)
    if not name:
        group.fault("", "the group has no name; write `name: …` as its first line")
    elif name in taken:
        group.fault("name", f"{name!r} is also the group in line {taken[name]}; give it another name")
    else:
        taken[name] = group.document.line((*group.place, "name"))
    every = group.duration("interval")
    if group.duration("query_offset"):
        group.fault("query_offset", "looks at another time, which is not evaluated here; remove it")
    shared = _Group(name, every, group.count("limit"), _labels(group.below("labels", data=group.data.get("labels"))))
    if not group.data.get("rules"):
        group.fault("rules", "is missing; write `rules:` and below it `- alert: …`")
    for number, data in enumerate(group.listed("rules")):
        rule = _rule(group.below("rules", number, data=data), shared)
        if rule is not None:
            yield rule


def _rule(rule: Reader, group: _Group) -> Rule | None:
    already = len(rule.faults)
    alert, record = rule.text("alert"), rule.text("record")
    rule = rule.below(data=rule.data, owner=f': record "{record}"' if record else f': alert "{alert}"')
    rule.refuse_others(_RULE)
    if bool(alert) == bool(record):
        rule.fault("", "a rule is either an alert or a record; write one of `alert: …` and `record: …`")
    if record:
        _refuse_alert_fields(rule, record)
    expression = _expression(rule)
    labels = _labels(rule.below("labels", data=rule.data.get("labels")))
    notes = _labels(rule.below("annotations", data=rule.data.get("annotations")))
    wait, keep = rule.duration("for"), rule.duration("keep_firing_for")
    if expression is None or len(rule.faults) > already:
        return None
    return Rule(
        title=alert or record,
        group=group.name,
        file=rule.shown,
        place=rule.where(),
        expression=expression,
        labels={**group.labels, **labels},
        annotations=notes,
        records=bool(record),
        wait=wait,
        keep=keep,
        limit=group.limit,
        every=group.every,
    )


def _refuse_alert_fields(rule: Reader, record: str) -> None:
    for key in ("for", "keep_firing_for", "annotations"):
        if rule.data.get(key):
            rule.fault(key, "belongs to alerts, not to a recording rule; remove it")
    if not _METRIC.fullmatch(record):
        rule.fault("record", f"{record!r} cannot be a metric's name; write letters, digits, `_` and `:`")


def _expression(rule: Reader) -> Expression | None:
    text = rule.text("expr")
    if not text.strip():
        rule.fault("expr", "is missing; write what must hold, for example `order_health_probe_success == 0`")
        return None
    try:
        expression = compiled(text)
    except PromqlError as error:
        for reason in error.reasons:
            rule.fault("expr", reason)
        return None
    if expression.horizon == math.inf:
        rule.fault("expr", "looks at a fixed time (`@` and a number), which is not kept; write `offset`, or a range")
    elif expression.horizon > LONGEST_PAST:
        rule.fault(
            "expr",
            f"looks back {expression.horizon / 3600:.3g} h, and at most {LONGEST_PAST / 3600:.0f} h are kept here; "
            "shorten its ranges and offsets, or let a Prometheus judge it",
        )
    for selector in expression.selectors:
        if selector.name is None:
            # Which probe a rule depends on must be known before there are samples.
            rule.fault("expr", "selects without a metric's name; write the name in front of `{`")
    return expression


def _labels(labels: Reader) -> dict[str, Template]:
    made = {}
    for name in labels.data:
        if not _LABEL.fullmatch(name):
            labels.fault(name, "cannot be a name here; write letters, digits and `_`, and not `__name__`")
            continue
        try:
            made[name] = Template.of(labels.text(name))
        except TemplateError as error:
            labels.fault(name, f"is no usable template: {error}")
    return made
