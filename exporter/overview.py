"""What is known now, as the status page shows it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from exporter import __version__, probes
from exporter.cards.words import MEASURES, WORDS
from exporter.config import Config, ShopSection
from exporter.leases import Standing
from exporter.model import Alert, AlertKey, Delivery, Mute, Name, Reading
from exporter.silences import Desk, digest
from exporter.state import StateFaultError
from exporter.watch import Watch
from exporter.web.filling import Place, Runbook
from exporter.web.status import AlertRow, Language, ProbeRow, SilenceRow, State, Status

_WORST = {"critical": 0, "warning": 1, "info": 2}


def status(
    at: datetime,
    *,
    config: Config,
    watch: Watch,
    active: Iterable[Alert],
    mutes: Mapping[AlertKey, Mute],
    desk: Desk,
    rooms: Iterable[Delivery],
    language: Language,
    standing: Standing | None = None,
) -> Status:
    """Everything at one instant, alerts worst and oldest first."""
    alerts = sorted(active, key=lambda a: (a.status, _WORST.get(a.labels.get("severity", ""), 3), a.since))
    firing = [alert for alert in alerts if alert.status == "firing"]
    readings = watch.readings()
    people, rows = _silenced(desk, alerts, at)
    # what people mute is told as it is now, before the judge has sat again
    mutes = {key: mute for key, mute in mutes.items() if not mute.silence} | people
    return Status(
        at=at,
        version=__version__,
        probes=tuple(
            _probe_row(name, readings.get(name), any(_about(alert, name) for alert in firing), watch)
            for name in sorted(watch.names())
        ),
        alerts=tuple(_alert_row(alert, language, mutes.get(alert.key)) for alert in alerts),
        channels=tuple(rooms),
        silences=tuple(rows),
        zone=config.zone,
        standing=standing,
    )


def runbook(root: Path, config: Config, name: str, language: Language) -> Runbook | None:
    """The runbook in this language, else in the other one; None when there is none."""
    if not re.fullmatch(r"[a-z0-9_]{1,64}", name):
        return None
    folder = root / "runbooks" if root.name == "_share" else root / "docs" / "runbooks"
    files = [folder / f"{name}.md", folder / f"{name}.en.md"]
    for file in files if language == "zh" else reversed(files):
        if file.is_file():
            return Runbook(file.read_text(encoding="utf-8"), _places(config))
    return None


def _places(config: Config) -> tuple[Place, ...]:
    return tuple(
        Place(name, section.tables, _family(section), frozenset(section.probes))
        for name, section in config.shops.items()
    )


def _family(section: ShopSection) -> str:
    backend = section.address().get_backend_name()
    return backend if backend in ("postgresql", "sqlite") else "mysql"


def _silenced(desk: Desk, alerts: Collection[Alert], at: datetime) -> tuple[dict[AlertKey, Mute], list[SilenceRow]]:
    """Nothing while the state is out of order: the page must be there all the more."""
    try:
        rows = [SilenceRow.of(each, active=stands) for each, stands in desk.history(at)]
        return dict(desk.muted(alerts, at)), rows
    except StateFaultError:
        return {}, []


def _about(alert: Alert, name: Name) -> bool:
    place = alert.labels.get("shop", ""), alert.labels.get("probe", "")
    label = probes.known()[name.probe].PART
    return place == (name.shop, name.probe) and alert.labels.get(label, name.part) == name.part


def _probe_row(name: Name, reading: Reading | None, firing: bool, watch: Watch) -> ProbeRow:
    if reading is None:
        return ProbeRow(name.shop, name.probe, "waiting", part=name.part, next_run=watch.next_run(name))
    return ProbeRow(
        name.shop,
        name.probe,
        _state(reading, firing),
        part=name.part,
        samples=reading.samples,
        gaps=reading.gaps,
        why=reading.error or "; ".join(str(each) for each in reading.coverage if each.partial),
        last_success=reading.last_success,
        seconds=reading.seconds,
        next_run=watch.next_run(name),
    )


def _state(reading: Reading, firing: bool) -> State:
    if reading.error is not None:
        return "failing"
    if firing:
        return "firing"
    return "not_applicable" if reading.gaps and not reading.samples else "healthy"


def _alert_row(alert: Alert, language: Language, mute: Mute | None) -> AlertRow:
    return AlertRow(
        title=WORDS[language].worded(_said(alert, "summary", language), alert.labels) or alert.rule,
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
    )


def _unlisted(alert: Alert) -> int:
    """Only a value that counts the cases tells how many there are: milliseconds do not."""
    unit = alert.annotations.get("unit", "")
    if alert.value is None or not unit or unit in MEASURES or not alert.evidence or alert.value != round(alert.value):
        return 0
    return max(0, round(alert.value) - len(alert.evidence))


def _said(alert: Alert, name: str, language: Language) -> str:
    other = alert.annotations.get(name, "")
    return alert.annotations.get(f"{name}_en", other) if language == "en" else other
