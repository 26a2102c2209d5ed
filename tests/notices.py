"""Notifications as an Alertmanager posts them (webhook, version 4)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

NEVER = "0001-01-01T00:00:00Z"


def alert(name="NegativeStock", *, starts: datetime, ends: datetime | None = None, annotations=None, **labels):
    return {
        "status": "resolved" if ends else "firing",
        "labels": {"alertname": name, "severity": "warning", **labels},
        "annotations": annotations or {"summary": f"{name} 坏了"},
        "startsAt": starts.isoformat(),
        "endsAt": ends.isoformat() if ends else NEVER,
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "0123456789abcdef",
    }


def notice(*alerts, receiver="order-health", key='{}:{shop="main"}', truncated=0, **more) -> bytes:
    labels = {"shop": "main"}
    return json.dumps(
        {
            "version": "4",
            "groupKey": key,
            "truncatedAlerts": truncated,
            "status": "firing" if any(each["status"] == "firing" for each in alerts) else "resolved",
            "receiver": receiver,
            "groupLabels": labels,
            "commonLabels": labels,
            "commonAnnotations": {},
            "externalURL": "http://alertmanager:9093",
            "alerts": alerts,
            **more,
        }
    ).encode()


def resolved(found: dict, at: datetime) -> dict:
    return {**found, "status": "resolved", "endsAt": at.isoformat()}


def later(found: dict, by: timedelta) -> dict:
    """The same alert, begun anew."""
    starts = datetime.fromisoformat(found["startsAt"]) + by
    return {**found, "status": "firing", "startsAt": starts.isoformat(), "endsAt": NEVER}
