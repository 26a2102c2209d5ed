"""Plays the reference incident: an embedded shop with its faults, the real sidecar, and two strict rooms."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from exporter.app import App, StartFaultError
from exporter.demo import exports, robots, shipping, shop
from exporter.demo.locks import Locks
from exporter.demo.redis import Redis
from exporter.demo.replica import Replica
from exporter.web.listen import ListenError, bound, split

_SECRET = "SEC-of-a-room-on-this-machine"  # noqa: S105 - it opens nothing else
_CONFIG = """\
shops:
  demo:
    database: sqlite:///{folder}/shop.db
    replicas: {{reporting: "sqlite:///{folder}/replica.db"}}
    queues: {{orders: "{queue}"}}
    tables: {mapping}
    probes:
      pending_paid: {{every: 2s}}
      negative_stock: {{every: 2s}}
      callback_locks: {{every: 1s, lifetime: 2s}}
      schema_watch: {{every: 1h}}
      order_rate: {{every: 5s}}
      fulfilment: {{every: 1s, max_late: 0, events: {{late_shipment: warning}}}}
      partner_events: {{every: 1s, once: [signed]}}
      slow_queries:
        every: 1s
        searches:
          by_phone:
            query: >-
              SELECT order_no, receiver FROM order_search
              WHERE order_no LIKE :part OR phone LIKE :part OR receiver LIKE :part ORDER BY id DESC LIMIT 20
            values: {{part: "%5550123%"}}
            budget: 10ms
      export_cache: {{paths: ["{origin}{export}"]}}
      message_size: {{every: 1s, topics: [order_created], limit: 50KB}}
      consumer_delay: {{every: 1s, stall: 5s, topics: {{order_created: [order-service]}}}}
      replica_lag: {{every: 1s, heartbeat: {{table: heartbeat, zone: UTC, server: ""}}}}
channels:
  ops: {{kind: dingtalk, token: demo, secret: {secret}, endpoint: "{origin}/robot/send"}}
  duty: {{kind: wecom, key: demo, endpoint: "{origin}/cgi-bin/webhook/send"}}
alerts:
  every: 1s
  routes:
    - {{match: {{severity: critical}}, to: [ops, duty], mention: ["13800000000"]}}
    - {{match: {{probe: fulfilment}}, to: [duty]}}
    - {{match: {{probe: partner_events}}, to: [duty]}}
    - {{to: [ops]}}
web: {{listen: "{listen}", external_url: "{origin}"}}
state: sqlite:///state.db
"""


def play(listen: str, duration: float | None) -> int:
    """Until Ctrl-C, or for `duration` seconds; returns the exit status."""
    try:
        host, port = _place(listen)
    except ListenError as fault:
        print(fault, file=sys.stderr)
        return 1
    origin = f"http://{_opened(host)}:{port}"
    with tempfile.TemporaryDirectory(prefix="order-health-demo-") as name:
        folder = Path(name)
        shop.build(folder / "shop.db", datetime.now(UTC))
        shipping.build(folder / "shop.db", datetime.now(UTC))
        replica, queue = Replica(folder / "shop.db", folder / "replica.db"), Redis(Locks(folder / "shop.db"))
        rooms = robots.rooms(lambda: datetime.now(UTC), dingtalk_secret=_SECRET)
        happenings = shipping.Happenings(folder / "shop.db", lambda: datetime.now(UTC))
        site = exports.Exports(folder / "shop.db", lambda: datetime.now(UTC))
        _configure(folder, origin, f"{_bracketed(host)}:{port}", queue.url)
        try:
            app = App(folder / "config.yaml", rooms=[*rooms.routes(), *site.routes()])
        except StartFaultError as fault:
            print(fault, file=sys.stderr)
            return 1
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: app.stop())
        if duration is not None:
            timer = threading.Timer(duration, app.stop)
            timer.daemon = True
            timer.start()
        replica.start()
        queue.start()
        happenings.start()
        print(f"status page {origin}/   rooms {origin}/rooms   metrics {origin}/metrics   Ctrl-C ends it", flush=True)
        try:
            return app.run()
        finally:
            happenings.stop()
            queue.stop()
            replica.stop()


def _configure(folder: Path, origin: str, listen: str, queue: str) -> None:
    places = {"folder": folder, "origin": origin, "listen": listen, "queue": queue, "export": exports.PATH}
    (folder / "config.yaml").write_text(
        _CONFIG.format(**places, secret=_SECRET, mapping=shipping.MAPPING), encoding="utf-8"
    )


def _place(listen: str) -> tuple[str, int]:
    """Host and port to listen on, known to be free: the rooms' addresses stand in the configuration."""
    host, _ = split(listen)
    [socket] = bound([listen])
    with socket:
        return host, int(socket.getsockname()[1])


def _opened(host: str) -> str:
    """The host as people open it: every interface has this one, too."""
    return "127.0.0.1" if host in {"", "0.0.0.0", "::"} else _bracketed(host)  # noqa: S104 - asked for by who runs it


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
