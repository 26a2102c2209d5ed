"""Stock below zero, reservations that nobody gives back, and the missing key that lets both happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.negative_stock import tell
from exporter.probes.negative_stock.memory import Memory
from exporter.probes.negative_stock.round import Round
from exporter.shop import Shop
from exporter.units import Duration

__all__ = ["NegativeStock"]

State = Literal["pending", "paid", "shipped", "done", "closed", "missing"]


class NegativeStock(Probe):
    """A small stock table, or one with an index on the quantity, is asked at once; others are walked along the key.

    A walk goes on by some thousand keys in each run, and what it met is read again in every run: a repair shows
    at once. Reservations are held against their orders when they are past their time.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    READS = ("stock", "reservations", "orders")

    warehouses: tuple[str, ...] = ()
    """Warehouses that start at 0; others join when they are first seen."""

    max_skus: Annotated[int, Field(ge=0)] = 0
    """More SKUs below zero in one warehouse than this are an alert."""

    max_reserved: Annotated[int, Field(ge=0)] = 0
    """More SKUs with an impossible reserved quantity than this are an alert."""

    max_stale: Annotated[int, Field(ge=0)] = 0
    """More stale reservations in one warehouse than this are an alert."""

    stale_after: Annotated[Duration, Field(gt=0)] = 300.0
    """A reservation older than this is past its time (one with an expiry of its own: after that as well)."""

    stale_when: tuple[State, ...] = ("pending", "missing")
    """States of the order in which an old reservation is stale; a paid order waiting for shipment rightly holds one."""

    look_back: Annotated[Duration, Field(gt=0)] = 24 * 3600.0
    """How far back the first run reads reservations; later runs go on from there."""

    duplicates_every: Annotated[Duration, Field(ge=0)] = 300.0
    """How often duplicate rows are counted while the unique key is missing."""

    def limits(self) -> Mapping[str, float]:
        return {
            "skus": self.max_skus,
            "reservation_anomalies": self.max_reserved,
            "stale_reservations": self.max_stale,
        }

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        run = Round(shop, now, shop.notes.read(Memory.loads).with_warehouses(self.warehouses))
        told = list(run.stock(timedelta(seconds=self.duplicates_every)))
        age, look_back = timedelta(seconds=self.stale_after), timedelta(seconds=self.look_back)
        told += run.reservations(age, self.stale_when, look_back, self.timeout / 2)
        if any(isinstance(each, Sample) for each in told):
            told.append(tell.TRUNCATED(0 if run.whole else 1))
        shop.notes.write(run.memory, Memory.dumps, Memory.lasting)
        return told
