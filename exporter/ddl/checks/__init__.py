"""The checks: each file looks at a statement in one respect, and knows nothing of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exporter.ddl.checks import columns, indexes, locking, names, session, tables, writes
from exporter.ddl.nouns import Finding
from exporter.ddl.scene import Scene

Check = Callable[[Scene], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    names.check, tables.check, columns.check, indexes.check, locking.check, writes.check, session.check,
)  # fmt: skip
