"""One run of one search: measured, and held against its budget."""

from __future__ import annotations

from collections.abc import Iterator

from exporter import masking
from exporter.model import Case, Gap, Sample
from exporter.probes.slow_queries import tell
from exporter.probes.slow_queries.search import ROWS, Search
from exporter.probes.slow_queries.statement import took
from exporter.shop import Measured, Shop
from exporter.text import one_line

APART = "searches"


def measured(shop: Shop, search: Search, small: int) -> Measured:
    """Over a connection of its own, so that no probe waits for a slow search."""
    node = shop.replica(search.replica, apart=APART) if search.replica else shop.node(search.database, apart=APART)
    return node.measure(search.query, search.plain, about=f"the search {shop.part}", cap=ROWS, small=small)


def judged(shop: Shop, search: Search, found: Measured, budget: float, misses: int) -> Iterator[Sample | Gap]:
    """`misses`: so many runs in a row over the budget are told apart, no more."""
    over = found.ended or found.seconds > budget
    before = shop.notes.read(_loads)
    in_a_row = min(misses, before + 1) if over else 0
    shop.notes.write(in_a_row, lambda count: {"misses": count}, lambda count: count)
    name, case = shop.part, _case(shop.part, search, found, budget)
    yield tell.SEARCH_SECONDS(found.seconds, search=name, evidence=[case])
    yield tell.SEARCH_BUDGET(budget, search=name)
    yield tell.SEARCH_MISSES(in_a_row, search=name)
    if found.scans is None:
        why = "看不懂该数据库的执行计划 / the plans of this database cannot be read"
        yield Gap("search_full_scan", why)
    else:
        yield tell.SEARCH_FULL_SCAN(bool(found.scans), search=name, evidence=[case] if found.scans else ())


def _loads(stored: object) -> int:
    kept = stored.get("misses") if isinstance(stored, dict) else None
    return kept if isinstance(kept, int) else 0


def _case(name: str, search: Search, found: Measured, budget: float) -> Case:
    cost = f"{'> ' if found.ended else ''}{took(found.seconds)} / {took(budget)}"
    scans = f", SCAN {', '.join(found.scans)}" if found.scans else ""
    return Case(name, None, cost + scans, one_line(masking.statement(search.query.text), 400))
