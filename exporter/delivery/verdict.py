"""What follows from a receipt that is not a yes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.model import Cause, Receipt
from exporter.state import Pending

_LONGEST_BACK_OFF = 300.0
_PATIENT_ATTEMPTS = 3  # so often the others wait for a card that the room answers with a fault
_PARKED_SECONDS = 300.0  # a person has to mend something; a reload makes it due at once
_PAUSE_SECONDS = 60.0
LONGEST_PAUSE = 3600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`result` is what is counted; `again_in` when this card is tried again, None for never.

    `hold` is how long the whole robot is left alone, `pause` whether that is by its own wish (and survives a restart).
    `cause` is why the card is given up, if it is.
    """

    result: str
    again_in: float | None
    hold: float = 0.0
    pause: bool = False
    plain: bool = False
    cause: Cause = ""


def verdict(row: Pending, receipt: Receipt, *, answered: bool, jitter: float) -> Verdict:
    """`answered`: the room said something; `jitter` is from 0 to 1; `row.attempts` are those before this one."""
    match receipt.outcome:
        case "wait":
            seconds = min(max(receipt.again_in or _PAUSE_SECONDS, 1.0), LONGEST_PAUSE)
            return Verdict("throttled", seconds, seconds, pause=True)
        case "again":
            return Verdict("retried", 0.0)
        case "split" | "content":
            return Verdict("refused", None if row.plain else 0.0, plain=True, cause="content")
        case "unwritable":
            return Verdict("refused", None if row.plain else 0.0, plain=True, cause="unwritable")
        case "permanent":
            return Verdict("refused", _PARKED_SECONDS)
        case _:
            seconds = back_off(row.attempts, jitter)
            seconds = max(seconds, min(receipt.again_in or 0.0, _LONGEST_BACK_OFF))
            # A robot that cannot be reached is as far away for every card. One that answers may dislike this card only.
            everyone = not answered or row.attempts < _PATIENT_ATTEMPTS
            return Verdict("retried", seconds, seconds if everyone else 0.0)


def back_off(attempts: int, jitter: float) -> float:
    """1 s, 2 s, 4 s … 5 min, each a quarter less or more."""
    return min(max(2.0 ** min(attempts, 9) * (0.75 + jitter / 2), 1.0), _LONGEST_BACK_OFF)
