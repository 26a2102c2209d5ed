"""A flip → the card a person reads on a phone at 3 a.m.; all the wording, in Chinese and in English, is here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import PurePosixPath
from urllib.parse import quote

from exporter.cards.words import WORDS, Language, Words
from exporter.model import Alert, Card, Case, Fact, Flip, Link
from exporter.text import SEPARATOR, masked, one_line

_CASES, _DIGEST_LINES = 5, 15
_RED, _ORANGE, _BLUE, _GREEN = "🔴", "🟠", "🔵", "🟢"
_WORST_FIRST = (_RED, _ORANGE, _BLUE, _GREEN)
_MARKS = {"critical": _RED, "warning": _ORANGE}
_SAID_ELSEWHERE = frozenset({"alertname", "severity", "shop", "probe", "warehouse"})

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

    Read from the alert: the annotations summary, description, unit (each also as `…_en`) and runbook_url; the labels
    severity, shop and probe; every other label becomes a line. Without `unit` ("笔订单", "秒") the value is shown only
    where the summary names it too: it may be a mere 1 for "yes".
    """
    alert, words = flip.alert, WORDS[language]
    over = alert.status == "resolved"
    severity = alert.labels.get("severity", "info")
    unit = _said(alert, "unit", words)
    value = value_now if over else alert.value
    number = words.amount(value, unit) if value is not None and _counts(alert, words) else ""
    return Card(
        title=_title(flip, words, severity),
        status=("info" if flip.lost else "resolved") if over else "firing",
        severity=severity,
        text=_over(flip, words, value_now) if over else _said(alert, "description", words, 600),
        number=number,
        unit=(words.unit_now.format(unit) if unit else words.now) if over and number else unit,
        facts=tuple(_facts(flip, words, severity, zone)),
        cases=() if over else tuple(_case(case, flip.at, words) for case in _oldest(alert.evidence)),
        links=(*_runbook(alert, words, external_url), *_status_page(words, external_url)),
        mention=() if over else mention,
        language=language,
        resolved=int(over and not flip.lost),
    )


def digest(cards: Sequence[Card]) -> Card:
    """One card for several waiting ones, digests among them: counts every alert and names the worst first."""
    words = WORDS[cards[0].language]
    covers, resolved = sum(card.covers for card in cards), sum(card.resolved for card in cards)
    firing = [card for card in cards if card.status == "firing"]
    severity = min((card.severity for card in firing or cards), key=_rank)
    calm = _GREEN if resolved == covers else _BLUE
    lines = sorted((line for card in cards for line in _lines(card)), key=_place)[:_DIGEST_LINES]
    unlisted = words.unlisted.format(covers - len(lines)) if covers > len(lines) else ""
    return Card(
        title=words.digest_title.format(_MARKS.get(severity, _BLUE) if firing else calm, covers),
        status="firing" if firing else "resolved" if resolved == covers else "info",
        severity=severity,
        text=words.digest_text.format(covers, resolved) + unlisted,
        number=f"{covers:,}",
        unit=words.digest_unit,
        cases=tuple(lines),
        links=tuple(link for link in cards[0].links if all(link in card.links for card in cards)),
        mention=tuple(dict.fromkeys(name for card in firing for name in card.mention)),
        language=words.language,
        covers=covers,
        resolved=resolved,
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
    summary = _said(alert, "summary", words, 120) or one_line(alert.rule, 120)
    shop = one_line(alert.labels.get("shop", ""), 60)
    if shop and shop not in summary:
        summary = f"{shop}{words.colon}{summary}"
    if alert.status == "resolved":
        return f"{_BLUE} {words.lost.format(summary)}" if flip.lost else f"{_GREEN} {words.over.format(summary)}"
    return f"{_MARKS.get(severity, _BLUE)} {summary}"


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
    if over and not flip.lost:
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
    said = words.over_text.format(words.span((flip.at - flip.alert.since).total_seconds()))
    if value_now is None or not _counts(flip.alert, words):
        return said
    unit = _said(flip.alert, "unit", words)
    now, before = (words.amount_with_unit(value, unit) for value in (value_now, flip.alert.value))
    return said + words.over_count.format(now, before)


def _case(case: Case, at: datetime, words: Words) -> str:
    """Order number, amount and age: "2026112300017 · ¥128.00 · 3小时"."""
    age = words.span((at - case.since).total_seconds(), parts=1) if case.since else ""
    return SEPARATOR.join(part for part in (one_line(case.ref, 48), one_line(case.note, 40), age) if part)


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


def _lines(card: Card) -> Sequence[str]:
    """A digest's lines are its alerts already; any other card is one line."""
    return card.cases if card.covers > 1 else (card.title,)


def _place(line: str) -> int:
    return _WORST_FIRST.index(line[0]) if line[:1] in _WORST_FIRST else len(_WORST_FIRST)


def _rank(severity: str) -> int:
    return _WORST_FIRST.index(_MARKS.get(severity, _BLUE))
