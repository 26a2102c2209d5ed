"""The page of one alert: its evidence in full, its history, and the rule it comes from."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.model import Name
from exporter.web.templates import template
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, tzinfo

    from exporter.model import Case, Record
    from exporter.web.details import Dossier
    from exporter.web.frame import Frame

CASES = 2_000
"""Cases on one page; the CSV has all that are kept."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history; `lasted` in seconds where something ended."""

    at: datetime
    state: str
    word: str
    value: str
    lasted: float | None
    muted: str


def page(found: Dossier, frame: Frame, at: datetime, zone: tzinfo, token: str = "") -> str:
    say, labels = Wording(frame.language, at, zone), found.labels
    shop, probe = labels.get("shop", ""), labels.get("probe", "")
    row = found.row
    return template("alert.html").render(
        say=say,
        frame=frame,
        found=found,
        row=row,
        alerts=[row] if row else [],
        title=row.title if row else found.title,
        events=list(_events(found.records, row.unit if row else "", say)),
        last=found.records[0] if found.records else None,
        probe=Name(shop, probe, row.part if row else "") if shop and probe else None,
        runbook=row.runbook if row else found.rule.runbook if found.rule else "",
        shop=shop,
        cases_shown=CASES,
        token=token,
    )


def table(cases: Sequence[Case]) -> str:
    """The cases as a CSV that a spreadsheet opens without running anything."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["ref", "since", "note"])
    for case in cases:
        since = case.since.isoformat(timespec="seconds") if case.since else ""
        writer.writerow([_harmless(each) for each in (case.ref, since, case.note)])
    return "\ufeff" + text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _events(records: Sequence[Record], unit: str, say: Wording) -> Iterator[Event]:
    for each in records:
        value = say.figure(each.value, unit)
        if each.status == "firing":
            yield Event(each.at, "firing", "began_firing", value, None, each.muted)
        else:
            lasted = (each.at - each.since).total_seconds()
            state = "healthy" if each.status == "resolved" else "waiting"
            yield Event(each.at, state, each.status, value, lasted, each.muted)
