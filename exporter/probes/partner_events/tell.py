"""The metrics of `partner_events`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exporter.model import Case, Metric, Sample
from exporter.probes.partner_events.nouns import Duplicate, Partner

EVIDENCE = 200
"""Cases that a sample carries at most: pages list them, cards name the first."""

EVENTS = Metric(
    "order_health_partner_events_total",
    "Events of the partner since order-health first looked.",
    ("partner",),
    "counter",
)
DUPLICATES = Metric(
    "order_health_partner_duplicate_events",
    "Events that the partner told again for the same order, noticed within `keep`.",
    ("partner",),
)
LAST = Metric(
    "order_health_partner_last_event_timestamp_seconds",
    "When the partner's newest event came.",
    ("partner",),
)
PAUSE = Metric(
    "order_health_partner_usual_pause_seconds",
    "The longest pause between two events of the partner, older ones fading; absent until it is known for a day.",
    ("partner",),
)
KEY_MISSING = Metric(
    "order_health_partner_key_missing",
    "1 when no unique key forbids the same event of the same order twice.",
)
TRUNCATED = Metric(
    "order_health_partner_events_truncated",
    "1 while more events come than the probe can read or remember: duplicates may be missed.",
)
METRICS = (EVENTS, DUPLICATES, LAST, PAUSE, KEY_MISSING, TRUNCATED)


def partners(known: Mapping[str, Partner]) -> Iterator[Sample]:
    for name, partner in known.items():
        yield EVENTS(partner.events, partner=name)
        if partner.last is not None:
            yield LAST(partner.last.timestamp(), partner=name)
        if (pause := partner.usual_pause) is not None:
            yield PAUSE(pause, partner=name)


def duplicates(found: Iterable[Duplicate], known: Iterable[str]) -> Iterator[Sample]:
    """Every known partner, at 0 or more; the newest duplicates first."""
    of: dict[str, list[Duplicate]] = {name: [] for name in known}
    for each in found:
        of.setdefault(each.partner, []).append(each)
    for name, some in of.items():
        newest = sorted(some, key=lambda each: each.at, reverse=True)[:EVIDENCE]
        cases = [Case(each.order, each.at, f"{each.event} × {each.times}") for each in newest]
        yield DUPLICATES(sum(each.extra for each in some), evidence=cases, partner=name)
