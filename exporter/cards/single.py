"""The card of one alert."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from exporter.cards.digests import BLUE, GREEN, MARKS
from exporter.cards.wording import clock, runbook, runbook_name, said, status_page, summary
from exporter.cards.words import SECONDS, Words
from exporter.model import Card, Case, Fact, Group, Told
from exporter.text import SEPARATOR, halves, masked, one_line

_CASES = 5
_SAID_ELSEWHERE = frozenset({"alertname", "severity", "shop", "probe", "warehouse", "noticed", "job", "instance"})

_WORTH_SAYING = timedelta(minutes=1)
"""An alert that has just begun says so by `since`; "for 0 seconds" tells nobody anything."""


def single(group: Group, words: Words, zone: tzinfo, mention: tuple[str, ...]) -> Card:
    """Of a group of one; an alert that is over shows its value now, how long it lasted, and calls nobody."""
    [told] = group.alerts
    over = told.status == "resolved"
    severity = told.labels.get("severity", "info")
    unit = said(told, "unit", words)
    value = told.value_now if over else told.value
    counted = value is not None and _counts(told, words) and not told.expired
    number = words.amount(value, unit) if value is not None and counted else ""
    return Card(
        title=_title(told, words, severity, repeated=group.repeated),
        status="resolved" if told.recovered else "info" if over else "firing",
        severity=severity,
        text=_over(told, words) if over else said(told, "description", words, 600),
        number=number,
        unit=_beside(unit, words, over=over and bool(number)),
        facts=tuple(_facts(told, group.at, words, zone)),
        cases=() if over else tuple(case_line(case, told, group.at, words) for case in oldest(told.evidence)[:_CASES]),
        links=(
            *runbook(told.annotations, told.labels, words, group.external_url),
            *status_page(words, group.external_url),
        ),
        mention=() if over else mention,
        language=words.language,
        resolved=int(told.recovered),
    )


def case_line(case: Case, told: Told, at: datetime, words: Words) -> str:
    """Order number, amount and age: "2026112300017 · ¥128.00 · 3小时"; a statement last, for it is the first to go."""
    note = words.worded(halves(case.note, words.language), told.labels)
    age = words.span((at - case.since).total_seconds(), parts=1) if case.since else ""
    parts = one_line(case.ref, 48), one_line(note, 80), age, one_line(case.statement, 120)
    return SEPARATOR.join(filter(None, parts))


def oldest(evidence: Sequence[Case]) -> list[Case]:
    """What has no time comes last, in the order the probe gave it."""
    return sorted(evidence, key=lambda case: case.since.timestamp() if case.since else float("inf"))


def taken_by(told: Told, words: Words, zone: tzinfo) -> Iterable[Fact]:
    """Who has acknowledged it, and when."""
    if told.mute and told.mute.why == "acknowledged":
        since = clock(told.mute.since, zone) if told.mute.since else ""
        yield Fact(words.taken, " ".join(filter(None, (masked(one_line(told.mute.by, 40)), since))))


def _title(told: Told, words: Words, severity: str, *, repeated: bool) -> str:
    if told.expired and not told.lost:
        return f"{BLUE} {said(told, 'ended', words, 120)}"
    text = summary(told, words)
    if told.status == "resolved":
        return f"{BLUE} {words.lost.format(text)}" if told.lost else f"{GREEN} {words.over.format(text)}"
    return f"{MARKS.get(severity, BLUE)} {words.still.format(text) if repeated else text}"


def _facts(told: Told, at: datetime, words: Words, zone: tzinfo) -> Iterable[Fact]:
    """Where first, then since when and how long: a channel with few rows keeps the first ones."""
    over, severity = told.status == "resolved", told.labels.get("severity", "info")
    shown = ["warehouse", *sorted(told.labels.keys() - _SAID_ELSEWHERE)]
    shown += ["probe"] if runbook_name(told.annotations, told.labels) != told.labels.get("probe") else []
    for name in shown:
        if value := told.labels.get(name):
            yield Fact(words.labels.get(name, one_line(name, 20)), masked(words.say(name, one_line(value, 60))))
    yield Fact(words.since, clock(told.starts, zone))
    if told.ends and not told.lost and not told.expired:
        yield Fact(words.until, clock(told.ends, zone))
    lasted = (told.ends or at) - told.starts
    if over or lasted >= _WORTH_SAYING:
        yield Fact(words.lasted if over else words.lasting, words.span(lasted.total_seconds()))
    yield from taken_by(told, words, zone)
    if told.flips > 1 and not told.unseen:
        yield Fact(words.flapped, words.times.format(told.flips))
    if shop := told.labels.get("shop"):
        yield Fact(words.labels["shop"], one_line(shop, 60))
    yield Fact(words.severity, words.severities.get(severity, one_line(severity, 20)))


def _over(told: Told, words: Words) -> str:
    """A resolved card does not repeat what to do; it says how long it lasted and what the value is now."""
    lasted = words.span(((told.ends or told.starts) - told.starts).total_seconds())
    if told.lost:
        return words.lost_text
    if told.expired:
        return words.ended_text.format(lasted)
    text = (words.unseen_text if told.unseen else words.over_text).format(lasted)
    if told.value_now is None or told.value is None or not _counts(told, words):
        return text
    unit = said(told, "unit", words)
    now, before = (words.amount_with_unit(value, unit) for value in (told.value_now, told.value))
    return text + words.over_count.format(now, before)


def _beside(unit: str, words: Words, *, over: bool) -> str:
    """What stands beside the figure; a length of time has its units in itself."""
    named = "" if unit in SECONDS else unit
    if not over:
        return named
    return words.unit_now.format(named) if named else words.now


def _counts(told: Told, words: Words) -> bool:
    """Without `unit` the value is shown only where the summary names it too: it may be a mere 1 for "yes"."""
    if told.value is None or said(told, "unit", words):
        return told.value is not None
    text = told.annotations.get("summary", "")
    return re.search(rf"(?<![\w.]){re.escape(f'{told.value:g}')}(?![\w.])", text, re.ASCII) is not None
