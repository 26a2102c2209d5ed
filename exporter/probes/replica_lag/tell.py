"""The metrics of replicas."""

from __future__ import annotations

from exporter.model import Metric

LAG = Metric(
    "order_health_replica_lag_seconds",
    "How old the replica's data is. method: gtid and heartbeat see fractions of a second, status whole seconds; "
    "catch_up is how long the replica took to show what the primary had just then.",
    ("replica", "method"),
)
RUNNING = Metric(
    "order_health_replica_running",
    "Whether the thread that fetches (io) or applies (sql) changes runs, by channel; connecting is not running.",
    ("replica", "channel", "thread"),
)
IS_REPLICA = Metric(
    "order_health_replica_is_replica",
    "Whether the server at this address replicates from another (1), or is the primary itself or on its own (0).",
    ("replica",),
)
DELAY = Metric(
    "order_health_replica_delay_seconds",
    "How far the replica is told to stay behind on purpose; its lag is judged beyond this.",
    ("replica",),
)
READ_ONLY = Metric(
    "order_health_replica_read_only",
    "Whether the replica refuses writes from accounts that are not administrators.",
    ("replica",),
)
NODES = Metric(
    "order_health_replica_nodes",
    "Different servers that answered at this address within ten minutes: several after a failover or behind a proxy.",
    ("replica",),
)

METRICS = (LAG, RUNNING, IS_REPLICA, DELAY, READ_ONLY, NODES)
