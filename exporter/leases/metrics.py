"""What one of several sidecars tells of itself: whether it leads, and whether it reaches the leases."""

from __future__ import annotations

from exporter.model import Metric

LEADER = Metric(
    "order_health_leader",
    "Whether this sidecar leads (1), and watches, judges and sends, or stands by (0). Absent without leases.",
)
REACHABLE = Metric(
    "order_health_leases_reachable",
    "Whether the Redis of the leases answered the last time (1) or not (0). Absent without leases.",
)
CHANGES = Metric(
    "order_health_leader_changes_total",
    "How often the lead was taken since the state was made, as the leader knows it.",
    kind="counter",
)
