"""What people may look at: the web's view of one running sidecar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from exporter.config import ROOT
from exporter.duty import Duty
from exporter.ear import Ear
from exporter.failures import Failures
from exporter.model import AlertKey, Mute, Name
from exporter.overview import alerts, now, runbooks
from exporter.plan import Plan
from exporter.probes import Probe
from exporter.selfmetrics import Reloads
from exporter.silences import Desk
from exporter.sparks import Sparks, Trend
from exporter.state import State
from exporter.watch import Watch
from exporter.web.details import Dossier, Inspection
from exporter.web.filling import Runbook
from exporter.web.page_words import WORDS
from exporter.web.status import Language, Notice, Status
from exporter.web.words import WORDS as PAGES


@dataclass(frozen=True)
class Window:
    """Everything on it may be asked from any thread; `plan` is asked for the one at work."""

    now: Callable[[], datetime]
    plan: Callable[[], Plan]
    watch: Watch
    duty: Duty
    desk: Desk
    ear: Ear
    state: State
    reloads: Reloads
    sparks: Sparks
    failures: Failures
    page: Callable[[str | None, bool], tuple[bytes, str, bool]]
    ready: Callable[[], str | None]
    leading: Callable[[], str | None]
    reload: Callable[[], list[str]]

    def status(self, language: Language) -> Status:
        return now.status(
            self.now(),
            config=self.plan().config,
            watch=self.watch,
            active=self.duty.active(),
            mutes=self.duty.mutes(),
            desk=self.desk,
            rooms=self.duty.rooms(),
            language=language,
            notices=self._notices(language),
            standing=self.duty.standing,
        )

    def runbook(self, name: str, language: Language) -> Runbook | None:
        return runbooks.runbook(ROOT, self.plan().config, name, language)

    def trend(self, name: Name) -> Trend | None:
        return self.sparks.trend(name)

    def inspection(self, name: Name, language: Language) -> Inspection | None:
        """What is known of a probe's part; None when it is not watched, or no longer."""
        probe = self._probe(name)
        if probe is None:
            return None
        reading, mutes = self.watch.readings().get(name), self._mutes()
        about = [alert for alert in alerts.ordered(self.duty.active()) if now.about(alert, name)]
        firing = [alert for alert in about if alert.status == "firing"]
        settings = probe.model_dump(mode="json", by_alias=True)
        plain = {key for key, value in probe if isinstance(value, int | float)}
        told = {field.alias or key for key, field in type(probe).model_fields.items() if key in plain}
        return Inspection(
            at=self.now(),
            zone=self.plan().config.zone,
            row=now.probe_row(name, reading, firing, mutes, self.watch),
            run_at=reading.at if reading else None,
            asked=reading.asked if reading else (),
            statements=reading.statements if reading else 0,
            settings={key: str(value) for key, value in settings.items() if key in told},
            limits=probe.thresholds(),
            failures=self.failures.of(name),
            alerts=tuple(alerts.row(alert, language, mutes.get(alert.key)) for alert in about),
            trend=self.sparks.trend(name),
            skipped=self.watch.skipped().get(name, 0),
            quoted_names=self._quotes_names(name.shop),
        )

    def dossier(self, fingerprint: str, language: Language) -> Dossier | None:
        """What is known of the alert with this fingerprint; None where nobody remembers it."""
        return alerts.dossier(
            fingerprint,
            language,
            now=self.now(),
            active=self.duty.active(),
            mutes=self._mutes(),
            ledgers=self.duty.ledgers().values(),
            bench=self.plan().bench,
            state=self.state,
        )

    def _mutes(self) -> dict[AlertKey, Mute]:
        active = self.duty.active()
        by_settings = {key: mute for key, mute in self.duty.mutes().items() if not mute.silence}
        return by_settings | now.silenced(self.desk, active, self.now())[0]

    def _probe(self, name: Name) -> Probe | None:
        shop = self.plan().config.shops.get(name.shop)
        return shop.parts(name.shop).get(name) if shop else None

    def _quotes_names(self, shop: str) -> bool:
        section = self.plan().config.shops[shop]
        others = (each.address() for each in (*section.databases.values(), *section.replicas.values()))
        return all(url.get_backend_name() in ("postgresql", "sqlite") for url in (section.address(), *others))

    def _notices(self, language: Language) -> list[Notice]:
        """What people ought to know before they believe the page."""
        found = [*self._of_leases(language)]
        found += [] if self.reloads.ok else [Notice("warning", WORDS["notice_reload"][language])]
        for rule, why in self.duty.failed().items():
            found.append(Notice("warning", WORDS["notice_rule"][language].format(rule=rule, why=why)))
        return found

    def _of_leases(self, language: Language) -> Iterator[Notice]:
        """What one of several sidecars says of the others."""
        standing = self.duty.standing
        if standing and not standing.leads:
            said = PAGES["stands_by" if standing.leader else "nobody_leads"][language]
            yield Notice("info" if standing.leader else "critical", said.format(leader=standing.leader))
        if standing and not standing.reachable:
            yield Notice("warning", PAGES["leases_away"][language])
