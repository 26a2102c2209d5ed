"""A ledger as it is written down between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from exporter.probes.slow_queries.ledger import Known, Ledger
from exporter.probes.slow_queries.statement import Cost, Shape

TOLD = 100
"""Statements that are written down with their text, those that cost most when they last ran.

What is told of them outlives a restart: an alert must not end because we forgot why it began.
"""


def loads(stored: Mapping[str, Any]) -> Ledger:
    """What `dumps` wrote; an unreadable memory is an empty one."""
    try:
        return Ledger(
            _moment(stored.get("at")),
            str(stored.get("server", "")),
            {str(key): _known(each) for key, each in stored.get("known", {}).items()},
            {str(schema): int(count) for schema, count in stored.get("slow", {}).items()},
            {str(name): int(value) for name, value in stored.get("more", {}).items()},
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return Ledger()


def dumps(ledger: Ledger) -> dict[str, Any]:
    costly = sorted(ledger.known, key=lambda key: ledger.known[key].last.picoseconds, reverse=True)[:TOLD]
    return {
        "at": _text(ledger.at),
        "server": ledger.server,
        "known": {key: _written(each, told=key in costly) for key, each in ledger.known.items()},
        "slow": dict(ledger.slow),
        "more": dict(ledger.more),
    }


def _known(stored: Mapping[str, Any]) -> Known:
    shape = stored.get("shape")
    return Known(
        Cost(*map(int, stored["counted"])),
        _moment(stored["first"]),
        float(stored["seconds"]),
        float(stored["weight"]),
        _moment(stored.get("ran")),
        Cost(*map(int, stored.get("last", ()))),
        Shape(**{**shape, "reads": frozenset(shape["reads"])}) if shape else None,
    )


def _written(known: Known, *, told: bool) -> dict[str, Any]:
    base = {
        "counted": list(known.counted),
        "first": _text(known.first),
        "seconds": known.seconds,
        "weight": round(known.weight, 6),
    }
    if not told or not known.shape or not known.ran:
        return base
    shape = {**asdict(known.shape), "reads": sorted(known.shape.reads)}
    return {**base, "ran": _text(known.ran), "last": list(known.last), "shape": shape}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
