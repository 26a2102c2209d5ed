"""How one alert of a group stands now, and what of it the room does not know yet."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from exporter.model import Alert, Entry, Mute, Told


class Standing(NamedTuple):
    """An alert that fires, or that is over and whose end (or whole life) was not told yet."""

    entry: Entry
    alert: Alert
    mute: Mute | None

    @property
    def fires(self) -> bool:
        return self.entry.over is None

    @property
    def visible(self) -> bool:
        """Whether it is told as firing."""
        return self.fires and self.mute is None

    @property
    def news(self) -> bool:
        """What was told as firing is told as over, muted or not; only quiet hours make that wait."""
        if self.fires:
            return self.entry.flips > 0 and self.mute is None
        return self._must_end and not self._quiet

    @property
    def forgotten(self) -> bool:
        """It came and went while it was muted: the journal keeps it, nobody is told."""
        return not self.fires and not self._must_end

    @property
    def repeatable(self) -> bool:
        return self.visible and self.entry.told

    @property
    def _must_end(self) -> bool:
        taken = self.mute is not None and self.mute.why == "acknowledged"
        return self.mute is None or self.entry.told or taken

    @property
    def _quiet(self) -> bool:
        return self.mute is not None and self.mute.why == "quiet"

    def told(self, now: datetime) -> Told:
        over = self.entry.over
        return Told(
            status="resolved" if over else "firing",
            labels=self.alert.labels,
            annotations=self.alert.annotations,
            starts=min(self.alert.since, now),
            ends=over.at if over else None,
            value=self.alert.value,
            value_now=over.value_now if over else None,
            evidence=self.alert.evidence,
            flips=self.entry.flips if self.news else 0,
            unseen=over is not None and not self.entry.told,
            lost=over is not None and over.lost,
            mute=self.entry.taken,
        )
