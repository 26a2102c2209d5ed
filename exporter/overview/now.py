"""Everything at one instant, for the status page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from exporter import __version__, probes
from exporter.config import Config
from exporter.leases import Standing
from exporter.model import Alert, AlertKey, Delivery, Mute, Name, Reading
from exporter.overview import alerts
from exporter.silences import Desk
from exporter.state import StateFaultError
from exporter.watch import Watch
from exporter.web.status import Language, Notice, ProbeRow, SilenceRow, State, Status


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
    notices: Sequence[Notice] = (),
    standing: Standing | None = None,
) -> Status:
    """Alerts are worst and oldest first."""
    ordered = alerts.ordered(active)
    readings = watch.readings()
    people, rows = silenced(desk, ordered, at)
    # what people mute is told as it is now, before the judge has sat again
    mutes = {key: mute for key, mute in mutes.items() if not mute.silence} | people
    firing: defaultdict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in ordered:
        if alert.status == "firing":
            firing[alert.labels.get("shop", ""), alert.labels.get("probe", "")].append(alert)
    return Status(
        at=at,
        version=__version__,
        probes=tuple(
            probe_row(name, readings.get(name), firing.get(name[:2], ()), mutes, watch)
            for name in sorted(watch.names())
        ),
        alerts=tuple(alerts.row(alert, language, mutes.get(alert.key)) for alert in ordered),
        channels=tuple(rooms),
        silences=tuple(rows),
        zone=config.zone,
        notices=tuple(notices),
        standing=standing,
    )


def silenced(desk: Desk, among: Collection[Alert], at: datetime) -> tuple[dict[AlertKey, Mute], list[SilenceRow]]:
    """Nothing while the state is out of order: the page must be there all the more."""
    try:
        rows = [SilenceRow.of(each, active=stands) for each, stands in desk.history(at)]
        return dict(desk.muted(among, at)), rows
    except StateFaultError:
        return {}, []


def about(alert: Alert, name: Name) -> bool:
    place = alert.labels.get("shop", ""), alert.labels.get("probe", "")
    label = probes.known()[name.probe].PART
    return place == name[:2] and alert.labels.get(label, name.part) == name.part


def probe_row(
    name: Name, reading: Reading | None, firing: Iterable[Alert], mutes: Mapping[AlertKey, Mute], watch: Watch
) -> ProbeRow:
    """`firing` are alerts of the whole probe; those of other parts do not count."""
    if reading is None:
        return ProbeRow(name.shop, name.probe, "waiting", part=name.part, next_run=watch.next_run(name))
    return ProbeRow(
        name.shop,
        name.probe,
        _state(reading, [alert for alert in firing if about(alert, name)], mutes),
        part=name.part,
        samples=reading.samples,
        gaps=reading.gaps,
        why=reading.error or "; ".join(str(each) for each in reading.coverage if each.partial),
        last_success=reading.last_success,
        seconds=reading.seconds,
        next_run=watch.next_run(name),
    )


def _state(reading: Reading, firing: Collection[Alert], mutes: Mapping[AlertKey, Mute]) -> State:
    if reading.error is not None:
        return "failing"
    if firing:
        return "silenced" if all(alert.key in mutes for alert in firing) else "firing"
    return "not_applicable" if reading.gaps and not reading.samples else "healthy"
