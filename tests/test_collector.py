"""The garbage collector looks at what is new, and once an hour at everything."""

from __future__ import annotations

import gc
import time
import weakref

import pytest

from exporter import collector


class Knot:
    def __init__(self):
        self.itself = self


@pytest.fixture
def sparing():
    gc.collect()
    collector.leave_alone_what_stays()
    yield
    gc.callbacks.pop()
    gc.unfreeze()


def test_what_outlived_a_full_collection_is_not_walked_again(sparing):
    kept = Knot()
    assert any(each is kept for each in gc.get_objects())
    gc.collect()
    assert not any(each is kept for each in gc.get_objects())


def test_what_became_garbage_later_is_found_within_the_hour(sparing, monkeypatch):
    gone = Knot()
    gc.collect()
    found = weakref.ref(gone)
    del gone
    gc.collect()
    assert found(), "it was left alone"
    later = time.monotonic() + 3601
    monkeypatch.setattr(collector.time, "monotonic", lambda: later)
    gc.collect()  # lets everything be walked again
    gc.collect()
    assert found() is None
