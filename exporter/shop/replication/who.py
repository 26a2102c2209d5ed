"""Which server answers, and how far its data goes: one statement, because a proxy may send the next one elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.shop.replication import positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.shop.node import Node
    from exporter.shop.replication.positions import Position

_SELF = "SELECT @@server_id AS server, @@hostname AS host, @@port AS port, @@read_only AS read_only"
_STATEMENTS = {
    "mariadb": f"{_SELF}, @@global.gtid_binlog_pos AS written, @@global.gtid_slave_pos AS applied",
    "mysql": f"{_SELF}, @@server_uuid AS uuid, @@global.gtid_mode AS mode, @@global.gtid_executed AS executed",
    "plain": _SELF,
}


@dataclass(frozen=True, slots=True)
class Who:
    """One answer of a server of MySQL's family, at `at` on our monotonic clock. It needs no privilege.

    `written`: what a replica of it may get; `applied`: what it got from elsewhere; each None with `why`.
    """

    server: int
    name: str
    read_only: bool
    at: float
    written: Position | None = None
    applied: Position | None = None
    why: str = ""

    @classmethod
    def answers(cls, node: Node) -> Who:
        """Raises a ShopError."""
        before = time.monotonic()
        flavour, rows = node.first(_STATEMENTS, about="its GTIDs")
        at = (before + time.monotonic()) / 2
        row = rows[0]._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row by column
        name = f"{row['server']}/{row.get('uuid', '')}/{row['host']}:{row['port']}"
        return cls(
            int(row["server"]), name, str(row["read_only"]).upper() not in ("0", "OFF"), at, **_gtids(flavour, row)
        )


def _gtids(flavour: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if flavour == "mariadb":
        written, applied = positions.mariadb(row["written"] or ""), positions.mariadb(row["applied"] or "")
        return {"written": written or None, "applied": applied or None, "why": "its GTID position is empty"}
    if flavour == "plain":
        return {"why": "this server has no GTIDs"}
    if not str(row["mode"]).upper().startswith("ON"):
        return {"why": f"gtid_mode is {str(row['mode']).upper()}"}
    executed = positions.mysql(row["executed"] or "") or None
    return {"written": executed, "applied": executed, "why": "its set of executed GTIDs is empty"}
