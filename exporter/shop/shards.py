"""The shards of a table asked one after another: who comes first, how long each may take, and who gave no answer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from exporter.database.errors import Denied, Missing, ShopError, TimedOut, Unreachable
from exporter.model import Coverage
from exporter.shop.run import SHARE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence

    from exporter.mapping.shards import Shard
    from exporter.shop.run import Run

    Found = list[tuple[Shard, Any]]

Answer = TypeVar("Answer")

STANDS = 600.0
"""Seconds for which the last answer of a shard stands while it gives no other."""

SILENT = (TimedOut, Unreachable, Missing, Denied)
"""What leaves a shard unread and the others readable. A refused plan is the whole table's: all lack the index."""


@dataclass(slots=True)
class Standing:
    """Of one shard: when it last answered a run throughout, and before that, when it was last tried (all monotonic).

    `why`: it was silent when last wanted.
    """

    answered: float = -math.inf
    before: float = -math.inf
    tried: float = -math.inf
    why: str = ""

    def answers(self, run: Run) -> None:
        if self.answered < run.began:
            self.before = self.answered
        self.answered, self.why = time.monotonic(), ""

    def fails(self, run: Run, why: str) -> None:
        """A run that it did not answer to the end leaves no more behind than the one before."""
        if self.answered >= run.began:
            self.answered = self.before
        self.why = self.why or why if why == HURRY else why

    @property
    def unread(self) -> bool:
        return bool(self.why) and not _stands(self.answered)


@dataclass(slots=True)
class Roll:
    """The shards of one table as one probe knows them, kept between its runs.

    `hurried`: the time was over before all had been asked. By what was asked: `rows` are the last ones of each shard
    and when they were read, `values` what all shards together had of each value looked up, and when.
    """

    shards: dict[Shard, Standing] = field(default_factory=dict)
    hurried: bool = False
    rows: dict[Hashable, dict[Shard, tuple[float, Sequence[Any]]]] = field(default_factory=dict)
    values: dict[Hashable, dict[str, tuple[float, Found]]] = field(default_factory=dict)

    def order(self, wanted: Collection[Shard]) -> list[Shard]:
        """Those that have waited longest first, so that all have their turn; those that failed come last.

        Where the time does not suffice for all, one of these goes first: else it would never be asked again.
        """
        for shard in wanted:
            self.shards.setdefault(shard, Standing())
        waited = sorted(wanted, key=lambda shard: self.shards[shard].tried)
        well = [shard for shard in waited if not self._failed(shard)]
        sick = [shard for shard in waited if self._failed(shard)]
        return [*sick[:1], *well, *sick[1:]] if self.hurried else [*well, *sick]

    def _failed(self, shard: Shard) -> bool:
        """Asked in vain; what was only not reached in time has not failed."""
        known = self.shards[shard]
        return bool(known.why) and known.why != HURRY

    def keep(self, asked: Hashable, shard: Shard, rows: Sequence[Any]) -> None:
        if not self.shards:
            return  # of a single table a fault is the run's
        if asked not in self.rows:
            self.rows = {name: kept for name, kept in self.rows.items() if any(_stands(at) for at, _ in kept.values())}
        self.rows.setdefault(asked, {})[shard] = time.monotonic(), rows

    def last(self, asked: Hashable, silent: Collection[Shard]) -> Iterator[Any]:
        """The rows that silent shards answered last, as far as they stand."""
        for shard, (at, rows) in self.rows.get(asked, {}).items():
            yield from rows if shard in silent and _stands(at) else ()

    def stand_in(self, asked: Hashable, found: Mapping[str, Found], silent: Collection[Shard]) -> set[str]:
        """Adds the rows that silent shards had when all answered; gives the values of which nothing is known."""
        if not self.shards:
            return set()
        known, now, unknown = self.values.setdefault(asked, {}), time.monotonic(), set[str]()
        for value, rows in found.items():
            if not silent:
                known.pop(value, None)
                known[value] = now, list(rows)
                continue
            at, before = known.get(value, (-math.inf, ()))
            rows[:0] = [(shard, row) for shard, row in before if shard in silent and _stands(at)]
            if not (rows or _stands(at)):
                unknown.add(value)
        for value in list(known)[: max(0, len(known) - KEPT)]:
            del known[value]
        return unknown

    def coverage(self, table: str) -> Coverage:
        silent = {shard: known for shard, known in self.shards.items() if known.why}
        unread = {shard: known for shard, known in silent.items() if known.unread}
        why = "; ".join(f"{shard}: {known.why}" for shard, known in list((unread or silent).items())[:_TOLD])
        return Coverage(table, len(self.shards), len(self.shards) - len(silent), len(unread), why)


KEPT = 2_000
"""Values looked up whose answers are kept."""

HURRY = "the time of the run was over before its turn"
_TOLD = 3


def _stands(at: float) -> bool:
    return time.monotonic() - at < STANDS


@dataclass(frozen=True, slots=True)
class Tour:
    """One run's way over the shards of one table of ours (`word`); what is silent once is not asked again in it."""

    run: Run
    word: str
    roll: Roll

    def over(
        self,
        shards: Sequence[Shard],
        ask: Callable[[Shard, Run], Answer],
        *,
        among: Sequence[Shard] | None = None,
        reserve: float = 0.0,
    ) -> Iterator[tuple[Shard, Answer]]:
        """Each shard's answer. Raises its error when none of all `shards` answers; of `among` (some) that is no error.

        `reserve`: the part of the run to leave for what comes after.
        """
        if len(shards) == 1:
            yield shards[0], ask(shards[0], self.run)
            return
        self.roll.order(shards)  # the roll knows all of them, whoever is asked
        order = self.roll.order(shards if among is None else among)
        total = self.run.deadline.total
        share = max(total * SHARE, (self.run.deadline.left - total * reserve) / len(shards))
        answered = False
        for place, shard in enumerate(order):
            left = self.run.deadline.left - total * reserve
            if left <= 0 and (answered or self.run.deadline.left <= 0):
                self._silent(order[place:], TimedOut(HURRY), hurried=True)
                break
            if (found := self._asked(shard, ask, share)) is not None:
                answered = True
                yield shard, found
        else:
            self.roll.hurried = self.roll.hurried and among is not None
        if among is None and not answered:
            raise self.run.silent[self.word, order[0]]

    def silent(self, shards: Collection[Shard]) -> frozenset[Shard]:
        """Those of them that gave no answer in this run."""
        return frozenset(shard for shard in shards if (self.word, shard) in self.run.silent)

    def _asked(self, shard: Shard, ask: Callable[[Shard, Run], Answer], seconds: float) -> Answer | None:
        known = self.roll.shards[shard]
        gone = self.run.silent.get((self.word, shard)) or self.run.gone.get(shard.database)
        if gone is not None:
            self._silent([shard], gone)
            return None
        known.tried = time.monotonic()
        try:
            found = ask(shard, self.run.within(seconds))
        except SILENT as error:
            if isinstance(error, Unreachable):
                self.run.gone[shard.database] = error
            cut = self.run.deadline.left <= 0 and known.why in ("", HURRY)
            self._silent([shard], TimedOut(HURRY) if cut else error, hurried=cut)
            return None
        known.answers(self.run)
        return found

    def _silent(self, shards: Collection[Shard], error: ShopError, *, hurried: bool = False) -> None:
        for shard in shards:
            self.run.silent.setdefault((self.word, shard), error)
            self.roll.shards[shard].fails(self.run, str(error))
        self.roll.hurried = self.roll.hurried or hurried
