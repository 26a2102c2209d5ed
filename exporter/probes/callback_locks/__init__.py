"""Locks of payment callbacks that nobody will release: while one stands, its order cannot become paid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.callback_locks import tell
from exporter.probes.callback_locks.look import Look
from exporter.probes.callback_locks.memory import Memory
from exporter.probes.callback_locks.pattern import Pattern
from exporter.shop import Shop
from exporter.strict import fault, faults, unknown
from exporter.units import Duration

__all__ = ["CallbackLocks"]

_NAMELESS = (
    "must say which of the shop's queues has the locks; write queues: {locks: redis://10.0.0.8:6379/1}, redis: locks"
)


class CallbackLocks(Probe):
    """Walks through the keys of the Redis that has the locks, a bounded part in each run; no value is ever read.

    A lock that was found is asked for in every run until it is gone, so that a repair shows at once.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS

    redis: str = ""
    """Its name under the shop's `queues:`; needed where the shop has several."""

    pattern: Annotated[str, AfterValidator(lambda text: Pattern.read(text).text)] = "pay_callback_{out_trade_no}"
    """The keys of the locks; what stands for {out_trade_no} is the evidence."""

    lifetime: Annotated[Duration, Field(gt=0)] = 30.0
    """What a lock lives; one without an expiry counts once it has been there longer than that."""

    max_left: Annotated[Duration, Field(gt=0)] = 120.0
    """A lock that expires only later than in this time counts at once."""

    keys: Annotated[int, Field(ge=1_000)] = 50_000
    """Keys, of any name, that one run goes through; the next run goes on from there."""

    max_locks: Annotated[int, Field(ge=0)] = 0
    """More locks of one kind than this are an alert."""

    max_round: Annotated[Duration, Field(gt=0)] = 3600.0
    """A walk through all keys that takes longer than this is an alert: a new lock may stand as long unseen."""

    def limits(self) -> Mapping[str, float]:
        return {"locks": self.max_locks, "round": self.max_round}

    def with_queues(self, queues: Collection[str]) -> Self:
        if not self.redis and len(queues) == 1:
            return self.model_copy(update={"redis": next(iter(queues))})
        if self.redis in queues:
            return self
        text = f"no queue {self.redis!r}; {unknown(self.redis, queues, 'queues')}" if self.redis else _NAMELESS
        raise faults("CallbackLocks", [fault(("redis",), "dangling", text)])

    def lane(self, part: str) -> str:  # noqa: ARG002 - it has no parts
        return f"queue {self.redis}"

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        look = Look(self, now, shop.notes.read(Memory.loads))
        told = list(look.told(shop.queue(self.redis)))
        shop.notes.write(look.memory, Memory.dumps, Memory.lasting)
        return told
