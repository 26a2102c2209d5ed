"""Which preset fits a database, and, for a shop that none fits, which tables and columns it is likely to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.discover import fits, guess
from exporter.mapping import load
from exporter.mapping.presets import presets

if TYPE_CHECKING:
    from exporter.discover.fits import Fit
    from exporter.discover.guess import Doubt
    from exporter.discover.survey import Survey

_AHEAD = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """`best` is set when one preset is clearly ahead; otherwise `proposal` is a mapping to be checked by a person.

    `doubts` are those of whichever is set.
    """

    tables: int
    fits: tuple[Fit, ...]
    best: Fit | None
    proposal: dict[str, Any] | None
    doubts: tuple[Doubt, ...]


def look(survey: Survey, *, wanted: str | None = None) -> Found:
    """Reads the names of tables and columns, and at most 1,000 newest rows of a likely order table.

    `wanted`: only this preset is considered. Raises ShopError.
    """
    names = (wanted,) if wanted else presets()
    found = tuple(sorted((fit for name in names for fit in fits.fits(survey, name)), key=_rank, reverse=True))
    ahead = found and (len(found) == 1 or found[0].share - found[1].share >= _AHEAD or _within(found[0], found[1]))
    best = found[0] if found and ahead else None
    if found or wanted:
        return Found(len(survey.tables), found, best, None, best.doubts if best else ())
    proposal, doubts = guess.propose(survey)
    return Found(len(survey.tables), found, None, proposal, doubts)


def _rank(fit: Fit) -> tuple[float, int]:
    return round(fit.share, 2), fit.count


def _within(first: Fit, second: Fit) -> bool:
    """Both read the same order table, and the first explains more of the database."""
    return _orders(first) == _orders(second) and first.count > second.count


def _orders(fit: Fit) -> str:
    orders = load(fit.tables).orders
    return orders.table if orders else ""
