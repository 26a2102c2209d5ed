"""How long orders take from payment to shipment, who waits beyond the promise, and what the shop's own log says."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.fulfilment import tell
from exporter.probes.fulfilment.events import Level, Unit
from exporter.probes.fulfilment.look import Look
from exporter.probes.fulfilment.memory import Memory
from exporter.probes.fulfilment.round import Round, Terms
from exporter.shop import Shop
from exporter.units import Duration

__all__ = ["Fulfilment"]

_WEEK = 7 * 24 * 3600.0


class Fulfilment(Probe):
    """Each order is read once when it is shipped and its times are counted in the probe's memory, hour by hour.

    Each is read once more when its promise is over; those not shipped by then are followed until they are. Where no
    index leads to the time of shipping, that second reading is the only one and times them too.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    READS = ("orders", "events")

    promise: Annotated[Duration, Field(gt=0)] = 48 * 3600.0
    """How long after payment an order must be shipped."""

    window: Annotated[Duration, Field(ge=3600, le=_WEEK)] = 24 * 3600.0
    """Over how much time percentiles and shares are taken."""

    grace: Annotated[Duration, Field(ge=0, le=3600)] = 120.0
    """How long after a shipment its row may still be committed."""

    look_back: Annotated[Duration, Field(ge=0)] = _WEEK
    """How far behind the promise the first run begins to look for late orders; later runs go on from there.

    At most `window` where no index leads by the status and the time: then all orders have to be read.
    """

    max_late: Annotated[int, Field(ge=0)] = 20
    """More late orders in one warehouse than this are an alert."""

    max_p90: Annotated[Duration, Field(gt=0)] = 36 * 3600.0
    """One order in ten taking longer than this from payment to shipment is an alert …"""

    max_start_missing: Annotated[float, Field(ge=0, le=1)] = 0.2
    """… and so is a larger share without a start of fulfilment than this …"""

    least: Annotated[int, Field(ge=1)] = 20
    """… where so many orders or more were shipped within the window."""

    max_faults: Annotated[int, Field(ge=0)] = 0
    """More orders of one kind of impossible times than this are an alert."""

    events: Mapping[str, Level] = Field(default_factory=dict)
    """Kinds of events in the shop's log that are told, each with the level of its alert."""

    elapsed_unit: Unit = "s"
    """What the number 1 in the log's column `elapsed` means."""

    keep: Annotated[Duration, Field(ge=60)] = 1800.0
    """How long an event is exported after the look that noticed it; its card is sent once."""

    def limits(self) -> Mapping[str, float]:
        return {
            "late": self.max_late,
            "p90": self.max_p90,
            "start_missing": self.max_start_missing,
            "least": self.least,
            "faults": self.max_faults,
        }

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        look = Look(shop, now, ends=time.monotonic() + self.timeout / 2)
        terms = Terms(*(timedelta(seconds=each) for each in (self.grace, self.window, self.promise, self.look_back)))
        run = Round(look, terms, shop.notes.read(Memory.loads))
        told = [*run.orders(), *run.events(self.events, self.elapsed_unit, timedelta(seconds=self.keep))]
        shop.notes.write(run.memory, Memory.dumps, Memory.lasting)
        return told
