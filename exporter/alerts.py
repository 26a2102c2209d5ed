"""step(): what was active and what holds now → what is active and what flipped. Pure; time is an argument."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from exporter.model import Alert, AlertKey, Finding, Flip

_LONGEST_OUTAGE = timedelta(hours=1)


class Unsure(NamedTuple):
    """The alerts of a rule in a shop of which nothing is known now; a shop of "" means those without that label.

    `label` and `value` narrow it to one part (`replica`, `reporting`) and to alerts that do not name one.
    """

    rule: str
    shop: str
    label: str = ""
    value: str = ""


def step(
    active: Mapping[AlertKey, Alert],
    held: Iterable[Finding],
    now: datetime,
    unsure: Collection[Unsure] = (),
    partial: Collection[Unsure] = (),
) -> tuple[dict[AlertKey, Alert], list[Flip]]:
    """One round of judging; of two findings with the same key the first counts.

    `unsure` names alerts whose inputs are not known now: they neither start, change nor resolve. `partial` names those
    of which only a part is known: they start and change, but do not resolve.
    A pending alert that ceases to hold is forgotten silently.
    """
    doubted, half_known = _Doubted(unsure), _Doubted(partial)
    findings: dict[AlertKey, Finding] = {}
    for finding in held:
        findings.setdefault(finding.key, finding)
    after: dict[AlertKey, Alert] = {}
    flips: list[Flip] = []
    for key in dict.fromkeys((*active, *findings)):
        before, finding_now = active.get(key), findings.get(key)
        stays = (before or finding_now) in doubted or (finding_now is None and before in half_known)
        alert = before if stays else _next(before, finding_now, now)
        if alert is not None and alert.status != "resolved":
            after[key] = alert
        if alert is not None and alert.status not in ("pending", before and before.status):
            flips.append(Flip(alert, now))
    return after, flips


def resumed(active: Mapping[AlertKey, Alert], outage: timedelta) -> dict[AlertKey, Alert]:
    """After a restart: the time in which nobody looked does not count into a rule's `for`.

    What was pending more than an hour ago is not taken up again; what was firing fires on.
    """
    outage = max(outage, timedelta())
    return {
        key: replace(alert, since=alert.since + outage) if alert.status == "pending" else alert
        for key, alert in active.items()
        if alert.status != "pending" or outage <= _LONGEST_OUTAGE
    }


class _Doubted:
    """The alerts that `unsure` names."""

    def __init__(self, unsure: Collection[Unsure]) -> None:
        self._of: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for each in unsure:
            self._of.setdefault((each.rule, each.shop), set()).add((each.label, each.value))

    def __contains__(self, alert: Alert | Finding | None) -> bool:
        if alert is None:
            return False
        named = self._of.get((alert.rule, alert.labels.get("shop", "")), ())
        return any(alert.labels.get(label, value) == value for label, value in named)


def _next(before: Alert | None, finding: Finding | None, now: datetime) -> Alert | None:
    if finding is not None:
        return _held(before, finding, now)
    if before is None or before.status != "firing":
        return None
    gone = now.timestamp() if before.gone is None else min(before.gone, now.timestamp())
    if now.timestamp() - gone < before.keep:
        return replace(before, gone=gone)
    return replace(before, status="resolved")


def _held(before: Alert | None, finding: Finding, now: datetime) -> Alert:
    since = min(before.since, now) if before else now  # the clock may have been set back
    waited = (now - since).total_seconds() >= finding.wait
    return Alert(
        rule=finding.rule,
        labels=finding.labels,
        status="firing" if waited or (before is not None and before.status == "firing") else "pending",
        since=since,
        value=finding.value,
        annotations=finding.annotations,
        evidence=finding.evidence,
        keep=finding.keep,
    )
