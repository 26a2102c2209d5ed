"""What a probe is. Each file of this folder is one probe, and its name is the probe's name everywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, ClassVar

from pydantic import Field

from exporter import plugins
from exporter.model import Gap, Metric, Sample
from exporter.shop import Shop
from exporter.strict import Strict
from exporter.units import Duration

_STALE_SECONDS = 600.0


class Probe(Strict, ABC):
    """Its YAML section is its settings is the running object; a probe holds no state between runs.

    What must outlive a run stands in `shop.recall()` and `shop.remember()`.
    """

    METRICS: ClassVar[tuple[Metric, ...]]

    READS: ClassVar[tuple[str, ...]] = ()
    """The words of the mapping whose tables it reads; `order-health ddl` names it where a migration touches them."""

    every: Annotated[Duration, Field(ge=0.1)] = 30.0
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] = 3.0

    def limits(self) -> Mapping[str, float]:
        """Its own thresholds, which rules compare with."""
        return {}

    def thresholds(self) -> Mapping[str, float]:
        """What is exported as `order_health_limit{probe,limit}`: its limits, and `stale`.

        `stale` is how many seconds without an answer mean that nobody is watching any more.
        """
        return {"stale": max(_STALE_SECONDS, 4 * self.every), **self.limits()}

    @abstractmethod
    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        """One run. Raises a `ShopError` when the shop cannot answer; yields a `Gap` for what it never can."""


@cache
def known() -> Mapping[str, type[Probe]]:
    """Every probe of this folder by its name."""
    return plugins.found(__name__, __path__, Probe)  # type: ignore[type-abstract]
