"""All that leaves the sidecar: cards for rooms, alerts for Alertmanagers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from exporter import cards
from exporter.bench import Bench
from exporter.delivery import Sender
from exporter.delivery.peers import Peers
from exporter.model import Alert, Delivery, Sample
from exporter.state import State

_PEERS_SECONDS = 1.0  # what is not said by then is said after the start: it still fires


class Outgoing:
    """`on_change` is called, from any thread, when `samples()` differ."""

    def __init__(
        self, state: State, bench: Bench, *, now: Callable[[], datetime], on_change: Callable[[], None]
    ) -> None:
        self._now, self._bench = now, bench
        self._sender = Sender(state, bench.config.rooms(), now=now, merge=cards.digest, on_change=on_change)
        self._peers = Peers(now, on_change)
        self.wake = self._sender.wake
        self._follow(bench)

    def start(self) -> None:
        self._sender.start()

    def use(self, bench: Bench) -> None:
        """New configuration."""
        self._bench = bench
        self._sender.update(bench.config.rooms())
        self._follow(bench)

    def show(self, judged: Iterable[Alert]) -> None:
        """What our rules found is posted to Alertmanagers; what an Alertmanager said never is: it would go round."""
        self._peers.show(self._bench.posted(judged), self._now())

    def stop(self, seconds: float) -> None:
        self._peers.stop(min(seconds, _PEERS_SECONDS))
        self._sender.stop(seconds)

    def samples(self) -> list[Sample]:
        return [*self._sender.samples(), *self._peers.samples()]

    def rooms(self) -> list[Delivery]:
        return [*self._sender.rooms(), *self._peers.rooms()]

    def _follow(self, bench: Bench) -> None:
        config = bench.config
        self._peers.use(config.channels, config.external(), config.alerts.every)
