"""Why an alert that fires is not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Mute:
    """An alert that keeps its state and is not told now; `until` None: until what causes it is over.

    `acknowledged`: somebody has taken it; its end is told, and who took it. `by` is a person's name or, when it is
    inhibited, the rule of the alert that it depends on.
    """

    why: Literal["silenced", "acknowledged", "inhibited", "quiet"]
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    comment: str = ""
