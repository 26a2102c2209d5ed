"""Alerts as the pages show them: those that are open, and one with its whole history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from exporter import model
from exporter.bench import Bench
from exporter.cards.words import MEASURES, WORDS
from exporter.model import Alert, AlertKey, Ledger, Mute, Record
from exporter.probes import known
from exporter.silences import digest
from exporter.state import State, StateFaultError
from exporter.web.details import Dossier, RuleText
from exporter.web.status import AlertRow, Language

_WORST = {"critical": 0, "warning": 1, "info": 2}
_PAST = timedelta(days=31)
_RECORDS = 200


def ordered(active: Iterable[Alert]) -> list[Alert]:
    """Worst and oldest first."""
    return sorted(active, key=lambda a: (a.status, _WORST.get(a.labels.get("severity", ""), 3), a.since))


def row(alert: Alert, language: Language, mute: Mute | None) -> AlertRow:
    probe = alert.labels.get("probe", "")
    words = WORDS[language]
    return AlertRow(
        title=words.timed(words.worded(_said(alert, "summary", language), alert.labels)) or alert.rule,
        severity=alert.labels.get("severity", ""),
        status="firing" if alert.status == "firing" else "pending",
        since=alert.since,
        value=alert.value if "unit" in alert.annotations else None,
        shop=alert.labels.get("shop", ""),
        text=_said(alert, "description", language),
        evidence=alert.evidence,
        runbook=Path(alert.annotations.get("runbook_url", "")).name.removesuffix(".md"),
        unit=_said(alert, "unit", language),
        unlisted=_unlisted(alert),
        id=digest(alert.key),
        mute=mute,
        fingerprint=fingerprint(alert.key),
        probe=probe,
        part=alert.labels.get(known()[probe].PART, "") if probe in known() else "",
    )


def dossier(
    name: str,
    language: Language,
    *,
    now: datetime,
    active: Iterable[Alert],
    mutes: Mapping[AlertKey, Mute],
    ledgers: Iterable[Ledger],
    bench: Bench,
    state: State,
) -> Dossier | None:
    """What is known of the alert with this fingerprint, now or within the last month; None when that is nothing."""
    alert = next((each for each in active if fingerprint(each.key) == name), None)
    records, is_readable = _records(state, name, now)
    if alert is None and not records:
        return None
    rule, labels = (alert.rule, alert.labels) if alert else (records[0].rule, records[0].labels)
    route = bench.route(labels)
    return Dossier(
        fingerprint=name,
        rule=_rule(bench, rule, language),
        title=labels.get("alertname", rule),
        labels=dict(labels),
        row=row(alert, language, mutes.get(alert.key)) if alert else None,
        records=records,
        is_whole=is_readable,
        rooms=tuple(route.to) if route else (),
        told_at=_told_at(alert, ledgers) if alert else None,
    )


def fingerprint(key: AlertKey) -> str:
    return _fingerprint(key[1])


@lru_cache(maxsize=8192)
def _fingerprint(labels: tuple[tuple[str, str], ...]) -> str:
    return model.fingerprint(dict(labels))


def _told_at(alert: Alert, ledgers: Iterable[Ledger]) -> datetime | None:
    """When its group was told last; None where that has not told of it yet."""
    mine = ((ledger.told_at, ledger.entries.get(alert.key)) for ledger in ledgers)
    return next((at for at, entry in mine if entry and entry.told), None)


def _records(state: State, name: str, now: datetime) -> tuple[tuple[Record, ...], bool]:
    try:
        return tuple(state.history_of(name, now - _PAST, _RECORDS)), True
    except StateFaultError:
        return (), False


def _rule(bench: Bench, name: str, language: Language) -> RuleText | None:
    """None where the configuration no longer has it."""
    if name not in bench.rulebook.names():
        return None
    rule = bench.rulebook.rule(name)
    texts = {key: template.text for key, template in rule.annotations.items()}
    said = texts.get("summary", "")
    return RuleText(
        rule.expression.text.strip(),
        rule.wait,
        rule.keep,
        rule.line,
        Path(texts.get("runbook_url", "")).name.removesuffix(".md"),
        texts.get("summary_en", said) if language == "en" else said,
    )


def _unlisted(alert: Alert) -> int:
    """Only a value that counts the cases tells how many there are: milliseconds do not."""
    unit = alert.annotations.get("unit", "")
    if alert.value is None or not unit or unit in MEASURES or not alert.evidence or not float(alert.value).is_integer():
        return 0
    return max(0, round(alert.value) - len(alert.evidence))


def _said(alert: Alert, name: str, language: Language) -> str:
    other = alert.annotations.get(name, "")
    return alert.annotations.get(f"{name}_en", other) if language == "en" else other
