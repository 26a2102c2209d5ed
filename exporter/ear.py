"""Where an Alertmanager's notifications come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from exporter import webhook
from exporter.config import Alerts
from exporter.model import Group


class Ear:
    """`tell` is told what was heard; `settings` are asked for anew each time: a reload changes them."""

    def __init__(
        self, tell: Callable[[Group], None], settings: Callable[[], Alerts], now: Callable[[], datetime]
    ) -> None:
        self._tell, self._settings, self._now = tell, settings, now

    @property
    def token(self) -> str | None:
        """What an Alertmanager must show, "" where nothing is set; None where none is listened to."""
        settings = self._settings()
        if settings.source == "rules":
            return None
        return settings.alertmanager.token.get_secret_value() if settings.alertmanager.token else ""

    def hear(self, body: bytes) -> None:
        """Raises WebhookFaultError, and StateFaultError when nothing was written down."""
        self._tell(webhook.read(body, self._now()))
