"""Every metric that the code declares, as one exposition: for what the demo has no server to show.

Two shops: `hurt` is beyond each of its limits, `well` is within them. Counters grow with each scrape.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from exporter import probes
from exporter.model import Metric
from tests.test_house import DECLARED, OWN

LIMIT = 10
VALUES = {"hurt": 50, "well": 1}
LABELS = {
    "age": ("under_5m", "over_24h"),
    "channel": ("ops",),
    "currency": ("CNY",),
    "event": ("created", "paid"),
    "kind": ("origin", "no_expiry", "far_expiry"),
    "method": ("gtid", "catch_up"),
    "probe": tuple(probes.known()),
    "quantile": ("0.5", "0.9", "0.99"),
    "result": ("accepted", "dead"),
    "size": ("large", "huge"),
    "step": ("paid_to_started", "paid_to_shipped"),
    "version": ("9.9.9",),
}
"""Values that the code writes; every other label has one value, its own name."""

_RULES = "".join(file.read_text(encoding="utf-8") for file in Path("rules").glob("*.yml"))
_LIMITS = {
    *re.findall(r'order_health_limit\{probe="(\w+)", ?limit="(\w+)"\}', _RULES),
    *((probe, "stale") for probe in probes.known()),
}
"""The limits that rules compare with; that those are exported is what the tests of the rules show."""


TWICE = 'ALERTS{alertname="StockBelowZero",alertstate="firing",severity="critical",probe="negative_stock",warehouse="warehouse",shop="hurt"} 1\n'
"""As a sidecar with `alerts: {export: true}` tells it, although Prometheus has the rules as well."""


def exposition(scrape: int, now: float) -> str:
    return TWICE + "".join(line for metric in DECLARED.values() for line in _family(metric, scrape, now))


def _family(metric: Metric, scrape: int, now: float) -> Iterator[str]:
    yield f"# TYPE {metric.name} {metric.kind}\n"
    for shop, value in VALUES.items():
        if metric in OWN and "probe" not in metric.labels and shop == "well":
            continue
        for labels in _labels(metric):
            if metric not in OWN or "probe" in metric.labels:
                labels = {"shop": shop, **labels}  # noqa: PLW2901 - the same labels, and whose they are
            yield from _series(metric, labels, value, scrape, now)


def _labels(metric: Metric) -> list[dict[str, str]]:
    if metric.name == "order_health_limit":
        return [{"probe": probe, "limit": limit} for probe, limit in sorted(_LIMITS)]
    known = {name: LABELS.get(name, (name,)) for name in metric.labels if name != "shop"}
    many = max((len(values) for values in known.values()), default=1)
    return [{name: values[index % len(values)] for name, values in known.items()} for index in range(many)]


def _series(metric: Metric, labels: dict[str, str], value: float, scrape: int, now: float) -> Iterator[str]:
    if metric.name == "order_health_limit":
        value = LIMIT
    elif metric.name.endswith("_timestamp_seconds"):
        value = now - value
    elif metric.kind == "counter":
        value *= scrape
    if metric.kind != "histogram":
        yield _line(metric.name, labels, value)
        return
    for count, bound in enumerate([*map(str, metric.bounds), "+Inf"], start=1):
        yield _line(f"{metric.name}_bucket", {**labels, "le": bound}, count * scrape)
    yield _line(f"{metric.name}_sum", labels, 1000 * scrape)
    yield _line(f"{metric.name}_count", labels, (len(metric.bounds) + 1) * scrape)


def _line(name: str, labels: dict[str, str], value: float) -> str:
    inner = ",".join(f'{label}="{said}"' for label, said in labels.items())
    return f"{name}{{{inner}}} {value}\n"


@contextmanager
def serving() -> Iterator[str]:
    """host:port of a target."""
    scrapes = iter(range(1, 100_000))

    class Target(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exposition(next(scrapes), time.time()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
