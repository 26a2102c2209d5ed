"""Who is asked first, for how long, and who has waited too long: with a clock that the test sets."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.database import deadline
from exporter.database.errors import Missing, Refused, TimedOut, Unreachable
from exporter.mapping.shards import Shard
from exporter.shop import run as runs
from exporter.shop import shards as tours
from exporter.shop.run import Run
from exporter.shop.shards import Roll, Tour

TOTAL = 4.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Place:
    """A table of so many shards; a read takes `cost`, a locked shard takes all that it is given."""

    def __init__(self, count: int, cost: float = 0.01, databases: int = 1) -> None:
        self.shards = tuple(Shard(f"o_{n:02}", None, f"db_{n % databases}") for n in range(count))
        self.clock, self.cost, self.roll = Clock(), cost, Roll()
        self.locked: set[Shard] = set()
        self.faults: dict[Shard, Exception] = {}
        self.asked: list[Shard] = []

    def ask(self, shard: Shard, run: Run) -> list[str]:
        self.asked.append(shard)
        if shard in self.locked or run.deadline.left < self.cost:
            self.clock.now += run.deadline.left
            raise TimedOut("a lock stood in the way")
        self.clock.now += self.cost
        if shard in self.faults:
            raise self.faults[shard]
        return [str(shard)]

    def tour(self) -> Tour:
        return Tour(Run(deadline.Deadline(TOTAL), began=self.clock.now), "orders", self.roll)

    def round(self) -> set[Shard]:
        """One run; the shards that answered."""
        self.clock.now += 30.0
        self.asked.clear()
        return {shard for shard, _ in self.tour().over(self.shards, self.ask, reserve=0.25)}


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """The rooms look at the clock of the place that was made last."""
    latest: list[Clock] = []
    made = Clock.__init__

    def remembered(self: Clock) -> None:
        made(self)
        latest[:] = [self]

    class Times:
        monotonic = staticmethod(lambda: latest[0].now)

    monkeypatch.setattr(Clock, "__init__", remembered)
    for room in (deadline, runs, tours):
        monkeypatch.setattr(room, "time", Times)


@given(count=st.integers(2, 80), fits=st.integers(8, 80), sick=st.integers(0, 3))
def test_every_shard_has_its_turn_when_only_a_part_fits_into_a_run(count, fits, sick):
    place = Place(count, cost=TOTAL * 0.75 / fits * 0.999)
    place.locked = set(place.shards[: min(sick, count - 1)])
    well = set(place.shards) - place.locked
    place.round()  # the first run does not know who is sick
    left = max(1, fits - math.ceil(fits / 6) - 1)  # one sick shard may be tried in each hurried run

    read: set[Shard] = set()
    for _ in range(math.ceil(len(well) / left) + 2):
        read |= place.round()

    assert read >= well


@given(count=st.integers(9, 64), where=st.integers(0, 63))
def test_a_locked_shard_costs_an_eighth_of_the_run_and_comes_last_from_then_on(count, where):
    place = Place(count)
    locked = place.shards[where % count]
    place.locked = {locked}

    begun = place.clock.now + 30
    assert place.round() == set(place.shards) - {locked}
    assert place.clock.now - begun <= TOTAL / 8 + count * place.cost + 1e-6
    assert place.round() == set(place.shards) - {locked}
    assert place.asked[-1] == locked

    place.locked.clear()
    assert place.round() == set(place.shards)


def test_a_database_that_nobody_reaches_is_asked_once_in_a_run():
    place = Place(64, databases=4)
    place.faults = {shard: Unreachable("gone") for shard in place.shards if shard.database == "db_1"}

    assert len(place.round()) == 48
    assert sum(shard.database == "db_1" for shard in place.asked) == 1
    assert place.roll.coverage("orders").unread == 16


def test_what_is_silent_once_is_not_asked_again_in_the_same_run():
    place = Place(4)
    place.faults = {place.shards[2]: Missing("there is no table o_02")}
    tour = place.tour()
    for _ in range(2):
        assert len(list(tour.over(place.shards, place.ask))) == 3
    assert place.asked.count(place.shards[2]) == 1
    assert tour.silent(place.shards) == {place.shards[2]}


def test_when_none_answers_the_run_fails_with_the_reason():
    place = Place(3)
    place.locked = set(place.shards)
    with pytest.raises(TimedOut, match="lock"):
        list(place.tour().over(place.shards, place.ask))
    assert list(place.tour().over(place.shards, place.ask, among=place.shards[:1])) == []


def test_a_refused_plan_is_the_whole_tables():
    place = Place(3)
    place.faults = {place.shards[1]: Refused("no index")}
    with pytest.raises(Refused):
        place.round()


def test_an_answer_stands_for_ten_minutes_and_only_of_runs_that_were_answered_throughout():
    place = Place(2)
    shard = place.shards[0]
    place.round()
    for minutes, unread in ((1, 0), (8, 0), (2, 1)):
        place.clock.now += minutes * 60
        tour = place.tour()
        list(tour.over(place.shards, place.ask))  # the first thing asked is answered …
        place.locked = {shard}
        list(tour.over(place.shards, place.ask))  # … and the second is not
        place.locked = set()
        coverage = place.roll.coverage("orders")
        assert (coverage.scanned, coverage.unread) == (1, unread)
    place.round()
    assert place.roll.coverage("orders").unread == 0


def test_a_shard_that_has_never_answered_is_unread_at_once():
    place = Place(3)
    place.locked = {place.shards[1]}
    place.round()
    assert place.roll.coverage("orders").unread == 1
    assert "o_01: a lock stood in the way" in str(place.roll.coverage("orders"))


def test_last_rows_are_those_of_silent_shards_and_end_after_ten_minutes():
    place = Place(2)
    first, second = place.shards
    place.round()
    place.roll.keep("sql", first, ["a"])
    place.roll.keep("sql", second, ["b"])
    assert list(place.roll.last("sql", {first})) == ["a"]
    place.clock.now += 601
    assert list(place.roll.last("sql", {first})) == []


def test_a_value_that_all_shards_were_asked_for_is_known_for_ten_minutes():
    place = Place(2)
    first, second = place.shards
    place.round()
    assert place.roll.stand_in("no", {"A": [(first, "row A")], "B": []}, ()) == set()

    found = {"A": [], "B": [], "C": [], "D": [(second, "row D")]}
    assert place.roll.stand_in("no", found, {first}) == {"C"}
    assert found == {"A": [(first, "row A")], "B": [], "C": [], "D": [(second, "row D")]}

    place.clock.now += 601
    assert place.roll.stand_in("no", {"A": [], "B": []}, {first}) == {"A", "B"}


def test_so_many_values_are_kept_and_the_latest():
    place = Place(2)
    place.round()
    for start in (0, 1500):
        place.roll.stand_in("no", {str(n): [] for n in range(start, start + 1500)}, ())
    assert place.roll.stand_in("no", {"999": [], "1000": []}, place.shards[:1]) == {"999"}
