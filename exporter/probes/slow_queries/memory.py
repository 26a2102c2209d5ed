"""A ledger as it is written down between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exporter.probes.slow_queries.ledger import Known, Ledger
from exporter.probes.slow_queries.statement import Cost


def loads(stored: Mapping[str, Any]) -> Ledger:
    """What `dumps` wrote; an unreadable memory is an empty one. Texts are read again when the statement runs."""
    try:
        known = {
            str(key): Known(Cost(*map(int, cost)), _moment(first), float(seconds), float(weight))
            for key, (cost, first, seconds, weight) in stored.get("known", {}).items()
        }
        return Ledger(
            _moment(stored.get("at")),
            str(stored.get("server", "")),
            known,
            {str(schema): int(count) for schema, count in stored.get("slow", {}).items()},
            {str(name): int(value) for name, value in stored.get("more", {}).items()},
        )
    except (ValueError, TypeError, AttributeError):
        return Ledger()


def dumps(ledger: Ledger) -> dict[str, Any]:
    return {
        "at": _text(ledger.at),
        "server": ledger.server,
        "known": {
            key: [list(each.counted), _text(each.first), each.seconds, round(each.weight, 6)]
            for key, each in ledger.known.items()
        },
        "slow": dict(ledger.slow),
        "more": dict(ledger.more),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
