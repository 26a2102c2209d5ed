"""No statement runs before its plan has been seen, and none whose plan reads a large table from end to end."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from exporter.database import Planned
from exporter.database.catalog import HOUR, Catalog
from exporter.database.errors import Refused
from exporter.model import Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.database.deadline import Deadline
    from exporter.database.opening import Inspect

LARGE = 100_000
"""Rows from which a table may not be read from end to end."""

_LIST = re.compile(r"IN \((?:[^()'`\"]|\([^()]*\))*\)")
_WHOLE = ("ALL", "index")  # `index` walks every row as well, in the order of a key


@lru_cache(maxsize=256)
def _shape(statement: str) -> str:
    """The statement without the length of its lists; finding them in a long one costs more than the lookup of a row."""
    return _LIST.sub("IN (…)", statement)


class Plan(Planned):
    """Stops a statement whose plan was not known; `steps` is that plan."""

    def __init__(self, key: str, steps: tuple[Step, ...]) -> None:
        super().__init__(key)
        self.key, self.steps = key, steps


class Guard:
    """The plans of one database, seen within the last hour. `large` is in rows."""

    def __init__(self, catalog: Catalog, large: int) -> None:
        self._catalog, self._large = catalog, large
        self._cleared: dict[str, tuple[float, tuple[Step, ...]]] = {}

    def forget(self) -> None:
        self._cleared.clear()

    def inspect(self, seen: list[Step]) -> Inspect:
        """Stops a statement whose plan is not known yet; otherwise puts its plan into `seen`."""

        def look(cursor: Any, statement: str, binds: Any) -> None:
            key = _shape(statement)
            known = self._cleared.get(key)
            if not known or known[0] + HOUR < time.monotonic():
                raise Plan(key, self.explained(cursor, statement, binds))
            seen.extend(known[1])

        return look

    def judge(self, plan: Plan, tables: Iterable[tuple[str | None, str]], advice: str, deadline: Deadline) -> None:
        """Clears the plan, or raises Refused. `tables`: (schema, name) of what the statement is known to read."""
        sizes = {name: self._catalog.facts(schema, name, deadline).rows for schema, name in tables}
        for step in plan.steps:
            if step.access not in _WHOLE or step.table.startswith("<"):
                continue
            # An alias is not in the catalogue: then the largest table that it can stand for counts.
            size = sizes.get(step.table, max([step.rows, *sizes.values()]))
            if size > self._large:
                raise Refused(
                    f"{step.table}: the plan reads the whole table of about {size:,} rows (access {step.access}), "
                    f"so the statement is not run; ask the DBA for an index on {advice}"
                )
        self._cleared[plan.key] = time.monotonic(), plan.steps

    def explained(self, cursor: Any, statement: str, binds: Any) -> tuple[Step, ...]:
        family = self._catalog.database.family
        cursor.execute(family.explain + statement, binds)
        names = [column[0] for column in cursor.description]
        steps = family.steps([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
        if steps is None:
            return (Step("?", "not understood: limits of time and rows alone protect the server", None, 0),)
        return tuple(Step(**step) for step in steps)
