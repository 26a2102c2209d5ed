"""Groups as the fold makes them, for tests of cards."""

from __future__ import annotations

from datetime import timedelta

from exporter.grouping import Settings, step
from exporter.model import Entry, Flip, Ledger


def told(*flips, external_url="", **settings):
    """The group that tells these flips, all of them in one round; what has ended was told before."""
    ended = {flip.alert.key: Entry(flip.alert.key, told=True) for flip in flips if flip.alert.status == "resolved"}
    made = Settings(route="{}", receiver="ops", by=(), **settings)
    at = max(flip.at for flip in flips)
    key = made.key({})
    ledgers = {key: Ledger(key, at - timedelta(hours=1), None, ended)}
    active = [flip.alert for flip in flips if flip.alert.status == "firing"]
    _, [group] = step(ledgers, active, flips, mutes={}, now=at, route=lambda _: made, external_url=external_url)
    return group


def alone(alert, at, external_url="", **more):
    return told(Flip(alert, at, **more), external_url=external_url)
