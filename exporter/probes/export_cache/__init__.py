"""Whether what finance downloads is made by the shop now, or is a copy from a cache."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, ClassVar, Self

from pydantic import Field

from exporter.download import Deadline, DownloadError, asker, named, rests
from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.export_cache import tell
from exporter.probes.export_cache.headers import Verdict, verdict
from exporter.probes.export_cache.looking import Run
from exporter.probes.export_cache.memory import Memory
from exporter.probes.export_cache.orders import progress
from exporter.probes.export_cache.settings import Export, Exports
from exporter.shop import Shop, ShopError
from exporter.units import Duration

__all__ = ["ExportCache", "Verdict", "verdict"]

_LASTS = 6
"""Of `every`: so long a proof stands when nothing speaks against it."""


class ExportCache(Probe):
    """Each export runs apart: exports are the most expensive calls of a shop, and one that hangs delays no other.

    A run asks for an export up to four times, and once more without credentials; never more than one run in `every`.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "path"
    READS: ClassVar[tuple[str, ...]] = ("orders",)

    every: Annotated[Duration, Field(ge=1)] = 600.0
    timeout: Annotated[Duration, Field(ge=1, le=600)] = 60.0
    frozen_after: Annotated[Duration, Field(gt=0)] = 300.0
    """A file that stays the same for longer than this while its orders change counts as cached."""

    paths: Exports
    """The exports: each an address, or a section."""

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - replicas are not asked
        return {
            name: self.model_copy(update={"every": each.every or self.every, "timeout": each.timeout or self.timeout})
            for name, each in self._named.items()
        }

    def lane(self, part: str) -> str:
        return f"export/{part}"

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        export = self._named[shop.part]
        memory = Memory.loads(shop.recall())
        if memory.what != export.what:
            memory = Memory(export.what)
        if not rests(memory.asked, now, self.every, failed=memory.found is None):
            memory = self._asked(shop, export, memory, now)
        if memory.found is None:
            raise ShopError(memory.error)
        return tell.samples(shop.part, memory.found)

    def _asked(self, shop: Shop, export: Export, before: Memory, now: datetime) -> Memory:
        """Written down before it is asked for, so that not even a process that dies of it asks again at once."""
        began = time.monotonic()
        orders = None if export.covers is None else progress(shop, export.covers, now)
        memory = replace(before, asked=now, found=None, error=f"{export.label}: order-health ended while it was asked")
        shop.remember(memory.dumps())
        run = Run(export, asker(export, Deadline(self.timeout)), now, began, orders)
        try:
            found, seen = run.findings(before.seen, self.frozen_after)
        except DownloadError as error:
            memory = replace(memory, error=str(error))
        else:
            memory = memory.learned(found, seen, now, timedelta(seconds=self.every * _LASTS))
        shop.remember(memory.dumps())
        return memory

    @cached_property
    def _named(self) -> Mapping[str, Export]:
        return named(self.paths)
