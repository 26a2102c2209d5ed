"""Findings → samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from exporter.model import Case, Gap, Metric, Sample
from exporter.probes.export_cache.headers import Kind
from exporter.probes.export_cache.memory import Findings

_PATH = ("path",)

CACHED = Metric(
    "order_health_export_cached",
    "1 when the export was answered from a cache, 0 when the shop made it or confirmed it; absent when nothing tells.",
    _PATH,
)
AGE = Metric(
    "order_health_export_age_seconds",
    "How old the exported file at least was when it came; 0 for one that the shop made or confirmed.",
    _PATH,
)
VERDICT = Metric(
    "order_health_export_verdict",
    "1 for what the answer was: made by the shop (origin), revalidated, cached, stale (cached beyond its lifetime) or "
    "unknown.",
    ("path", "kind"),
)
FROZEN = Metric(
    "order_health_export_frozen_seconds",
    "For how long the orders that the export covers have changed while its file has not.",
    _PATH,
)
ETAG = Metric(
    "order_health_export_etag_frozen",
    "1 when the ETag stayed the same although the file, or the orders that it covers, changed.",
    _PATH,
)
LEAK = Metric(
    "order_health_export_anonymous_leak",
    "1 when the address gives the export to somebody without credentials.",
    _PATH,
)
BYTES = Metric("order_health_export_bytes", "Size of the exported file, unpacked.", _PATH)
SECONDS = Metric("order_health_export_seconds", "How long the export took, from the question to its last byte.", _PATH)

METRICS = (CACHED, AGE, VERDICT, FROZEN, ETAG, LEAK, BYTES, SECONDS)


def samples(path: str, found: Findings) -> Iterator[Sample | Gap]:
    """What could not be known this time is no sample."""
    reason = (Case(found.reason),)
    if found.kind == "unknown":
        yield Gap(path, f"{found.reason}; {_REMEDY}")
    else:
        cached = found.kind in ("cached", "stale")
        yield CACHED(cached, path=path, evidence=reason if cached else ())
    for kind in get_args(Kind):
        yield VERDICT(kind == found.kind, path=path, kind=kind, evidence=reason if kind == found.kind else ())
    known = {AGE: found.age, FROZEN: found.frozen, ETAG: found.etag_frozen, LEAK: found.leak, BYTES: found.size}
    for metric, value in {**known, SECONDS: found.seconds}.items():
        if value is not None:
            yield metric(value, path=path)


_REMEDY = "say which orders it covers (`covers`), or let the cache tell itself (`cache_headers`)"
