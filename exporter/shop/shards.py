"""The shards of a table asked one after another: who comes first, how long each may take, and who gave no answer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from exporter.database.errors import Denied, Missing, ShopError, TimedOut, Unreachable
from exporter.model import Coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from exporter.mapping.shards import Shard
    from exporter.shop.run import Run

    Rolls = dict[tuple[str, str], "Roll"]

Answer = TypeVar("Answer")

STANDS = 600.0
"""Seconds for which the last answer of a shard stands while it gives no other."""

_SHARE = 1 / 8
"""The part of a run that one shard may take from the others."""

_SILENT = (TimedOut, Unreachable, Missing, Denied)
"""What leaves a shard unread and the others readable. A refused plan is the whole table's: all lack the index."""


@dataclass(slots=True)
class Standing:
    """Of one shard: when it last answered and was last tried (monotonic), and why it was silent when last wanted."""

    answered: float = -math.inf
    tried: float = -math.inf
    why: str = ""

    @property
    def stands(self) -> bool:
        return time.monotonic() - self.answered < STANDS


@dataclass(slots=True)
class Roll:
    """The shards of one table as one probe knows them, kept between its runs.

    `hurried`: the time was over before all had been asked. `kept`: their last answers, by what was asked.
    """

    shards: dict[Shard, Standing] = field(default_factory=dict)
    hurried: bool = False
    kept: dict[str, dict[Shard, Sequence[object]]] = field(default_factory=dict)

    def order(self, wanted: Collection[Shard]) -> list[Shard]:
        """Those that have waited longest first, so that all have their turn; those that failed come last.

        Where the time does not suffice for all, one of these goes first: else it would never be asked again.
        """
        for shard in wanted:
            self.shards.setdefault(shard, Standing())
        well = [shard for shard in wanted if not self._failed(shard)]
        sick = sorted((shard for shard in wanted if self._failed(shard)), key=lambda shard: self.shards[shard].tried)
        well.sort(key=lambda shard: self.shards[shard].tried)
        return [*sick[:1], *well, *sick[1:]] if self.hurried else [*well, *sick]

    def _failed(self, shard: Shard) -> bool:
        known = self.shards[shard]
        return bool(known.why) and known.tried > known.answered

    def coverage(self, table: str) -> Coverage:
        silent = {shard: known for shard, known in self.shards.items() if known.why}
        unread = {shard: known for shard, known in silent.items() if not known.stands}
        why = "; ".join(f"{shard}: {known.why}" for shard, known in list((unread or silent).items())[:_TOLD])
        return Coverage(table, len(self.shards), len(self.shards) - len(silent), len(unread), why)


_TOLD = 3
_HURRY = "the time of the run was over before its turn"


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
        share = max(total * _SHARE, (self.run.deadline.left - total * reserve) / max(1, len(order)))
        answered = False
        for place, shard in enumerate(order):
            left = self.run.deadline.left - total * reserve
            if left <= 0 and (answered or self.run.deadline.left <= 0):
                self._silent(order[place:], TimedOut(_HURRY), hurried=True)
                break
            most = max(share, left / (len(order) - place)) if self.roll.shards[shard].why else share
            if (found := self._asked(shard, ask, most)) is not None:
                answered = True
                yield shard, found
        else:
            self.roll.hurried = self.roll.hurried and among is not None
        if among is None and not answered:
            raise self.run.silent[self.word, order[0]]

    def silent(self, shards: Collection[Shard]) -> frozenset[str]:
        """Those that were asked in this run and gave no answer."""
        return frozenset(str(shard) for shard in shards if (self.word, shard) in self.run.silent)

    def _asked(self, shard: Shard, ask: Callable[[Shard, Run], Answer], seconds: float) -> Answer | None:
        known = self.roll.shards[shard]
        gone = self.run.silent.get((self.word, shard)) or self.run.gone.get(shard.database)
        if gone is not None:
            self._silent([shard], gone)
            return None
        known.tried = time.monotonic()
        try:
            found = ask(shard, self.run.within(seconds))
        except _SILENT as error:
            if isinstance(error, Unreachable):
                self.run.gone[shard.database] = error
            self._silent([shard], error, hurried=self.run.deadline.left <= 0)
            return None
        known.answered, known.why = time.monotonic(), ""
        return found

    def _silent(self, shards: Collection[Shard], error: ShopError, *, hurried: bool = False) -> None:
        for shard in shards:
            self.run.silent.setdefault((self.word, shard), error)
            self.roll.shards[shard].why = str(error)
        self.roll.hurried = self.roll.hurried or hurried
