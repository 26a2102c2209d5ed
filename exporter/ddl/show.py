"""A verdict as text for people, as JSON, and as SARIF 2.1.0 for code review. No literal of the file stands in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from exporter import __version__
from exporter.ddl.nouns import Finding, Verdict
from exporter.ddl.rules import RULES
from exporter.text import one_line

_LEVELS = {"block": "error", "warn": "warning", "note": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def text(verdict: Verdict) -> str:
    """One block a finding; the last line counts."""
    return "\n".join([*_lines(verdict), _sum(verdict)])


def _lines(verdict: Verdict) -> Iterator[str]:
    for fault in verdict.faults:
        yield f"{verdict.file}:{fault.line}:{fault.column}: cannot be judged: {one_line(fault.text)}"
    for each in verdict.findings:
        severity = each.severity if each.allowed is None else f"allowed ({each.severity})"
        where = f" [{each.at}]" if each.at else ""
        yield f"{verdict.file}:{each.line}:{each.column}: {severity} {each.rule}{where}: {one_line(each.what)}"
        yield from (f"    breaks   {one_line(who)}" for who in each.who)
        if each.allowed is None:
            yield f"    instead  {one_line(each.instead)}"
        else:
            yield f"    allowed  {one_line(each.allowed)}"
    yield from (f"note: {one_line(note)}" for note in verdict.notes)


def _sum(verdict: Verdict) -> str:
    if verdict.faults:
        return f"{verdict.file}: not judged"
    counts = Counter("allowed" if each.allowed is not None else each.severity for each in verdict.findings)
    words = {"block": "blocking", "warn": "warnings", "note": "notes", "allowed": "allowed"}
    told = ", ".join(f"{counts[kind]} {word}" for kind, word in words.items() if counts[kind])
    return f"{verdict.file}: {verdict.statements} statements: {told or 'nothing found'}"


def as_json(verdict: Verdict) -> str:
    """`status` is the exit status; a finding has rule, severity, place, shop, table, what, who, instead, allowed."""
    data = {
        "file": verdict.file,
        "status": verdict.status,
        "statements": verdict.statements,
        "findings": [_finding(each) for each in verdict.findings],
        "faults": [{"line": each.line, "column": each.column, "text": one_line(each.text)} for each in verdict.faults],
        "notes": [one_line(note) for note in verdict.notes],
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def _finding(each: Finding) -> Mapping[str, Any]:
    return {
        "rule": each.rule,
        "severity": each.severity,
        "blocks": each.blocks,
        "line": each.line,
        "column": each.column,
        "shop": each.at,
        "table": one_line(each.table),
        "what": one_line(each.what),
        "who": [one_line(who) for who in each.who],
        "instead": one_line(each.instead),
        "allowed": None if each.allowed is None else one_line(each.allowed),
    }


def sarif(verdict: Verdict) -> str:
    names = list(RULES)
    rules = [
        {
            "id": name,
            "shortDescription": {"text": rule.text},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for name, rule in RULES.items()
    ]
    faults = [
        {"level": "error", "message": {"text": one_line(each.text)}, "locations": [_location(verdict, each)]}
        for each in verdict.faults
    ]
    run = {
        "tool": {"driver": {"name": "order-health ddl", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not verdict.faults,
                "exitCode": verdict.status,
                "toolExecutionNotifications": faults,
            }
        ],
        "results": [_result(verdict, each, names.index(each.rule)) for each in verdict.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _result(verdict: Verdict, each: Finding, number: int) -> Mapping[str, Any]:
    told = [each.what, *(f"Breaks: {'; '.join(each.who)}." for _ in each.who[:1]), f"Instead: {each.instead}."]
    found: dict[str, Any] = {
        "ruleId": each.rule,
        "ruleIndex": number,
        "level": _LEVELS[each.severity],
        "message": {"text": one_line(" ".join(told))},
        "locations": [_location(verdict, each)],
        "properties": {"shop": each.at, "table": one_line(each.table)},
    }
    if each.allowed is not None:
        found["suppressions"] = [{"kind": "inSource", "justification": one_line(each.allowed)}]
    return found


def _location(verdict: Verdict, place: Any) -> Mapping[str, Any]:
    uri = quote(verdict.file.replace("\\", "/"))
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
