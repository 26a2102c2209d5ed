"""Whether what finance downloads has all orders of a day, each once, for the right amounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Annotated, ClassVar, Self

from pydantic import Field

from exporter.download import Deadline, named, rests
from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.export_rows import tell
from exporter.probes.export_rows.memory import Memory
from exporter.probes.export_rows.primary import Primary
from exporter.probes.export_rows.round import Round
from exporter.probes.export_rows.settings import Export, Exports
from exporter.shop import Shop, ShopError
from exporter.units import Duration

__all__ = ["ExportRows"]


class ExportRows(Probe):
    """Each export runs apart, asked for once a run and never more than one run in `every`.

    The primary is counted before and after: what is created meanwhile is no fault of the file.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "export"
    READS: ClassVar[tuple[str, ...]] = ("orders",)

    every: Annotated[Duration, Field(ge=60)] = 3600.0
    timeout: Annotated[Duration, Field(ge=5, le=600)] = 120.0

    max_missing: Annotated[int, Field(ge=0)] = 0
    """More orders missing than this are an alert."""
    max_extra: Annotated[int, Field(ge=0)] = 0
    """More orders too many than this are an alert."""
    max_difference: Annotated[float, Field(ge=0)] = 0.005
    """A sum that differs by more than this, in yuan, is an alert."""

    exports: Exports
    """The exports: each an address, or a section."""

    def limits(self) -> Mapping[str, float]:
        return {
            "missing_rows": self.max_missing,
            "extra_rows": self.max_extra,
            "amount_difference": self.max_difference,
        }

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - replicas only explain
        return {
            name: self.model_copy(update={"every": each.every or self.every, "timeout": each.timeout or self.timeout})
            for name, each in self._named.items()
        }

    def lane(self, part: str) -> str:
        return f"export rows/{part}"

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        export = self._named[shop.part]
        memory = Memory.loads(shop.recall())
        if memory.what != export.what:
            memory = Memory(export.what)
        Primary(shop, export.by, export.states).require()
        if not rests(memory.asked, now, self.every, failed=not memory.told):
            memory = self._asked(shop, export, memory, now)
        if not memory.told:
            raise ShopError(memory.error)
        return memory.told

    def _asked(self, shop: Shop, export: Export, before: Memory, now: datetime) -> Memory:
        """Written down before it is asked for, so that not even a process that dies of it asks again at once."""
        memory = replace(before, asked=now, told=(), error=f"{export.label}: order-health ended while it was read")
        shop.remember(memory.dumps())
        try:
            memory = replace(memory, told=tuple(Round(export, shop, now, Deadline(self.timeout)).told()), error="")
        except ShopError as error:
            memory = replace(memory, error=str(error))
        shop.remember(memory.dumps())
        return memory

    @cached_property
    def _named(self) -> Mapping[str, Export]:
        return named(self.exports)
