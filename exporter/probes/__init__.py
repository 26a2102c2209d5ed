"""What a probe is. Each file of this folder is one probe, and its name is the probe's name everywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, ClassVar, Self

from pydantic import Field

from exporter import plugins
from exporter.model import Gap, Metric, Sample
from exporter.shop import Shop
from exporter.strict import Place, Strict
from exporter.units import Duration

_STALE_SECONDS = 600.0


class Probe(Strict, ABC):
    """Its YAML section is its settings is the running object; a probe holds no state between runs.

    What must outlive a run stands in `shop.recall()` and `shop.remember()`.
    """

    METRICS: ClassVar[tuple[Metric, ...]]
    PART: ClassVar[str] = ""
    """The label that says of which part a sample is, for a probe that runs as several: `replica`, `query`."""

    READS: ClassVar[tuple[str, ...]] = ()
    """The words of the mapping whose tables it reads; `order-health ddl` names it where a migration touches them."""

    every: Annotated[Duration, Field(ge=0.1)] = 30.0
    """How often it runs."""
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] = 3.0
    """A run that takes longer is ended, on the server too."""

    def limits(self) -> Mapping[str, float]:
        """Its own thresholds, which rules compare with."""
        return {}

    def thresholds(self) -> Mapping[str, float]:
        """What is exported as `order_health_limit{probe,limit}`: its limits, and `stale`.

        `stale` is how many seconds without an answer mean that nobody is watching any more.
        """
        return {"stale": max(_STALE_SECONDS, 4 * self.every), **self.limits()}

    def with_queues(self, queues: Collection[str]) -> Self:  # noqa: ARG002 - most ask no queue
        """Itself with its queues by name, where the shop's only one needs none; raises what `strict.faults` makes.

        `queues` are the names of the shop's.
        """
        return self

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - most ask the shop as a whole
        """What runs apart, each with its own pace, deadline and success; `read` finds its name in `shop.part`.

        `replicas` are the names of the shop's. One that fails leaves the others, and their alerts, as they are.
        """
        return {"": self}

    def metrics(self, part: str) -> tuple[Metric, ...]:  # noqa: ARG002 - most make the same in every part
        """What this part may make, for judging what is unknown while it is silent."""
        return self.METRICS

    def servers(self) -> Iterable[tuple[Place, str]]:
        """The databases and replicas that it asks by name, each with the place in its section that names it."""
        return ()

    def selects(self) -> Mapping[str, str]:
        """The SELECTs of its settings by who asks them ("query refunds_open"): a migration must not break them."""
        return {}

    def lane(self, part: str) -> str:  # noqa: ARG002 - most use the shop's own connection
        """Runs of one lane wait for each other; "" is the lane of the shop's own database.

        Any other name is apart: for a part that asks over a connection of its own.
        """
        return ""

    @abstractmethod
    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        """One run. Raises a `ShopError` when the shop cannot answer; yields a `Gap` for what it never can."""


@cache
def known() -> Mapping[str, type[Probe]]:
    """Every probe of this folder by its name; one that nobody names is not imported."""
    return plugins.Shelf(__name__, __path__, Probe)  # type: ignore[type-abstract]
