"""Statements that are slow: searches that people wait for, and what the server's own statistics tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from exporter.mapping import WORDS
from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.slow_queries import canary, digests, log, memory, tell
from exporter.probes.slow_queries.ledger import Ledger
from exporter.probes.slow_queries.report import Report
from exporter.probes.slow_queries.running import running
from exporter.probes.slow_queries.search import Searches
from exporter.shop import Node, Shop
from exporter.strict import Place
from exporter.units import Duration

__all__ = ["SlowQueries"]

Source = Literal["digests", "slow_log", "running"]


class SlowQueries(Probe):
    """Each search runs apart, over a connection of its own; the statistics are one more part."""

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "search"

    searches: Searches = Field(default_factory=dict)
    """What people search for, each a SELECT with example values."""

    budget: Annotated[Duration, Field(gt=0)] = 0.2
    """Time that a search may take."""

    misses: Annotated[int, Field(ge=1, le=1000)] = 3
    """So many runs in a row over the budget are an alert."""

    sources: tuple[Source, ...] = ("digests", "slow_log", "running")
    """Which statistics are read: the first of digests and slow_log that the server has, and what runs now."""

    schemas: tuple[str, ...] = ()
    """The databases whose statements count; without any, the shop's own."""

    slow: Annotated[Duration, Field(gt=0)] = 1.0
    """A statement that takes longer than this on average is slow."""

    too_long: Annotated[Duration, Field(ge=1)] = 30.0
    """A statement that has been running longer than this now is an alert."""

    max_full_scans: Annotated[int, Field(ge=0)] = 0
    """More statements than this that read one mapped table from end to end are an alert."""

    small_table: Annotated[int, Field(ge=0)] = 10_000
    """Rows up to which a table may be read from end to end."""

    top: Annotated[int, Field(ge=1, le=100)] = 10
    """So many statements have series of their own."""

    hold: Annotated[Duration, Field(gt=0)] = 2 * 3600.0
    """A statement that has not run for so long is not told any more: what runs hourly is one alert, not one an hour."""

    def limits(self) -> Mapping[str, float]:
        return {"slow_seconds": self.slow, "misses": self.misses, "full_scans": self.max_full_scans}

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - a search names its replica itself
        searches = {
            name: self.model_copy(update={"every": each.every or self.every, "timeout": each.timeout or self.timeout})
            for name, each in self.searches.items()
        }
        return {**({tell.STATEMENTS: self} if self.sources else {}), **searches}

    def metrics(self, part: str) -> tuple[Metric, ...]:
        return tell.OF_STATEMENTS if part == tell.STATEMENTS else tell.OF_SEARCHES

    def servers(self) -> Iterator[tuple[Place, str]]:
        for name, search in self.searches.items():
            for key in ("database", "replica"):
                if getattr(search, key):
                    yield ("searches", name, key), getattr(search, key)

    def selects(self) -> Mapping[str, str]:
        return {f"search {name}": search.query.text for name, search in self.searches.items()}

    def lane(self, part: str) -> str:
        return "" if part == tell.STATEMENTS else canary.APART

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        if search := self.searches.get(shop.part):
            found = canary.measured(shop, search, self.small_table)
            return list(canary.judged(shop, search, found, search.budget or self.budget, self.misses))
        node = shop.node()
        if node.family != "mysql":
            return [Gap(check, _ELSEWHERE) for check in _CHECKS]
        told = list(self._statistics(shop, node))
        return told + (list(running(node, now, self.too_long)) if "running" in self.sources else [])

    def _statistics(self, shop: Shop, node: Node) -> Iterator[Sample | Gap]:
        """From the first source that this server has; without any, why."""
        schemas = self.schemas or tuple(filter(None, (node.schema,)))
        before = shop.notes.read(memory.loads).starting(schemas)
        whys = []
        if "digests" in self.sources:
            if not (why := digests.why_not(node)):
                yield from self._told(shop, before.follow(digests.seen(node, schemas, before.at), self.slow), "digests")
                return
            whys.append(why)
        if "slow_log" in self.sources:
            if not (why := log.why_not(node)):
                yield from self._told(shop, before.follow(log.seen(node, schemas, before), self.slow), "slow_log")
                return
            whys.append(why)
        if whys:
            texts = [why.split(" / ") for why in whys]
            why = f"{'；'.join(each[0] for each in texts)} / {'; '.join(each[-1] for each in texts)}"
            yield from (Gap(check, why) for check in _CHECKS[:-1])

    def _told(self, shop: Shop, ledger: Ledger, source: Source) -> Iterator[Sample | Gap]:
        shop.notes.write(ledger, memory.dumps, lambda kept: kept.at)
        report = Report(ledger, self.top, timedelta(seconds=self.hold))
        yield from report.totals()
        yield from report.averages()
        if source == "slow_log":
            why = "慢日志不记录是否用到索引 / the slow log does not tell whether an index was used"
            yield Gap("full_scans", why)
            return
        yield from report.scans(_tables(shop), self.small_table)
        yield from report.lost()


_ELSEWHERE = "只有 MySQL 系列有语句统计，可配置 searches / only MySQL's family has these statistics; configure searches"
_CHECKS = ("slow_queries", "query", "full_scans", "running")


def _tables(shop: Shop) -> dict[str, frozenset[str]]:
    """The mapped tables of this server by the name that the mapping gives them, with those that stand for it."""
    mapped = [table for word in WORDS if (table := shop.mapping.table(word)) and table.held("")]
    return {each.table: frozenset(shard.table.lower() for shard in each.held("")) for each in mapped}
