"""The metrics of `slow_queries`."""

from __future__ import annotations

from exporter.model import Metric

STATEMENTS = "statements"
"""The part that reads the server's own statistics; every other part is a search."""

SLOW = Metric(
    "order_health_slow_queries_total",
    "Executions of statements that took longer than the limit, as far as the server keeps statistics, by schema.",
    ("schema",),
    "counter",
)
SECONDS = Metric(
    "order_health_query_seconds_total",
    "Time spent in a statement since order-health first saw it; the statements that took the most time lately.",
    ("digest", "schema"),
    "counter",
)
AVERAGE = Metric(
    "order_health_query_average_seconds",
    "Average time of a statement when it last ran, for those that take the most time and those that are slowest.",
    ("digest", "schema", "table"),
)
EXAMINED = Metric(
    "order_health_query_rows_examined_per_row",
    "Rows that a SELECT reads for each row that it returns, when it last ran.",
    ("digest", "schema", "table"),
)
FULL_SCANS = Metric(
    "order_health_full_scans",
    "Different statements that lately read the mapped table from end to end, SELECT or not; small tables do not count.",
    ("table",),
)
LOST = Metric(
    "order_health_query_statistics_lost_ratio",
    "Share of statements that the server keeps no statistics of, because its table of digests is full.",
)
RUNNING = Metric(
    "order_health_running_queries",
    "Statements that have been running longer than the limit now.",
)
LONGEST = Metric(
    "order_health_running_longest_seconds",
    "How long the longest of these statements has been running; 0 while there is none.",
)
SEARCH_SECONDS = Metric(
    "order_health_search_seconds",
    "Time to the last row of a configured search (or to its 1,000th), with its example values.",
    ("search",),
)
SEARCH_BUDGET = Metric("order_health_search_budget_seconds", "Time that a configured search may take.", ("search",))
SEARCH_MISSES = Metric(
    "order_health_search_misses",
    "Runs in a row in which a search took longer than its budget; counts no further than the limit.",
    ("search",),
)
SEARCH_FULL_SCAN = Metric(
    "order_health_search_full_scan",
    "1 when the plan of a search reads a large table from end to end.",
    ("search",),
)

OF_STATEMENTS = (SLOW, SECONDS, AVERAGE, EXAMINED, FULL_SCANS, LOST, RUNNING, LONGEST)
OF_SEARCHES = (SEARCH_SECONDS, SEARCH_BUDGET, SEARCH_MISSES, SEARCH_FULL_SCAN)
METRICS = (*OF_STATEMENTS, *OF_SEARCHES)
