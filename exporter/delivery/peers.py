"""Alerts for Alertmanagers: the picture of now, posted to every one of them and again and again; no card, no outbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.delivery.peer import Peer, Way
from exporter.model import Alert, AlertKey, Delivery, External, Metric, Sample
from exporter.notify import Outlet
from exporter.notify.alertmanager import Alertmanager, Posting, place

KEPT = timedelta(minutes=15)
"""So long an alert that is over is said to be over, for an Alertmanager that was away."""

RESULTS = ("accepted", "refused", "retried")

POSTED = Metric(
    "order_health_alertmanager_alerts_total",
    "Alerts posted to an Alertmanager, each time they were, by its answer: accepted, refused (it will not take them), "
    "retried (no answer, or a fault of its own).",
    ("channel", "alertmanager", "result"),
    "counter",
)
ANSWERING = Metric(
    "order_health_alertmanager_answering",
    "1 if this Alertmanager took what was posted to it last, 0 if not; absent until something was.",
    ("channel", "alertmanager"),
)
METRICS = (POSTED, ANSWERING)


@dataclass
class _Channel:
    """The Alertmanagers of one channel, by their addresses, and what they were shown last."""

    way: Way
    firing: dict[AlertKey, Posting] = field(default_factory=dict)
    over: dict[AlertKey, Posting] = field(default_factory=dict)
    peers: dict[str, Peer] = field(default_factory=dict)

    def keep(self, urls: Collection[str]) -> None:
        for url in self.peers.keys() - set(urls):
            self.peers.pop(url).stop()

    def show(self, alerts: Collection[Alert], now: datetime) -> None:
        """An alert that fires no more is over now."""
        firing = {each.key: _posting(each, self.way.external, now) for each in alerts}
        ended = {
            key: Posting(each.labels, each.annotations, each.starts, now)
            for key, each in self.firing.items()
            if key not in firing
        }
        kept = {key: each for key, each in self.over.items() if each.ends and now - each.ends < KEPT}
        self.over = {key: each for key, each in (kept | ended).items() if key not in firing}
        self.firing = firing
        for peer in self.peers.values():
            peer.show({**self.over, **self.firing})


class Peers:
    """`show` says what fires now and returns at once."""

    def __init__(self, now: Callable[[], datetime], on_change: Callable[[], None] = lambda: None) -> None:
        self._now, self._on_change = now, on_change
        self._channels: dict[str, _Channel] = {}
        self._lock = threading.Lock()

    def use(self, outlets: Mapping[str, Outlet], external: External, every: float) -> None:
        """New configuration; `every` is how often rules are judged, in seconds."""
        source = f"{external.url}/" if external.url else ""
        ways = {
            name: Way(each, every, source, external.labels)
            for name, each in outlets.items()
            if isinstance(each, Alertmanager)
        }
        with self._lock:
            for name in self._channels.keys() - ways.keys():
                self._channels.pop(name).keep(())
            for name, way in ways.items():
                channel = self._channels.setdefault(name, _Channel(way))
                channel.way = way
                channel.keep(way.outlet.urls)
                for url in way.outlet.urls:
                    if url in channel.peers:
                        channel.peers[url].use(way)
                    else:
                        channel.peers[url] = Peer(url, way, now=self._now, on_change=self._on_change)

    def show(self, firing: Mapping[str, Collection[Alert]], now: datetime) -> None:
        """`firing`: all alerts that fire now, by the channel that they are for."""
        with self._lock:
            for name, channel in self._channels.items():
                channel.show(firing.get(name, ()), now)

    def stop(self, seconds: float = 5.0) -> None:
        """Ends after what is under way, at the latest after `seconds`."""
        with self._lock:
            peers = [peer for channel in self._channels.values() for peer in channel.peers.values()]
            self._channels.clear()
        until = time.monotonic() + seconds
        for peer in peers:
            peer.stop()
        for peer in peers:
            peer.join(max(until - time.monotonic(), 0.0))

    def samples(self) -> list[Sample]:
        found = []
        for name, peer in self._peers():
            at = place(peer.url)
            found += [POSTED(peer.counts[each], channel=name, alertmanager=at, result=each) for each in RESULTS]
            if peer.last:
                found.append(ANSWERING(peer.last[1].accepted, channel=name, alertmanager=at))
        return found

    def rooms(self) -> list[Delivery]:
        """Every Alertmanager, for the status page."""
        return [_room(f"{name} ({place(peer.url)})", peer) for name, peer in self._peers()]

    def _peers(self) -> list[tuple[str, Peer]]:
        with self._lock:
            return [(name, peer) for name, channel in self._channels.items() for peer in channel.peers.values()]


def _room(name: str, peer: Peer) -> Delivery:
    if peer.last is None:
        return Delivery(name, peer.way.outlet.kind)
    at, receipt = peer.last
    return Delivery(name, peer.way.outlet.kind, last_receipt=at, accepted=receipt.accepted, detail=receipt.detail)


def _posting(alert: Alert, external: Mapping[str, str], now: datetime) -> Posting:
    return Posting({**external, **alert.labels}, alert.annotations, min(alert.since, now))
