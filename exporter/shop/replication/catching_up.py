"""Until when does a replica show what is on the primary now: the question of every export that reads a replica."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from exporter.database.errors import NotApplicable
from exporter.shop.replication.who import Who

if TYPE_CHECKING:
    from exporter.shop.node import Node

_WAITS = {
    "mariadb": "SELECT MASTER_GTID_WAIT(:position, :seconds)",
    "mysql": "SELECT WAIT_FOR_EXECUTED_GTID_SET(:position, :seconds)",
}
_LEAST = 0.01
"""A timeout of 0 means at once on MariaDB, and never on MySQL."""


def caught_up(primary: Node, replica: Node, within: float) -> float | None:
    """Seconds until the replica has all that the primary has now; None when it takes longer than `within`.

    Raises NotApplicable where GTIDs cannot tell: an empty one would be "reached" at once.
    """
    if primary.family != "mysql" or replica.family != "mysql":
        raise NotApplicable("waiting for a replica needs the GTIDs of MySQL or MariaDB")
    there = Who.answers(primary)
    if not there.written:
        raise NotApplicable(f"the primary has no position to wait for: {there.why}")
    here = Who.answers(replica)
    if not here.applied or not here.applied.comparable(there.written):
        raise NotApplicable(
            f"the replica cannot be waited for: {here.why if not here.applied else 'other GTID domains'}"
        )
    binds = {"position": here.applied.awaited(there.written), "seconds": max(_LEAST, within)}
    rows = replica.ask(_WAITS[there.written.flavour], binds, about="its GTIDs")
    return time.monotonic() - there.at if rows[0][0] == 0 else None
