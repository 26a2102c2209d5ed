"""A memory is at hand between runs, and on disk as soon as it matters."""

from __future__ import annotations

import pytest

from exporter.shop import notes


class Shelf:
    """What survives a restart, and how often it was written."""

    def __init__(self) -> None:
        self.kept: dict = {}
        self.writes = 0

    def recall(self) -> dict:
        return self.kept

    def remember(self, memory: dict) -> None:
        self.kept, self.writes = memory, self.writes + 1


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(notes.time, "monotonic", lambda: now[0])
    return now


def run(book: notes.Notes, *, read: int, cases: tuple = ()) -> tuple:
    before = book.read(lambda kept: (kept.get("read", 0), tuple(kept.get("cases", ()))))
    book.write((read, cases), lambda memory: {"read": memory[0], "cases": memory[1]}, lambda memory: memory[1])
    return before


def test_progress_alone_is_written_once_a_minute(clock):
    shelf = Shelf()
    book = notes.Notes(shelf.recall, shelf.remember)
    for second in range(1, 62):
        assert run(book, read=second)[0] == second - 1
        clock[0] += 1
    assert shelf.writes == 2


def test_a_case_is_written_at_once(clock):
    shelf = Shelf()
    book = notes.Notes(shelf.recall, shelf.remember)
    run(book, read=1)
    run(book, read=2, cases=("N1",))
    assert shelf.kept == {"read": 2, "cases": ("N1",)}
    run(book, read=3)
    assert shelf.kept == {"read": 3, "cases": ()}


def test_after_a_pause_it_is_read_anew_for_another_may_have_gone_on(clock):
    shelf = Shelf()
    book = notes.Notes(shelf.recall, shelf.remember)
    run(book, read=1)
    shelf.kept = {"read": 50}
    clock[0] += notes.PACE
    assert run(book, read=60)[0] == 50


def test_a_write_that_fails_leaves_the_memory_as_it_was(clock):
    shelf = Shelf()
    book = notes.Notes(shelf.recall, shelf.remember)
    run(book, read=1)

    def broken(_: dict) -> None:
        raise OSError

    book._remember = broken
    with pytest.raises(OSError):
        run(book, read=2, cases=("N1",))
    assert book.read(dict) == (1, ())
