"""Where an Alertmanager's notifications come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from exporter import webhook
from exporter.config import Alerts
from exporter.judge import Judge


class Ear:
    """`settings` are asked for anew each time: a reload changes them."""

    def __init__(self, judge: Judge, settings: Callable[[], Alerts], now: Callable[[], datetime]) -> None:
        self._judge, self._settings, self._now = judge, settings, now

    @property
    def token(self) -> str | None:
        """What an Alertmanager must show, "" where nothing is set; None where none is listened to."""
        settings = self._settings()
        if settings.source == "rules":
            return None
        return settings.alertmanager.token.get_secret_value() if settings.alertmanager.token else ""

    def hear(self, body: bytes) -> None:
        """Raises WebhookFaultError, and StateFaultError when nothing was written down."""
        self._judge.hear(webhook.read(body, self._now()))
