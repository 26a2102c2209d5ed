from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exporter.delivery import Sender
from exporter.state import State
from tests.delivery.rooms import LocalChannel, merged


class Clock:
    """The real time and what a test added to it."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead

    def pass_by(self, seconds):
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def state(tmp_path):
    opened = State(f"sqlite:///{tmp_path}/state.db")
    yield opened
    opened.close()


@pytest.fixture
def send(state, clock):
    """Starts a sender for these channels; `send.cards(...)` commits and wakes it."""
    started = []

    class Sending:
        def __call__(self, *rooms, **channels):
            channels |= {f"c{number}": LocalChannel(url=room.url) for number, room in enumerate(rooms)}
            self.sender = Sender(state, channels, now=clock, merge=merged, lease=20)
            started.append(self.sender)
            self.sender.start()
            return self

        def cards(self, *cards, channel="c0"):
            state.commit({}, [(channel, card) for card in cards], clock())
            self.sender.wake()

        def later(self, seconds):
            clock.pass_by(seconds)
            self.sender.wake()

        def count(self, result, channel="c0"):
            return next(
                each.value
                for each in self.sender.samples()
                if each.metric.name == "order_health_cards_total" and each.labels == (channel, result)
            )

    yield Sending()
    for sender in started:
        sender.stop()
