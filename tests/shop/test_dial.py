"""A connection that nobody waits for any more is not left open."""

from __future__ import annotations

import threading

import pytest

from exporter.database.deadline import Deadline
from exporter.database.dial import Dial
from exporter.database.errors import Unreachable


def test_a_connection_that_comes_after_the_end_is_dropped():
    thawed, dropped = threading.Event(), threading.Event()

    def connect() -> str:
        assert thawed.wait(10)
        return "link"

    dial = Dial(connect)
    with pytest.raises(Unreachable):
        dial.link(Deadline(0.01))
    dial.end(lambda link: dropped.set() if link == "link" else None)
    assert not dropped.is_set()
    thawed.set()
    assert dropped.wait(10)
