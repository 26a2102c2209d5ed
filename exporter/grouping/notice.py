"""The group that one notification tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from exporter.grouping.settings import Settings
from exporter.grouping.standing import Standing
from exporter.model import Group, Reason


def notice(
    settings: Settings, standings: Sequence[Standing], reason: Reason, now: datetime, external_url: str = ""
) -> Group:
    """Tells what fires and is not muted, and what has ended since the last time."""
    alerts = tuple(each.told(now) for each in standings if each.visible or each.news)
    labels = standings[0].alert.labels
    return Group(
        key=settings.key(labels),
        receiver=settings.receiver,
        status="firing" if any(each.status == "firing" for each in alerts) else "resolved",
        labels=settings.labels(labels),
        common_labels=_common([each.labels for each in alerts]),
        common_annotations=_common([each.annotations for each in alerts]),
        reason=reason,
        at=now,
        alerts=alerts,
        external_url=external_url,
    )


def reason_of(news: Sequence[Standing], standings: Sequence[Standing]) -> Reason:
    if any(each.fires for each in news):
        return "new alerts added" if any(each.entry.told for each in standings) else "first notification"
    return "some alerts resolved" if any(each.fires for each in standings) else "all alerts resolved"


def _common(sets: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first, *others = sets
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}
