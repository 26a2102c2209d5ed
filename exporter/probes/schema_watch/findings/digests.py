"""Stock taken without asking whether there is any: found in the server's own digests of statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exporter.probes.schema_watch.findings import Found
from exporter.shop import Node

MOST = 200
"""Digests that are read."""

_DIGESTS = (
    "SELECT digest, digest_text, count_star FROM performance_schema.events_statements_summary_by_digest"
    " WHERE schema_name = :schema AND digest_text LIKE 'UPDATE %' AND digest_text LIKE :table"
    f" AND last_seen > NOW() - INTERVAL 1 DAY ORDER BY count_star DESC LIMIT {MOST}"
)


def unguarded(node: Node, schema: str | None, table: str, quantity: str) -> Iterator[Found]:
    """Digests of the last day; their texts stay here, what is told is the digest and how often it ran."""
    like = table.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    binds = {"schema": node.catalog.schema(schema), "table": f"%{like}%"}
    for digest, text, count in node.ask(_DIGESTS, binds, about="the statement digests"):
        if takes_blindly(str(text or ""), table, quantity):
            yield Found(str(digest)[:12], f"× {int(count):,}")


def takes_blindly(text: str, table: str, quantity: str) -> bool:
    """Does this UPDATE of the table lessen the quantity, and its WHERE not name it?

    A text that is cut off before its WHERE is not judged.
    """
    head, found, rest = text.partition(" SET ")
    change, where, condition = rest.partition(" WHERE ")
    if not found or not where or text.endswith("...") or not re.search(_name(table), head, re.IGNORECASE):
        return False
    column = _name(quantity)
    lessened = re.search(rf"{column}\s*=[^=]*?{column}\s*-", change, re.IGNORECASE)
    return bool(lessened) and not re.search(column, condition, re.IGNORECASE)


def _name(name: str) -> str:
    """Digests quote most names, and write those that are also words of SQL bare and in capitals."""
    return rf"(?:(?<![\w`$]){re.escape(f'`{name}`')}|(?<![\w`$]){re.escape(name)}(?![\w`$]))"
