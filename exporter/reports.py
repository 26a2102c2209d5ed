"""Writes the daily and the weekly card when they are due, each once, whenever the process is restarted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal

from exporter import tally
from exporter.cards import reports as cards
from exporter.config import Config
from exporter.model import Alert, Card
from exporter.rules import Series
from exporter.state import State

_NOTE_EVERY = timedelta(minutes=1)
_LONGEST = {"daily": timedelta(days=2), "weekly": timedelta(days=8)}
_TALLY = "tally"


class Reports:
    """`look` is called in every round, in the judge's thread; `wake` when cards were written."""

    def __init__(self, state: State, wake: Callable[[], None]) -> None:
        self._state, self._wake = state, wake
        self._tallies = tally.read(state.bulletin(_TALLY))
        self._noted: datetime | None = None
        self._last = {name: state.bulletin(name).get("at") for name in _LONGEST}

    def look(self, config: Config, series: Series, firing: Iterable[Alert], now: datetime) -> None:
        if config.alerts.reports is None:
            return
        if config.alerts.reports.weekly:
            self._count(series, now)
        for name in ("daily", "weekly"):
            due = config.alerts.reports.last(name, now, config.zone)
            if due is not None:
                self._report(name, due, config, firing, now)

    def _count(self, series: Series, now: datetime) -> None:
        """Written down once a minute: what a crash takes away is less than a minute of orders."""
        self._tallies = tally.look(self._tallies, series)
        if self._noted is None or not timedelta() <= now - self._noted < _NOTE_EVERY:
            self._state.publish(_TALLY, tally.stored(self._tallies), [], now)
            self._noted = now

    def _report(
        self, name: Literal["daily", "weekly"], due: datetime, config: Config, firing: Iterable[Alert], now: datetime
    ) -> None:
        last = self._last[name]
        if last is not None and datetime.fromisoformat(last) >= due:
            return
        written: list[tuple[str, Card]] = []
        if last is not None and config.alerts.reports:  # the first one is due when there is something to report
            card = self._card(name, max(datetime.fromisoformat(last), due - _LONGEST[name]), config, firing, now)
            written = [(channel, card) for channel in config.alerts.reports.to]
        self._state.publish(name, {"at": now.isoformat()}, written, now)
        self._last[name] = now.isoformat()
        if name == "weekly":
            self._tallies = {shop: each.begun() for shop, each in self._tallies.items()}
            self._state.publish(_TALLY, tally.stored(self._tallies), [], now)
        if written:
            self._wake()

    def _card(self, name: str, since: datetime, config: Config, firing: Iterable[Alert], now: datetime) -> Card:
        span = cards.Span(
            since=since,
            until=now,
            records=self._state.history(since, now),
            firing=[alert for alert in firing if alert.status == "firing"],
            settled=self._state.settled(since, now),
            waiting=sum(each.cards for each in self._state.waiting().values()),
        )
        if name == "daily":
            return cards.daily(span, zone=config.zone, language=config.language, external_url=config.web.external_url)
        health = [
            cards.Health(shop, self._tallies[shop].ordered, self._tallies[shop].wrong)
            for shop in config.shops
            if shop in self._tallies
        ]
        return cards.weekly(
            span, health, zone=config.zone, language=config.language, external_url=config.web.external_url
        )
