"""How the alerts of one route are told together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from exporter.model import Matcher

EVERY_LABEL = "..."


@dataclass(frozen=True, slots=True)
class Settings:
    """`route` is told from others by this text, `receiver` names its channels; lengths of time are in seconds.

    `by` are the labels that alerts of one group share; `...` among them: every alert is a group of its own. A group
    waits `wait` before it is told first, `interval` before it tells news, and tells what still fires every `repeat`
    (0: never).
    """

    route: str
    receiver: str
    by: tuple[str, ...] = ("shop", "alertname")
    wait: float = 0.0
    interval: float = 60.0
    repeat: float = 0.0

    def labels(self, alert: Mapping[str, str]) -> dict[str, str]:
        """Those that the group of this alert goes by."""
        if EVERY_LABEL in self.by:
            return dict(alert)
        return {name: alert[name] for name in self.by if name in alert}

    def key(self, alert: Mapping[str, str]) -> str:
        """As Alertmanager names a group: `{}/{severity="critical"}:{alertname="X", shop="main"}`."""
        own = sorted(self.labels(alert).items())
        return f"{{}}/{self.route}:{{{', '.join(str(Matcher(name, '=', value)) for name, value in own)}}}"


@dataclass(frozen=True, slots=True)
class Given(Settings):
    """Those of a group that was formed elsewhere under this `name`, by its `own` labels."""

    name: str = ""
    own: Mapping[str, str] = field(default_factory=dict)

    def labels(self, alert: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - they are the same for all
        return dict(self.own)

    def key(self, alert: Mapping[str, str]) -> str:  # noqa: ARG002
        return self.name


def passed(since: datetime, seconds: float, now: datetime) -> bool:
    """Whether so long has passed; also when the clock was set back, which must not make anybody wait."""
    return not 0 <= (now - since).total_seconds() < seconds
