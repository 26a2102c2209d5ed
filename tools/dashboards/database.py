"""For the DBA."""

from __future__ import annotations

from tools.dashboards.nouns import Board, Words
from tools.dashboards.rows import replicas, statements, tables

BOARD = Board(
    "database",
    Words("订单健康 · 数据库", "Order health · Database"),
    Words(
        "给 DBA 看：从库延迟、慢搜索和慢语句、表结构隐患与变更、分表，以及检查自身给数据库的开销。",
        "For the DBA: replica lag, slow searches and statements, weak spots and changes of tables, shards, and what the probes "
        "themselves cost.",
    ),
    (replicas.ROW, statements.ROW, tables.SCHEMA, tables.COST),
)
