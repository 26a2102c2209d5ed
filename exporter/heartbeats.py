"""A sign of life, regularly, for as long as rules are judged and probes get answers; its absence is the alarm."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from exporter.cards import heartbeats as cards
from exporter.config import Config
from exporter.config.heartbeat import Heartbeat
from exporter.delivery.post import NoAnswerError, Post
from exporter.metrics import SUCCESS
from exporter.model import Alert, Metric, Sample
from exporter.rules import Series
from exporter.state import State

log = logging.getLogger(__name__)

PINGS = Metric(
    "order_health_heartbeat_pings_total", "GETs of the heartbeat's address, by result.", ("result",), "counter"
)

_LOOKED_BACK = timedelta(days=1)


class Heartbeats:
    """`look` is called after every round of judging, in the judge's thread: a judge that is stuck sends no sign.

    Nor does one that judges nothing: without a probe that has an answer there is none. `wake`: cards were written.
    """

    def __init__(self, state: State, wake: Callable[[], None]) -> None:
        self._state, self._wake = state, wake
        self._due: dict[str, datetime] = {}
        self._ping = Ping()

    def look(self, config: Config, series: Series, active: Iterable[Alert], now: datetime) -> None:
        beats = config.alerts.heartbeat
        answers = [sample.value for _, sample in series if sample.metric.name == SUCCESS.name] if beats else []
        if not any(answers):
            return
        firing = [each for each in active if each.status == "firing"]
        for beat in beats:
            if beat.url and self._is_due(beat, now):
                self._due[beat.key] = now + timedelta(seconds=beat.seconds)
                self._ping.send(beat.url)
            elif beat.to:
                self._tell(beat, config, answers, firing, now)

    def samples(self) -> list[Sample]:
        return self._ping.samples()

    def _is_due(self, beat: Heartbeat, now: datetime) -> bool:
        """Also when the clock was set back."""
        due = self._due.get(beat.key, now)
        return not now < due <= now + timedelta(seconds=beat.seconds)

    def _tell(self, beat: Heartbeat, config: Config, answers: list[float], firing: list[Alert], now: datetime) -> None:
        """When it was last told stands in the state: a restart is no heartbeat."""
        name = f"heartbeat {beat.key}"
        if beat.key not in self._due and (noted := self._state.bulletin(name).get("due")):
            self._due[beat.key] = datetime.fromisoformat(noted)
        if not self._is_due(beat, now):
            return
        due = self._next(beat, now)
        pulse = cards.Pulse(
            shops=len(config.shops),
            probes=len(answers),
            answering=sum(map(bool, answers)),
            firing=firing,
            last=self._state.history(now - _LOOKED_BACK, now, 100),
        )
        card = cards.heartbeat(pulse, zone=config.zone, language=config.language, external_url=config.web.external_url)
        self._state.publish(name, {"due": due.isoformat()}, [(channel, card) for channel in beat.to], now)
        self._due[beat.key] = due
        self._wake()

    def _next(self, beat: Heartbeat, now: datetime) -> datetime:
        """At the same time of day for ever, unless one was missed."""
        due = self._due.get(beat.key, now) + timedelta(seconds=beat.seconds)
        return due if now < due <= now + timedelta(seconds=beat.seconds) else now + timedelta(seconds=beat.seconds)


class Ping:
    """In a thread of its own, one at a time for each address: a service that hangs holds up no judging."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._failing: dict[str, bool] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def send(self, url: SecretStr) -> None:
        address = url.get_secret_value()
        with self._lock:
            if address in self._under_way:
                return
            self._under_way.add(address)
        threading.Thread(target=self._get, args=(address,), name="heartbeat", daemon=True).start()

    def samples(self) -> list[Sample]:
        with self._lock:
            return [PINGS(self._counts[result], result=result) for result in ("accepted", "failed")]

    def _get(self, address: str) -> None:
        why = _asked(address)
        with self._lock:
            self._under_way.discard(address)
            self._counts["failed" if why else "accepted"] += 1
            before, self._failing[address] = self._failing.get(address, False), bool(why)
        if why and not before:
            log.warning("the heartbeat's address did not take the ping: %s", why)
        elif before and not why:
            log.info("the heartbeat's address takes pings again")


def _asked(address: str) -> str:
    """Why it was no success; nothing when it was. The address stands in no text."""
    import requests  # noqa: PLC0415 - only who is asked to send pays for it

    post: Any = Post()
    try:
        response = post(requests.Request("GET", address))
    except NoAnswerError as error:
        return str(error)
    finally:
        post.close()
    return "" if response.ok and not response.is_redirect else f"HTTP {response.status_code}"
