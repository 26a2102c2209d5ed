"""What carriers and other partners tell the shop twice, and partners that have fallen silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.partner_events import tell
from exporter.probes.partner_events.memory import Memory
from exporter.probes.partner_events.round import Round
from exporter.shop import Shop
from exporter.units import Duration

__all__ = ["PartnerEvents"]


class PartnerEvents(Probe):
    """New rows are read along the key, each once, and held against earlier ones of their order.

    Along an index on the order where there is one; otherwise against digests of what came within the window.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    READS = ("partner_events",)

    once: tuple[str, ...] = ()
    """Events that a partner may tell once for each order; without any, all of them."""

    window: Annotated[Duration, Field(gt=0)] = 7 * 24 * 3600.0
    """The same event within this time is a duplicate."""

    keep: Annotated[Duration, Field(ge=60)] = 24 * 3600.0
    """How long a duplicate is told: it stays in the table, so that nothing shows when it is dealt with."""

    partners: tuple[str, ...] = ()
    """Partners that start at 0; others join when they are first seen."""

    max_duplicates: Annotated[int, Field(ge=0)] = 0
    """More duplicates of one partner than this are an alert."""

    silence: Annotated[Duration, Field(ge=60)] = 6 * 3600.0
    """No event of a partner for longer than this is an alert, where it is also three times its longest usual pause."""

    def limits(self) -> Mapping[str, float]:
        return {"duplicates": self.max_duplicates, "silence": self.silence}

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        window, keep = timedelta(seconds=self.window), timedelta(seconds=self.keep)
        run = Round(shop, now, shop.notes.read(Memory.loads).with_partners(self.partners))
        told = list(run.events(frozenset(self.once), window, keep))
        shop.notes.write(run.memory, Memory.dumps, Memory.lasting)
        return told
