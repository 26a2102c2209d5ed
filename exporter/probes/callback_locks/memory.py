"""What one run leaves to the next: where the walk is, and the locks that are followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Memory:
    """`locks`: key → when it was first met; `began`: when this round did; `round`: seconds that the last one took."""

    locks: Mapping[str, datetime] = field(default_factory=dict)
    mark: Mapping[str, Any] = field(default_factory=dict)
    began: datetime | None = None
    round: float = 0.0

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            return cls(
                {str(key): datetime.fromisoformat(at) for key, at in stored.get("locks", {}).items()},
                {str(name): str(cursor) for name, cursor in stored.get("mark", {}).items()},
                datetime.fromisoformat(stored["began"]) if stored.get("began") else None,
                float(stored.get("round", 0)),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return {
            "locks": {key: at.isoformat() for key, at in self.locks.items()},
            "mark": dict(self.mark),
            "began": self.began.isoformat() if self.began else None,
            "round": self.round,
        }

    def lasting(self) -> object:
        """Since when a lock stands cannot be read again; where the walk was may be older."""
        return self.locks
