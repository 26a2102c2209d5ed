"""What people silence and what they take on: which alerts that mutes, and the signed links that do it from a card."""

from exporter.silences.asking import SilenceFaultError
from exporter.silences.desk import Desk, OverError, Subject, Terms
from exporter.silences.metrics import LINKS, SILENCES
from exporter.silences.muting import digest, mutes
from exporter.silences.tickets import Action, ForgedError, Ticket
from exporter.state import UsedLinkError

__all__ = [
    "LINKS",
    "SILENCES",
    "Action",
    "Desk",
    "ForgedError",
    "OverError",
    "SilenceFaultError",
    "Subject",
    "Terms",
    "Ticket",
    "UsedLinkError",
    "digest",
    "mutes",
]
