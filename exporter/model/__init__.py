"""The nouns that travel between the rooms: frozen, without I/O, importing nothing of ours."""

from exporter.model.alerting import Alert, AlertKey, External, Finding, Flip, Record
from exporter.model.grouping import Entry, Group, Ledger, Reason, Told, fingerprint
from exporter.model.hearing import Heard, Said
from exporter.model.muting import Matcher, Mute, Operator, Silence
from exporter.model.telling import Card, Cause, DeadLetter, Delivery, Fact, Link, Outcome, Receipt, Refusal
from exporter.model.watching import Asked, Case, Coverage, Gap, Kind, Metric, Name, Reading, Sample, Step

__all__ = [
    "Alert",
    "AlertKey",
    "Asked",
    "Card",
    "Case",
    "Cause",
    "Coverage",
    "DeadLetter",
    "Delivery",
    "Entry",
    "External",
    "Fact",
    "Finding",
    "Flip",
    "Gap",
    "Group",
    "Heard",
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
    "Refusal",
    "Said",
    "Sample",
    "Silence",
    "Step",
    "Told",
    "fingerprint",
]
