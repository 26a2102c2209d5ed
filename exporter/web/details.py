"""What the pages of one probe and of one alert show, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from exporter.failures import Failure
from exporter.model import Asked, Record
from exporter.sparks import Trend
from exporter.web.status import AlertRow, ProbeRow


@dataclass(frozen=True, slots=True)
class Inspection:
    """One part of a probe, as its last run left it.

    `run_at`: when that began. `asked` are its statements, of many the slowest; `statements` is how many there were.
    `settings` are the figures among its settings as config.yaml says them, `limits` what rules compare with.
    `quoted_names`: in the statements names stand in ", as in PostgreSQL, and no texts.
    """

    at: datetime
    zone: tzinfo
    row: ProbeRow
    run_at: datetime | None = None
    asked: tuple[Asked, ...] = ()
    statements: int = 0
    settings: Mapping[str, str] | None = None
    limits: Mapping[str, float] | None = None
    failures: tuple[Failure, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    trend: Trend | None = None
    skipped: int = 0
    quoted_names: bool = False


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as its file says it; `wait` and `keep` (`for`, `keep_firing_for`) are in seconds."""

    expression: str
    wait: float
    keep: float
    line: str
    runbook: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One alert: `row` is how it is now, None when it is over; `records` its history, newest first.

    `is_whole`: the history could be read. `rooms` are told of it, last at `told_at`. `rule` is None where the
    configuration has it no longer.
    """

    fingerprint: str
    title: str
    labels: Mapping[str, str]
    row: AlertRow | None
    records: tuple[Record, ...]
    rule: RuleText | None = None
    is_whole: bool = True
    rooms: tuple[str, ...] = ()
    told_at: datetime | None = None
