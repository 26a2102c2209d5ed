"""What rules make of readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from exporter.model.watching import Case

AlertKey = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class External:
    """How others know this sidecar: labels that tell its alerts from another's, and the address people open."""

    labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    @cached_property
    def path(self) -> str:
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's expression holds now for these labels: a candidate for an alert.

    `labels` carry `alertname`, `severity` and what the expression left; `wait` is the rule's `for` in seconds,
    `keep` its `keep_firing_for`.
    """

    rule: str
    labels: Mapping[str, str]
    value: float
    annotations: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Case, ...] = ()
    wait: float = 0.0
    keep: float = 0.0

    @property
    def key(self) -> AlertKey:
        return self.rule, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding with a history: `since` is when it began to hold, `value` and `evidence` are the latest.

    `value` is None where an Alertmanager said it and no rule of ours finds the same.

    `keep` is how many seconds it goes on firing once it no longer holds, `gone` when that began (Unix seconds).
    """

    rule: str
    labels: Mapping[str, str]
    status: Literal["pending", "firing", "resolved"]
    since: datetime
    value: float | None
    annotations: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Case, ...] = ()
    keep: float = 0.0
    gone: float | None = None

    @property
    def key(self) -> AlertKey:
        return self.rule, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Flip:
    """An alert that began to fire, or ended, at this instant; `lost`: not recovered, but nobody looks any more.

    `value_now` is what the rule of an alert that ended compares at that instant, where it is one number.
    """

    alert: Alert
    at: datetime
    lost: bool = False
    value_now: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A flip as the journal keeps it; `since` is when the alert began to hold, `muted` why it was not told at once."""

    at: datetime
    rule: str
    labels: Mapping[str, str]
    status: Literal["firing", "resolved", "lost"]
    since: datetime
    value: float | None
    muted: str = ""
