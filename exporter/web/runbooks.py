"""The page of a runbook: the evidence of its open alerts, and its text with the tables of one shop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.mapping import WORDS, Mapping, TableMap
from exporter.shop.table import TIMES
from exporter.web.filling import Filling, Place, Runbook
from exporter.web.pages import CASES_SHOWN
from exporter.web.templates import template
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from exporter.web.frame import Frame
    from exporter.web.status import AlertRow, Language, Status


def page(name: str, runbook: Runbook, status: Status, frame: Frame, shop: str = "") -> str:
    """`shop` is the one asked for; any other word for it means the shop with an alert, or the first that is watched."""
    from exporter.web import markdown as text  # noqa: PLC0415 - only runbooks need mistune

    language = frame.language
    about = [alert for alert in status.alerts if alert.runbook == name]
    watched = [place for place in runbook.places if name in place.probes] or list(runbook.places)
    place = _chosen(watched, about, shop)
    alerts = [replace(alert, runbook="") for alert in about if place is None or alert.shop in ("", place.shop)]
    cases = list(dict.fromkeys(case.ref for alert in alerts for case in alert.evidence))
    several = place is not None and len(watched) > 1
    chosen = place.shop if place and several else ""
    return template("runbook.html").render(
        name=name,
        frame=replace(frame, query={"shop": chosen} if chosen else {}),
        html=text.html(runbook.markdown, language, Filling(place, cases), frame.asked(shop=chosen)),
        language=language,
        say=Wording(language, status.at, status.zone),
        alerts=alerts,
        place=place,
        others=[each.shop for each in watched if place and each.shop != place.shop],
        notes=list(_notes(place, language)) if place and "{orders" in runbook.markdown else [],
        cases_shown=CASES_SHOWN,
        token="",  # who reads how to repair acts on the status page
    )


def _chosen(places: Sequence[Place], alerts: Sequence[AlertRow], shop: str) -> Place | None:
    by_name = {place.shop: place for place in places}
    wanted = [shop, *(alert.shop for alert in alerts), *by_name]
    return next((by_name[each] for each in wanted if each in by_name), None)


def _notes(place: Place, language: Language) -> Iterator[str]:
    """What the SQL of the page leaves out of this shop: its other shards, and its filter of rows."""
    for word in WORDS:
        if table := place.mapping.table(word):
            if (count := len(table.shards)) > 1:
                yield _SHARDS[language].format(word, count, table.shards[0], table.shards[-1])
            if table.where:
                rows = ", ".join(f"{column} = {'/'.join(map(str, values))}" for column, values in table.where.items())
                yield _FILTER[language].format(word, rows)
            if clocks := _clocks(place.mapping, word, table):
                yield _CLOCKS[language].format(word, clocks)


def _clocks(mapping: Mapping, word: str, table: TableMap) -> str:
    """Columns of times that hold numbers: parameters are to be written in the same way."""
    kinds = {column: mapping.clock(word, column)[0] for column in table.columns if column in TIMES}
    said = {kind: [column for column, each in kinds.items() if each == kind] for kind in ("epoch_s", "epoch_ms")}
    return ", ".join(f"{', '.join(columns)} = {kind}" for kind, columns in said.items() if columns)


_SHARDS = {
    "zh": "{} 分在 {} 张表里（{} … {}），这里写的是第一张",
    "en": "{} lies in {} tables ({} … {}); the first of them is shown",
}
_CLOCKS = {
    "zh": "{} 的时间是数字（epoch_s 秒，epoch_ms 毫秒）：{}",
    "en": "times of {} are numbers (epoch_s seconds, epoch_ms milliseconds): {}",
}
_FILTER = {"zh": "{} 只统计 {} 的行", "en": "of {} only rows with {} count"}
