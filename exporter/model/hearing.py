"""What an Alertmanager says of its groups, as it is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from exporter.model.alerting import Alert, AlertKey
from exporter.model.grouping import Ledger


@dataclass(frozen=True, slots=True)
class Said:
    """An alert as it was said last, `at` that time; one that is resolved ended at `ends`.

    `claim`: somebody said after its end that it fires, since before that end. That is late, or the end was none.
    """

    alert: Alert
    at: datetime
    ends: datetime | None = None
    claim: Alert | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One group of an Alertmanager, last said `at` that time, and what rooms were told of it.

    `labels` are those that it goes by there, `truncated` how many alerts were left out. One group may be told in
    several rooms: there is a ledger for each route of ours that takes some of its alerts.
    """

    receiver: str
    key: str
    labels: Mapping[str, str]
    at: datetime
    said: Mapping[AlertKey, Said] = field(default_factory=dict)
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    truncated: int = 0

    @property
    def id(self) -> tuple[str, str]:
        return self.receiver, self.key

    @property
    def firing(self) -> list[Alert]:
        return [each.alert for each in self.said.values() if each.alert.status == "firing"]
