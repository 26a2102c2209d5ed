"""A flip → the card a person reads on a phone at 3 a.m.; all the wording, in Chinese and in English, is here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import PurePosixPath
from urllib.parse import quote

from exporter.cards.digests import BLUE, GREEN, MARKS, digest
from exporter.cards.values import Language
from exporter.cards.words import SECONDS, WORDS, Words
from exporter.model import Alert, Card, Case, Fact, Flip, Link
from exporter.text import SEPARATOR, masked, one_line

__all__ = ["digest", "trial", "write"]

_CASES = 5
_SAID_ELSEWHERE = frozenset({"alertname", "severity", "shop", "probe", "warehouse", "noticed", "job", "instance"})

_WORTH_SAYING = timedelta(minutes=1)
"""An alert that has just begun says so by `since`; "for 0 seconds" tells nobody anything."""


def write(
    flip: Flip,
    *,
    zone: tzinfo,
    language: Language,
    external_url: str = "",
    mention: tuple[str, ...] = (),
    value_now: float | None = None,
) -> Card:
    """The card of one flip; a resolved one shows `value_now`, how long it lasted, and calls nobody.

    Read from the alert: the annotations summary, description, unit, ended (each also as `…_en`) and runbook_url; the
    labels severity, shop and probe; every other label becomes a line. With `ended`, time alone ends the alert: its
    card says that text and never "resolved". Without `unit` ("笔订单", "秒") the value is shown only
    where the summary names it too: it may be a mere 1 for "yes".
    """
    alert, words = flip.alert, WORDS[language]
    over = alert.status == "resolved"
    severity = alert.labels.get("severity", "info")
    unit = _said(alert, "unit", words)
    value = value_now if over else alert.value
    number = words.amount(value, unit) if value is not None and _counts(alert, words) and not _expired(alert) else ""
    recovered = over and not flip.lost and not _expired(alert)
    return Card(
        title=_title(flip, words, severity),
        status="resolved" if recovered else "info" if over else "firing",
        severity=severity,
        text=_over(flip, words, value_now) if over else _said(alert, "description", words, 600),
        number=number,
        unit=_beside(unit, words, over=over and bool(number)),
        facts=tuple(_facts(flip, words, severity, zone)),
        cases=() if over else tuple(_case(case, flip.at, words) for case in _oldest(alert.evidence)),
        links=(*_runbook(alert, words, external_url), *_status_page(words, external_url)),
        mention=() if over else mention,
        language=language,
        resolved=int(recovered),
    )


def trial(
    *, now: datetime, zone: tzinfo, language: Language, external_url: str = "", mention: tuple[str, ...] = ()
) -> Card:
    """The test card: it takes the road of every other card, and says that nothing is wrong."""
    words = WORDS[language]
    return Card(
        title=words.trial_title,
        status="info",
        severity="info",
        text=words.trial_text,
        facts=(Fact(words.sent, _clock(now, zone)),),
        links=_status_page(words, external_url),
        mention=mention,
        language=language,
    )


def _title(flip: Flip, words: Words, severity: str) -> str:
    alert = flip.alert
    summary = words.worded(_said(alert, "summary", words, 120), alert.labels) or one_line(alert.rule, 120)
    shop = one_line(alert.labels.get("shop", ""), 60)
    if shop and shop not in summary:
        summary = f"{shop}{words.colon}{summary}"
    if _expired(alert) and not flip.lost:
        return f"{BLUE} {_said(alert, 'ended', words, 120)}"
    if alert.status == "resolved":
        return f"{BLUE} {words.lost.format(summary)}" if flip.lost else f"{GREEN} {words.over.format(summary)}"
    return f"{MARKS.get(severity, BLUE)} {summary}"


def _facts(flip: Flip, words: Words, severity: str, zone: tzinfo) -> Iterable[Fact]:
    """Where first, then since when and how long: a channel with few rows keeps the first ones."""
    alert = flip.alert
    over = alert.status == "resolved"
    shown = ["warehouse", *sorted(alert.labels.keys() - _SAID_ELSEWHERE)]
    shown += ["probe"] if _runbook_name(alert) != alert.labels.get("probe") else []
    for name in shown:
        if value := alert.labels.get(name):
            yield Fact(words.labels.get(name, one_line(name, 20)), masked(words.say(name, one_line(value, 60))))
    yield Fact(words.since, _clock(alert.since, zone))
    if over and not flip.lost and not _expired(alert):
        yield Fact(words.until, _clock(flip.at, zone))
    if over or flip.at - alert.since >= _WORTH_SAYING:
        yield Fact(words.lasted if over else words.lasting, words.span((flip.at - alert.since).total_seconds()))
    if shop := alert.labels.get("shop"):
        yield Fact(words.labels["shop"], one_line(shop, 60))
    yield Fact(words.severity, words.severities.get(severity, one_line(severity, 20)))


def _over(flip: Flip, words: Words, value_now: float | None) -> str:
    """A resolved card does not repeat what to do; it says how long it lasted and what the value is now."""
    if flip.lost:
        return words.lost_text
    if _expired(flip.alert):
        return words.ended_text.format(words.span((flip.at - flip.alert.since).total_seconds()))
    said = words.over_text.format(words.span((flip.at - flip.alert.since).total_seconds()))
    if value_now is None or not _counts(flip.alert, words):
        return said
    unit = _said(flip.alert, "unit", words)
    now, before = (words.amount_with_unit(value, unit) for value in (value_now, flip.alert.value))
    return said + words.over_count.format(now, before)


def _beside(unit: str, words: Words, *, over: bool) -> str:
    """What stands beside the figure; a length of time has its units in itself."""
    named = "" if unit in SECONDS else unit
    if not over:
        return named
    return words.unit_now.format(named) if named else words.now


def _expired(alert: Alert) -> bool:
    """Whether it ended because it was told for long enough: what it told of may well be as it was."""
    return alert.status == "resolved" and "ended" in alert.annotations


def _case(case: Case, at: datetime, words: Words) -> str:
    """Order number, amount and age: "2026112300017 · ¥128.00 · 3小时"; a statement last, for it is the first to go."""
    age = words.span((at - case.since).total_seconds(), parts=1) if case.since else ""
    parts = one_line(case.ref, 48), one_line(case.note, 80), age, one_line(case.statement, 120)
    return SEPARATOR.join(filter(None, parts))


def _oldest(evidence: Sequence[Case]) -> list[Case]:
    # what has no time comes last, in the order the probe gave it
    return sorted(evidence, key=lambda case: case.since.timestamp() if case.since else float("inf"))[:_CASES]


def _runbook(alert: Alert, words: Words, external_url: str) -> tuple[Link, ...]:
    own, name = alert.annotations.get("runbook_url", ""), _runbook_name(alert)
    if own.startswith(("https://", "http://")):
        return (Link(words.runbook, own),)
    return (Link(words.runbook, f"{external_url.rstrip('/')}/runbooks/{name}"),) if external_url and name else ()


def _runbook_name(alert: Alert) -> str:
    """`docs/runbooks/pending_paid.md` → `pending_paid`; without a page of its own, the probe's."""
    own = PurePosixPath(alert.annotations.get("runbook_url", "")).stem
    return quote(own or alert.labels.get("probe", ""), safe="")


def _status_page(words: Words, external_url: str) -> tuple[Link, ...]:
    return (Link(words.status_page, f"{external_url.rstrip('/')}/"),) if external_url else ()


def _said(alert: Alert, name: str, words: Words, limit: int = 20) -> str:
    """The annotation on one line, without people's numbers, and with the labels it names in words."""
    translated = alert.annotations.get(f"{name}_en", "") if words.language == "en" else ""
    text = masked(one_line(translated or alert.annotations.get(name, ""), limit))
    for label, value in alert.labels.items():
        if (word := words.say(label, value)) != value:
            text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", word, text)
    return text


def _counts(alert: Alert, words: Words) -> bool:
    if _said(alert, "unit", words):
        return True
    summary = alert.annotations.get("summary", "")
    return re.search(rf"(?<![\w.]){re.escape(f'{alert.value:g}')}(?![\w.])", summary, re.ASCII) is not None


def _clock(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%m-%d %H:%M")
