"""What one run leaves to the next, over restarts too: when the shop was last asked, and what its file was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from exporter.probes.export_cache.headers import Kind


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run found. `age`, `frozen` and `seconds` are in seconds; None is what could not be known this time."""

    kind: Kind
    reason: str
    age: float | None = None
    frozen: float | None = None
    etag_frozen: bool | None = None
    leak: bool | None = None
    size: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """The file as it is since `since`: its `mark` (a hash, or its ETag), its ETag, and how far the orders were then.

    `moved` is when the orders were first found to have gone on without it.
    """

    mark: str = ""
    etag: str = ""
    since: datetime | None = None
    orders: str | None = None
    moved: datetime | None = None

    def then(self, mark: str, etag: str, orders: str | None, now: datetime) -> Seen:
        """What is seen now."""
        if mark != self.mark or self.since is None:
            return Seen(mark, etag, now, orders)
        if self.orders is None or orders is None:
            return replace(self, etag=etag, orders=self.orders or orders)
        return replace(self, etag=etag, moved=self.moved or (now if orders != self.orders else None))

    def frozen(self, now: datetime) -> float | None:
        """Seconds for which the orders have gone on without it; None where nothing is known of the orders."""
        if self.orders is None:
            return None
        return max(0.0, (now - self.moved).total_seconds()) if self.moved else 0.0


@dataclass(frozen=True, slots=True)
class Proof:
    """The last time that it was clear where the answer came from."""

    kind: Kind
    reason: str
    at: datetime


_NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class Memory:
    """`asked` is when the shop was last asked for the export `what`; `found` is what came of it, or `error`."""

    what: str = ""
    asked: datetime | None = None
    found: Findings | None = None
    error: str = ""
    seen: Seen = field(default=_NOTHING)
    proof: Proof | None = None

    def learned(self, found: Findings, seen: Seen, now: datetime, lasts: timedelta) -> Memory:
        """What stands after a run. A silent cache shows only while the orders move: one proof `lasts` for a while."""
        proof = self.proof
        if found.kind != "unknown":
            proof = Proof(found.kind, found.reason, now)
        elif proof and now - proof.at < lasts:
            found = replace(found, kind=proof.kind, reason=proof.reason)
        return replace(self, found=found, error="", seen=seen, proof=proof)

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        try:
            seen, found, proof = stored["seen"], stored["found"], stored["proof"]
            if any(each and each["kind"] not in get_args(Kind) for each in (found, proof)):
                return cls()
            moments = {name: _moment(seen[name]) for name in ("since", "moved")}
            return cls(
                str(stored["what"]),
                _moment(stored["asked"]),
                Findings(**found) if found else None,
                str(stored["error"]),
                Seen(**{**seen, **moments}),
                Proof(**{**proof, "at": datetime.fromisoformat(proof["at"])}) if proof else None,
            )
        except (KeyError, TypeError, ValueError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        return cast("dict[str, Any]", _plain(asdict(self)))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
