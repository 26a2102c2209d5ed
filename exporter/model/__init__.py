"""The nouns that travel between the rooms: frozen, without I/O, importing nothing of ours."""

from exporter.model.alerting import Alert, AlertKey, Finding, Flip
from exporter.model.muting import Matcher, Mute, Silence
from exporter.model.telling import Card, Delivery, Fact, Link, Outcome, Receipt
from exporter.model.watching import Case, Coverage, Gap, Kind, Metric, Name, Reading, Sample

__all__ = [
    "Alert",
    "AlertKey",
    "Card",
    "Case",
    "Coverage",
    "Delivery",
    "Fact",
    "Finding",
    "Flip",
    "Gap",
    "Kind",
    "Link",
    "Matcher",
    "Metric",
    "Mute",
    "Name",
    "Outcome",
    "Reading",
    "Receipt",
    "Sample",
    "Silence",
]
