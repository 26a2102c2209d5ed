"""The nouns that travel between the rooms: frozen, without I/O, importing nothing of ours."""

from exporter.model.alerting import Alert, AlertKey, External, Finding, Flip, Record
from exporter.model.grouping import Entry, Group, Ledger, Reason, Told, fingerprint
from exporter.model.muting import Matcher, Mute, Operator, Silence
from exporter.model.telling import Card, Delivery, Fact, Link, Outcome, Receipt
from exporter.model.watching import Asked, Case, Coverage, Gap, Kind, Metric, Name, Reading, Sample, Step

__all__ = [
    "Alert",
    "AlertKey",
    "Asked",
    "Card",
    "Case",
    "Coverage",
    "Delivery",
    "Entry",
    "External",
    "Fact",
    "Finding",
    "Flip",
    "Gap",
    "Group",
    "Kind",
    "Ledger",
    "Link",
    "Matcher",
    "Metric",
    "Mute",
    "Name",
    "Operator",
    "Outcome",
    "Reading",
    "Reason",
    "Receipt",
    "Record",
    "Sample",
    "Silence",
    "Step",
    "Told",
    "fingerprint",
]
