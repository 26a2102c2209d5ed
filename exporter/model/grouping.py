"""Alerts that are told together: the group as a room is told of it, and what is remembered of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from exporter.model.alerting import AlertKey, Flip
from exporter.model.muting import Mute
from exporter.model.watching import Case

Reason = Literal[
    "first notification",
    "new alerts added",
    "some alerts resolved",
    "all alerts resolved",
    "repeat interval elapsed",
]

_FNV_OFFSET, _FNV_PRIME, _SEPARATOR = 0xCBF29CE484222325, 0x100000001B3, b"\xff"


def fingerprint(labels: Mapping[str, str]) -> str:
    """The 16 hexadecimal digits by which Prometheus and Alertmanager call this set of labels (FNV-1a, 64 bits)."""
    digest = _FNV_OFFSET
    for name, value in sorted(labels.items()):
        for byte in name.encode() + _SEPARATOR + value.encode("utf-8", "surrogatepass") + _SEPARATOR:
            digest = (digest ^ byte) * _FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as its group tells it; `ends` is None while it fires.

    `flips` is how many changes this tells of at once; 0: it fires as was told before. `unseen`: it began and ended
    before anybody was told. `mute` is who has taken it since it was last told. `value_now` is what its rule compares
    at its end. `value` is None where an Alertmanager feeds us.
    """

    status: Literal["firing", "resolved"]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts: datetime
    ends: datetime | None = None
    value: float | None = None
    value_now: float | None = None
    evidence: tuple[Case, ...] = ()
    flips: int = 1
    unseen: bool = False
    lost: bool = False
    mute: Mute | None = None
    generator_url: str = ""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.labels)

    @property
    def recovered(self) -> bool:
        """Over because the fault is gone, and not because nobody looks or tells any more."""
        return self.status == "resolved" and not self.lost and not self.expired

    @property
    def expired(self) -> bool:
        """Whether it ended because it was told for long enough: what it told of may well be as it was."""
        return self.status == "resolved" and "ended" in self.annotations


@dataclass(frozen=True, slots=True)
class Group:
    """What one notification tells, in the form of Alertmanager's webhook; `at` is when it was decided.

    `labels` are those that the group goes by, the `common_…` those that all its alerts share. `receiver` names the
    channels of the route. `truncated` is how many alerts the sender left out.
    """

    key: str
    receiver: str
    status: Literal["firing", "resolved"]
    labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    reason: Reason
    at: datetime
    alerts: tuple[Told, ...]
    external_url: str = ""
    truncated: int = 0

    @property
    def news(self) -> tuple[Told, ...]:
        """The alerts that it is told for; all of them when it is told once more."""
        return tuple(each for each in self.alerts if each.flips) or self.alerts

    @property
    def repeated(self) -> bool:
        return self.reason == "repeat interval elapsed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert as its group remembers it: whether the room was `told` that it fires, and what it was not told yet.

    `flips` are the changes not told yet, `since` when the first of them was; `over` is the last one where the alert
    has ended. `taken`: who acknowledged it, for the next card.
    """

    key: AlertKey
    told: bool = False
    flips: int = 0
    since: datetime | None = None
    over: Flip | None = None
    taken: Mute | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one group was told, and when it was told last; news wait until `rests`."""

    key: str
    told_at: datetime | None = None
    rests: datetime | None = None
    entries: Mapping[AlertKey, Entry] = field(default_factory=dict)
