"""A group as the JSON of Alertmanager's webhook (version 4), and beside it what an Alertmanager does not know."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from exporter.model import Case, Group, Told
from exporter.text import halves, masked, octets

LARGEST = 128 * 1024
"""Bytes of alerts that are kept with a card; those beyond are counted in `truncatedAlerts`."""

NEVER = "0001-01-01T00:00:00Z"
"""`endsAt` of an alert that fires: Go's zero time."""

_CASES = 20
_SEVERITIES = ("critical", "warning")


def payload(group: Group) -> dict[str, Any]:
    """Alertmanager's keys under its names; ours stand in `orderHealth` of each alert, and nowhere else.

    `receiver` is not escaped as a regular expression, as Alertmanager's own is. Annotations are without the middle of
    mobile and identity numbers; labels are left alone, since the fingerprint is theirs.
    """
    return {
        "version": "4",
        "groupKey": group.key,
        "truncatedAlerts": group.truncated,
        "status": group.status,
        "receiver": group.receiver,
        "groupLabels": dict(group.labels),
        "commonLabels": dict(group.common_labels),
        "commonAnnotations": {name: masked(text) for name, text in group.common_annotations.items()},
        "externalURL": group.external_url,
        "notification_reason": group.reason,
        "alerts": [_alert(told) for told in group.alerts],
    }


def fitting(group: Group, limit: int = LARGEST) -> Group:
    """The group with the alerts that fit, the worst before the others and each of them whole."""
    room, kept = limit, set()
    for place, told in sorted(enumerate(group.alerts), key=lambda each: _rank(each[1])):
        size = octets(json.dumps(_alert(told)))
        if size <= room:
            room -= size
            kept.add(place)
    alerts = tuple(_brief(told) for place, told in enumerate(group.alerts) if place in kept)
    return replace(group, alerts=alerts, truncated=group.truncated + len(group.alerts) - len(alerts))


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as Go reads and writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _alert(told: Told) -> dict[str, Any]:
    return {
        "status": told.status,
        "labels": dict(told.labels),
        "annotations": {name: masked(text) for name, text in told.annotations.items()},
        "startsAt": moment(told.starts),
        "endsAt": moment(told.ends) if told.ends else NEVER,
        "generatorURL": told.generator_url,
        "fingerprint": told.fingerprint,
        "orderHealth": {
            "value": _figure(told.value),
            "valueNow": _figure(told.value_now),
            "recovered": told.recovered,
            "changes": told.flips,
            "takenBy": masked(told.mute.by) if told.mute and told.mute.why == "acknowledged" else "",
            "evidence": [_case(case) for case in told.evidence[:_CASES]],
        },
    }


def _figure(value: float | None) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return value if value is not None and math.isfinite(value) else None


def _case(case: Case) -> dict[str, Any]:
    return {
        "ref": case.ref,
        "since": moment(case.since) if case.since else None,
        "note": halves(case.note, "en"),
        "statement": case.statement,
    }


def _brief(told: Told) -> Told:
    return replace(told, evidence=told.evidence[:_CASES])


def _rank(told: Told) -> tuple[bool, int]:
    severity = told.labels.get("severity", "")
    return told.status == "resolved", _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)
