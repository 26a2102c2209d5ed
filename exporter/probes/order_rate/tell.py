"""The metrics of `order_rate`."""

from __future__ import annotations

from exporter.model import Metric

ORDERS = Metric(
    "order_health_orders_total",
    "Orders since order-health first looked, by what happened to them; counted when five minutes are over.",
    ("event",),
    "counter",
)
AMOUNT = Metric(
    "order_health_order_amount_total",
    "What these orders amount to, in major units.",
    ("event", "currency"),
    "counter",
)
LAST_HOUR = Metric(
    "order_health_orders_last_hour",
    "Orders of the last sixty minutes that are over, in steps of five minutes.",
    ("event",),
)
LAST = Metric(
    "order_health_last_order_timestamp_seconds",
    "When the newest known order was created, paid or shipped; at most some minutes behind while orders come.",
    ("event",),
)
STATUSES = Metric(
    "order_health_orders_by_status",
    "Orders created within the last 24 hours by their status, counted every 15 minutes.",
    ("status",),
)
POINTS = Metric(
    "order_health_order_rate_baseline_points",
    "Past windows that the baseline stands on; nothing is judged by fewer than eight.",
    ("event",),
)
EXPECTED = Metric(
    "order_health_orders_expected",
    "Orders that the last hour would usually have had: the median of the same hour in the past.",
    ("event",),
)
RATIO = Metric(
    "order_health_order_rate_ratio",
    "Orders of the judged window as a part of what is usual (1 = as usual).",
    ("event",),
)
DEVIATIONS = Metric(
    "order_health_order_rate_deviations",
    "How many usual deviations the judged window lies below what is usual; negative above.",
    ("event",),
)
WINDOW = Metric(
    "order_health_order_rate_window_seconds",
    "Length of the judged window: an hour, and more where an hour usually has too few orders to judge.",
    ("event",),
)
MISSED = Metric(
    "order_health_orders_missed",
    "Orders that would usually have come since the newest one; 0 while that is younger than the limit of silence.",
    ("event",),
)
METRICS = (ORDERS, AMOUNT, LAST_HOUR, LAST, STATUSES, POINTS, EXPECTED, RATIO, DEVIATIONS, WINDOW, MISSED)
