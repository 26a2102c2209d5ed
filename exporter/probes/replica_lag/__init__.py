"""How far replicas are behind, below a second; and whether they replicate at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.replica_lag import tell
from exporter.probes.replica_lag.heartbeat import Heartbeat
from exporter.probes.replica_lag.look import Look
from exporter.probes.replica_lag.memory import Memory
from exporter.shop import NotApplicable, Shop
from exporter.strict import fault, faults
from exporter.units import Duration

__all__ = ["ReplicaLag"]

_SHARE = 0.4


class ReplicaLag(Probe):
    """Each replica of the shop is asked apart, over a connection of its own: one that hangs delays nobody."""

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "replica"

    every: Annotated[Duration, Field(ge=0.1)] = 5.0

    max_lag: Annotated[Duration, Field(gt=0)] = 0.5
    """A replica that is further behind (beyond its delay, if it has one) is an alert."""

    method: Literal["auto", "gtid", "heartbeat", "status"] = "auto"
    """auto: the first of gtid, heartbeat and status that tells."""

    sample: Annotated[Duration, Field(ge=0.05, le=1)] = 0.2
    """How often the primary's position is noted, for the method gtid: so fine is the lag known."""

    heartbeat: Heartbeat | None = None
    """Where pt-heartbeat or something like it writes."""

    catch_up: Annotated[Duration, Field(ge=0, le=30)] = 0.0
    """Waits this long in each run until the replica shows what the primary has now; 0: does not."""

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.catch_up > _SHARE * self.timeout:
            longest = f"at most {_SHARE:.0%} of timeout, which all of a run must fit into; raise that as well"
            raise faults("ReplicaLag", [fault(("catch_up",), "too_long", longest)])
        return self

    def limits(self) -> Mapping[str, float]:
        return {"lag": self.max_lag}

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:
        return dict.fromkeys(replicas, self) or {"": self}

    def lane(self, part: str) -> str:
        return f"replica {part}" if part else ""

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        if not shop.part:
            raise NotApplicable("the shop has no replicas; write replicas: {reporting: its address}")
        look = Look(self, shop, now, shop.notes.read(Memory.loads))
        told = list(look.told())
        shop.notes.write(look.memory, Memory.dumps, Memory.lasting)
        return told
