"""EXPLAIN as MySQL documents it: the traditional table with `partitions` and `filtered`, and JSON version 1.

Sources: https://dev.mysql.com/doc/refman/8.4/en/explain-output.html, explain.html (explain_json_format_version).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.standin import StandIn

COLUMNS = [
    "id", "select_type", "table", "partitions", "type", "possible_keys", "key", "key_len", "ref", "rows", "filtered",
    "Extra",
]  # fmt: skip


def explained(server: StandIn, form: str, tables: list[tuple[str, str]]) -> tuple[list[tuple[Any, ...]], list[str]]:
    """The plan of a SELECT over these tables: `server.plans[table]` where a test gave one, a range by default."""
    steps = [_step(server, schema, name) for schema, name in tables]
    if form == "JSON":
        return [(json.dumps({"query_block": _block(steps)}, indent=2),)], ["EXPLAIN"]
    if not steps:
        return [(1, "SIMPLE", *[None] * 9, "No tables used")], COLUMNS
    return [tuple(step[column] for column in COLUMNS) for step in steps], COLUMNS


def _step(server: StandIn, schema: str, table: str) -> dict[str, Any]:
    rows = server.tables.rows(schema, table)
    step = {
        **dict.fromkeys(COLUMNS), "id": 1, "select_type": "SIMPLE", "table": table, "type": "range",
        "possible_keys": "PRIMARY", "key": "PRIMARY", "key_len": "8", "rows": min(rows, 100) or 1, "filtered": 100.0,
        "Extra": "Using where",
    }  # fmt: skip
    return {**step, **server.plans.get(table, {})}


def _block(steps: list[dict[str, Any]]) -> dict[str, Any]:
    tables = [
        {"table": {
            "table_name": step["table"],
            "access_type": step["type"],
            "possible_keys": [step["possible_keys"]],
            "key": step["key"],
            "rows_examined_per_scan": step["rows"],
            "rows_produced_per_join": step["rows"],
            "filtered": f"{step['filtered']:.2f}",
            "cost_info": {"read_cost": "0.25", "eval_cost": "0.10", "prefix_cost": "0.35", "data_read_per_join": "64"},
        }}
        for step in steps
    ]  # fmt: skip
    block: dict[str, Any] = {"select_id": 1, "cost_info": {"query_cost": "0.35"}}
    return {**block, **(tables[0] if len(tables) == 1 else {"nested_loop": tables})}
