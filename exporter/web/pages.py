"""The status page: rendered on the server, readable without JavaScript, everything from outside escaped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from exporter.text import half
from exporter.web.curve import curve
from exporter.web.figures import first, reasons
from exporter.web.frame import Frame
from exporter.web.matrix import FEW, WORST_FIRST, matrix
from exporter.web.status import Notice, ProbeRow, State, Status
from exporter.web.templates import template
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exporter.model import Name
    from exporter.sparks import Trend
    from exporter.web.status import AlertRow, Language

_SEVERITIES = ("critical", "warning", "info")
CASES_SHOWN = 4
_ALERTS_SHOWN, _ALERTS_OF_MANY, _ROWS_SHOWN = 20, 8, 120
"""Cards and rows that are drawn in full: nobody reads more of them, and a phone has to."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for: of one `shop`, in one `state`; "" for all."""

    shop: str = ""
    state: str = ""

    def exists(self, rows: Iterable[ProbeRow]) -> bool:
        return self.state in ("", *WORST_FIRST) and (not self.shop or any(row.shop == self.shop for row in rows))

    def alerts(self, alerts: Iterable[AlertRow]) -> list[AlertRow]:
        """Those to act on first; none where a state is asked for, which is one of probes."""
        wanted = [] if self.state else [each for each in alerts if self.shop in ("", each.shop)]
        return sorted(wanted, key=_urgency)

    def rows(self, rows: Iterable[ProbeRow]) -> list[ProbeRow]:
        """Sorted by shop, each with the worst first."""
        wanted = [row for row in rows if self.shop in ("", row.shop) and self.state in ("", row.state)]
        return sorted(wanted, key=lambda row: (row.shop, WORST_FIRST.index(row.state), row.probe, row.part))


def nothing_known(_name: Name) -> Trend | None:
    return None


def home(
    status: Status,
    language: Language,
    token: str = "",
    *,
    frame: Frame | None = None,
    wanted: Filter | None = None,
    trend: Callable[[Name], Trend | None] = nothing_known,
) -> str:
    """`token` is what the forms carry; without one there are none."""
    say, frame, wanted = Wording(language, status.at, status.zone), frame or Frame(language), wanted or Filter()
    notices = status.notices
    if not wanted.exists(status.probes):
        frame, wanted = replace(frame, query={}), Filter()
        notices = (*notices, Notice("warning", say.word("notice_gone")))
    counts = Counter(row.state for row in status.probes)
    rows, alerts = wanted.rows(status.probes), wanted.alerts(status.alerts)
    few = len({row.shop for row in rows}) <= FEW
    in_full = rows if few or wanted.state else []
    most = _ALERTS_SHOWN if few else _ALERTS_OF_MANY
    return template("home.html").render(
        status=status,
        say=say,
        frame=frame,
        wanted=wanted,
        verdict=_verdict(status, counts, say),
        notices=notices,
        counts=[(state, say.count(f"count_{state}", counts[state])) for state in WORST_FIRST if counts[state]],
        alerts=alerts[:most],
        more_alerts=alerts[most:],
        matrix=matrix(rows, say, frame) if rows and not wanted.state else None,
        shops=_by_shop(in_full[:_ROWS_SHOWN]),
        more_rows=max(0, len(in_full) - _ROWS_SHOWN),
        first=first,
        reasons=reasons,
        drawn=lambda row: curve(trend(row.name), say),
        half=half,
        cases_shown=CASES_SHOWN,
        token=token,
    )


def _verdict(status: Status, counts: Mapping[State, int], say: Wording) -> tuple[str, str]:
    """The one thing to know at 3 a.m., as (state, sentence)."""
    firing = sum(alert.status == "firing" for alert in status.alerts)
    if firing:
        return "firing", say.count("alerts_firing", firing)
    if counts["failing"]:
        return "failing", say.count("probes_failing", counts["failing"])
    if any(room.accepted is False for room in status.channels):
        return "failing", say.word("cards_stuck")
    if counts["waiting"]:
        return "waiting", say.word("probes_waiting")
    if status.standing and not status.standing.leads:
        return "healthy", say.word("standing_by")
    return ("healthy", say.word("all_healthy")) if status.probes else ("waiting", say.word("nothing_configured"))


def _urgency(alert: AlertRow) -> tuple[bool, bool, int, float]:
    """What fires and is told, worst and oldest first."""
    known = alert.severity in _SEVERITIES
    rank = _SEVERITIES.index(alert.severity) if known else 1
    return alert.status == "pending", alert.mute is not None, rank, alert.since.timestamp()


def _by_shop(rows: Sequence[ProbeRow]) -> list[tuple[str, list[ProbeRow]]]:
    return [(shop, list(each)) for shop, each in groupby(rows, key=lambda row: row.shop)]
