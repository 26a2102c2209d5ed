"""What outlives a run: since when a thread stands still, and who answered at the address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

_REMEMBERED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Memory:
    """`stopped`: by channel and thread; `nodes`: when each server, by a hash of its name, answered last."""

    stopped: Mapping[str, datetime] = field(default_factory=dict)
    nodes: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def loads(cls, kept: Mapping[str, Any]) -> Memory:
        def times(name: str) -> dict[str, datetime]:
            return {key: datetime.fromisoformat(at) for key, at in kept.get(name, {}).items()}

        return cls(times("stopped"), times("nodes"))

    def dumps(self) -> dict[str, Any]:
        return {
            "stopped": {key: at.isoformat() for key, at in self.stopped.items()},
            "nodes": {key: at.isoformat() for key, at in self.nodes.items()},
        }

    def lasting(self) -> object:
        return self.stopped, frozenset(self.nodes)

    def met(self, node: str, now: datetime) -> Memory:
        name = hashlib.sha256(node.encode()).hexdigest()[:12]
        recent = {each: at for each, at in self.nodes.items() if now - at < _REMEMBERED}
        return replace(self, nodes={**recent, name: now})

    def standing(self, threads: set[str], now: datetime) -> Memory:
        """These stand still now, all others run or are gone."""
        return replace(self, stopped={each: self.stopped.get(each, now) for each in sorted(threads)})
