"""The probes that ask a shop's database, with the settings that the benchmarks run them by; one joins by its line."""

from exporter.probes import known

_RECENT = "UTC_TIMESTAMP() + INTERVAL 8 HOUR - INTERVAL 15 MINUTE"  # the plain preset's times are Beijing time
_PENDING = {
    "query": f"SELECT pay_channel, COUNT(*) AS n FROM orders WHERE status = 'pending' AND created_at > {_RECENT}"
    " GROUP BY pay_channel",
    "metrics": {"bench_pending_orders": {"value": "n", "help": "Young orders that nobody has paid."}},
    "labels": ["pay_channel"],
}
_WANTED: dict[str, dict[str, object]] = {
    "pending_paid": {},
    "negative_stock": {},
    "slow_queries": {},
    "schema_watch": {},
    "sql": {"queries": {"pending": _PENDING}},
}

PROBES = {name: settings for name, settings in _WANTED.items() if name in known()}
WANTED = len(_WANTED)
"""Where one does not exist yet, the others run more often, so that there are as many runs."""
