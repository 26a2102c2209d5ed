"""The pages for people: rendered on the server, readable without JavaScript, everything from outside escaped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import jinja2

from exporter.text import half, halves
from exporter.web.status import ProbeRow, State, Status
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.model import Gap, Sample
    from exporter.web.status import AlertRow, Language

_TEMPLATES = Path(__file__).with_name("templates")
_WORST_FIRST = get_args(State)
_SEVERITIES = ("critical", "warning", "info")
_SUMMABLE = (
    "_orders", "_skus", "_anomalies", "_messages", "_cards", "_rows", "_reservations", "_changes", "_findings",
)  # fmt: skip
_MOST_SHOWN = 6
CASES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of one probe as it is shown: a total where one makes sense, and its parts by label."""

    name: str
    total: str
    parts: tuple[tuple[str, str], ...]
    rest: str


def home(status: Status, language: Language, token: str = "") -> str:
    """`token` is what the forms carry; without one there are none."""
    wording = Wording(language, status.at, status.zone)
    counts = Counter(row.state for row in status.probes)
    return template("home.html").render(
        status=status,
        say=wording,
        verdict=_verdict(status, counts, wording),
        notices=_notices(status, wording),
        counts=[(state, wording.count(f"count_{state}", counts[state])) for state in _WORST_FIRST if counts[state]],
        alerts=sorted(status.alerts, key=_urgency),
        shops=_by_shop(status.probes),
        figures=figures,
        reasons=reasons,
        half=half,
        halves=halves,
        cases_shown=CASES_SHOWN,
        token=token,
    )


def figures(samples: Iterable[Sample], say: Wording, part: str = "") -> list[Figure]:
    """In the order the probe gave them: zeros are counted, not listed, histograms left out, the part not said again."""
    grouped: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.metric.of:
            continue
        grouped.setdefault(sample.metric.name, []).append(sample)
    return [_figure(name, each, say, part) for name, each in grouped.items()]


def reasons(gaps: Iterable[Gap], say: Wording) -> list[tuple[str, str]]:
    """What cannot be told, and why; each reason once."""
    grouped: dict[str, list[str]] = {}
    for gap in gaps:
        grouped.setdefault(gap.why, []).append(say.check(gap.check))
    comma = "、" if say.language == "zh" else ", "
    return [(comma.join(dict.fromkeys(checks)), half(why, say.language)) for why, checks in grouped.items()]


def _figure(name: str, samples: list[Sample], say: Wording, part: str) -> Figure:
    metric = samples[0].metric
    summed = name.endswith(_SUMMABLE)
    if len(samples) == 1 and not metric.labels:
        return Figure(say.metric(name), say.value(metric, samples[0].value), (), "")
    shown = sorted(
        (each for each in samples if each.value or not summed), key=lambda each: -each.value if summed else 0
    )
    parts = tuple((_labels(each, say, part), say.value(metric, each.value)) for each in shown[:_MOST_SHOWN])
    more, zeros = len(shown) - len(parts), len(samples) - len(shown)
    rest = say.word("others", number=more) if more else say.word("others_zero", number=zeros) if zeros and parts else ""
    return Figure(say.metric(name), say.number(sum(each.value for each in samples)) if summed else "", parts, rest)


def _labels(sample: Sample, say: Wording, part: str) -> str:
    told = zip(sample.metric.labels, sample.labels, strict=True)
    return " · ".join(filter(None, (say.label(*each) for each in told if not part or each[1] != part)))


def _notices(status: Status, say: Wording) -> list[str]:
    """What one of several sidecars says of the others."""
    standing, found = status.standing, []
    if standing and not standing.leads:
        found.append(say.word("stands_by", leader=standing.leader) if standing.leader else say.word("nobody_leads"))
    if standing and not standing.reachable:
        found.append(say.word("leases_away"))
    return found


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


def _urgency(alert: AlertRow) -> tuple[bool, int, float]:
    known = alert.severity in _SEVERITIES
    return alert.status == "pending", _SEVERITIES.index(alert.severity) if known else 1, alert.since.timestamp()


def _by_shop(rows: Iterable[ProbeRow]) -> list[tuple[str, list[ProbeRow]]]:
    ordered = sorted(rows, key=lambda row: (row.shop, _WORST_FIRST.index(row.state), row.probe, row.part))
    return [(shop, list(each)) for shop, each in groupby(ordered, key=lambda row: row.shop)]


@cache
def template(name: str) -> jinja2.Template:
    """A page's template; everything from outside is escaped in it."""
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return room.get_template(name)
