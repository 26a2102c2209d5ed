"""Alerts, cards and silences as JSON text and back, exactly: what was stored is equal to what is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from exporter.model import Alert, Card, Case, Fact, Link, Matcher, Silence


def text(thing: Alert | Card | Silence) -> str:
    """Pure ASCII, so that any database and any collation keeps it."""
    return json.dumps(_plain(thing), sort_keys=True)


def alert(stored: str) -> Alert:
    found = json.loads(stored)
    evidence = tuple(_case(each) for each in found.pop("evidence"))
    return Alert(**{**found, "since": datetime.fromisoformat(found["since"]), "evidence": evidence})


def card(stored: str) -> Card:
    found = json.loads(stored)
    return Card(
        **{
            **found,
            "facts": tuple(Fact(**each) for each in found["facts"]),
            "cases": tuple(found["cases"]),
            "links": tuple(Link(**each) for each in found["links"]),
            "mention": tuple(found["mention"]),
        }
    )


def silence(stored: str) -> Silence:
    found = json.loads(stored)
    return Silence(
        **{
            **found,
            "matchers": tuple(Matcher(**each) for each in found["matchers"]),
            "starts": datetime.fromisoformat(found["starts"]),
            "ends": datetime.fromisoformat(found["ends"]),
            "alerts": tuple(found["alerts"]),
        }
    )


def _case(found: dict[str, Any]) -> Case:
    since = found.pop("since")
    return Case(**found, since=datetime.fromisoformat(since) if since else None)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
