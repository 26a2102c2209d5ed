"""Alerts, cards and silences as JSON text and back, exactly: what was stored is equal to what is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from exporter.model import (
    Alert,
    AlertKey,
    Card,
    Case,
    Entry,
    Fact,
    Flip,
    Group,
    Heard,
    Ledger,
    Link,
    Matcher,
    Mute,
    Record,
    Said,
    Silence,
    Told,
)


def text(thing: Alert | Card | Record | Silence) -> str:
    """Pure ASCII, so that any database and any collation keeps it."""
    return json.dumps(_plain(thing), sort_keys=True)


def alert(stored: str) -> Alert:
    return _alert(json.loads(stored))


def _alert(found: dict[str, Any]) -> Alert:
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
            "group": _group(found.get("group")),
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


def record(stored: str) -> Record:
    found = json.loads(stored)
    return Record(**{**found, "at": _moment(found["at"]), "since": _moment(found["since"])})


def ledger_text(ledger: Ledger) -> str:
    """Without its entries, which are stored one by one."""
    return json.dumps({"key": ledger.key, "told_at": _plain(ledger.told_at), "rests": _plain(ledger.rests)})


def ledger(stored: str, entries: Mapping[AlertKey, Entry]) -> Ledger:
    found = json.loads(stored)
    return Ledger(found["key"], _moment(found["told_at"]), _moment(found["rests"]), entries)


def entry_text(ledger_key: str, entry: Entry) -> str:
    return json.dumps({"ledger": ledger_key, **_plain(entry)}, sort_keys=True)


def entry(stored: str) -> tuple[str, Entry]:
    """With the key of its ledger."""
    found = json.loads(stored)
    return found["ledger"], _entry(found)


def heard_text(heard: Heard) -> str:
    plain = _plain(replace(heard, said={}, ledgers={}))
    ledgers = [
        {**json.loads(ledger_text(each)), "entries": _plain(tuple(each.entries.values()))}
        for each in heard.ledgers.values()
    ]
    return json.dumps({**plain, "said": _plain(tuple(heard.said.values())), "ledgers": ledgers}, sort_keys=True)


def heard(stored: str) -> Heard:
    found = json.loads(stored)
    said = [_said(each) for each in found["said"]]
    ledgers = {}
    for each in found["ledgers"]:
        entries = [_entry(entry) for entry in each.pop("entries")]
        ledgers[each["key"]] = ledger(json.dumps(each), {entry.key: entry for entry in entries})
    return Heard(
        **{**found, "at": _moment(found["at"]), "said": {each.alert.key: each for each in said}, "ledgers": ledgers}
    )


def _said(found: dict[str, Any]) -> Said:
    claim = _alert(found["claim"]) if found["claim"] else None
    return Said(_alert(found["alert"]), _moment(found["at"]), _moment(found["ends"]), claim)


def _entry(found: dict[str, Any]) -> Entry:
    rule, labels = found["key"]
    over, taken = found["over"], found["taken"]
    return Entry(
        key=(rule, tuple((name, value) for name, value in labels)),
        told=found["told"],
        flips=found["flips"],
        since=_moment(found["since"]),
        over=Flip(**{**over, "alert": _alert(over["alert"]), "at": _moment(over["at"])}) if over else None,
        taken=_mute(taken),
    )


def _group(found: dict[str, Any] | None) -> Group | None:
    if found is None:
        return None
    alerts = tuple(_told(each) for each in found["alerts"])
    return Group(**{**found, "at": _moment(found["at"]), "alerts": alerts})


def _told(found: dict[str, Any]) -> Told:
    return Told(
        **{
            **found,
            "starts": _moment(found["starts"]),
            "ends": _moment(found["ends"]),
            "evidence": tuple(_case(each) for each in found["evidence"]),
            "mute": _mute(found["mute"]),
        }
    )


def _mute(found: dict[str, Any] | None) -> Mute | None:
    return Mute(**{**found, "since": _moment(found["since"]), "until": _moment(found["until"])}) if found else None


def _moment(stored: str | None) -> Any:
    return datetime.fromisoformat(stored) if stored else None


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
