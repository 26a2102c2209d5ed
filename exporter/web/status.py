"""What the status page and /api/status show, as plain values: `app` fills them, nothing here asks anybody."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Literal

from exporter.leases import Standing
from exporter.model import Case, Delivery, Gap, Mute, Name, Sample, Silence

Language = Literal["zh", "en"]
State = Literal["firing", "failing", "silenced", "waiting", "healthy", "not_applicable"]
"""Worst first. `waiting`: has not run yet; `failing`: its last run got no answer; `silenced`: fires and is not told."""

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One part of a probe of one shop; `why`, ready for people, is its error, or why it is not applicable."""

    shop: str
    probe: str
    state: State
    samples: tuple[Sample, ...] = ()
    gaps: tuple[Gap, ...] = ()
    why: str = ""
    last_success: datetime | None = None
    seconds: float | None = None
    part: str = ""
    next_run: datetime | None = None

    @property
    def name(self) -> Name:
        return Name(self.shop, self.probe, self.part)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert that is open, its `title`, `unit` and `text` in the language asked for.

    `unlisted`: cases that it counts beyond those of its evidence. `runbook` is a name under /runbooks. `id` is the
    digest of its key, `fingerprint` that of its labels, by which its page is found; `mute` is why it is not told.
    """

    title: str
    severity: str
    status: Literal["pending", "firing"]
    since: datetime
    value: float | None = None
    shop: str = ""
    text: str = ""
    evidence: tuple[Case, ...] = ()
    runbook: str = ""
    unit: str = ""
    unlisted: int = 0
    id: str = ""
    mute: Mute | None = None
    fingerprint: str = ""
    probe: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """A silence or an acknowledgement; `matchers` as the command writes them."""

    id: str
    kind: Literal["silence", "acknowledgement"]
    active: bool
    matchers: tuple[str, ...]
    starts: datetime
    ends: datetime
    by: str
    comment: str = ""
    ended_by: str = ""

    @classmethod
    def of(cls, silence: Silence, *, active: bool) -> SilenceRow:
        return cls(
            silence.id,
            silence.kind,
            active,
            tuple(_shown(str(each)) for each in silence.matchers),
            silence.starts,
            silence.ends,
            silence.by,
            silence.comment,
            silence.ended_by,
        )


def _shown(text: str) -> str:
    """Half a sign, which JSON can bring in, could not be sent out again."""
    return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Notice:
    """What one ought to know before one believes the page, in its language; `link` leads to more of it."""

    severity: Literal["critical", "warning", "info"]
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at one instant `at`; times are shown in `zone`."""

    at: datetime
    version: str
    probes: tuple[ProbeRow, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    channels: tuple[Delivery, ...] = ()
    silences: tuple[SilenceRow, ...] = ()
    zone: tzinfo = SHANGHAI
    notices: tuple[Notice, ...] = ()
    standing: Standing | None = None


def as_json(thing: object) -> Any:
    """Ready for `json.dumps`: times in UTC, NaN and infinities as null, a sample as name, labels, value."""
    if isinstance(thing, Sample):
        value = {"name": thing.metric.name, "labels": thing.labelled(""), "value": as_json(thing.value)}
        return value | {"evidence": [as_json(case) for case in thing.evidence]}
    if isinstance(thing, datetime):
        return thing.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if isinstance(thing, tuple):
        return [as_json(each) for each in thing]
    fields = getattr(thing, "__dataclass_fields__", None)
    if fields is None:
        return str(thing) if isinstance(thing, tzinfo) else thing
    return {name: as_json(getattr(thing, name)) for name in fields}
