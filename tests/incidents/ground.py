"""The servers of the replay: MariaDB with a replica over a wire, Redis, RocketMQ, and nginx in front of the shop's site."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.incidents import shop
from tests.servers import caches, free_port, needed
from tests.servers.origin import Answer, Asked, Origin
from tests.servers.redis import Redis
from tests.servers.replicated import Replicated
from tests.servers.rocketmq import VERSIONS, RocketMQ

EXPORT, TOPIC, GROUP = "/admin/orders/export", "order_created", "order-service"
_NGINX = """
daemon off; pid {home}/pid; error_log stderr warn; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type text/csv;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/f;
  uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
  proxy_cache_path {home}/cache keys_zone=shop:1m inactive=1h;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{origin}; {cache} }}
  }}
}}
"""
_CACHED = "proxy_cache shop; proxy_cache_valid 200 1h; add_header X-Cache $upstream_cache_status always;"


class Site:
    """The export as the shop makes it, and nginx, which somebody may tell to keep it."""

    def __init__(self, primary: Any, stack: ExitStack) -> None:
        self._primary = primary
        self._origin = Origin()
        stack.callback(self._origin.close)
        self._origin.answers[EXPORT] = self._export
        self._home, self._port = stack.enter_context(caches.folder("replay-nginx")), free_port()
        self._config = self._home / "nginx.conf"
        self.url = f"http://127.0.0.1:{self._port}{EXPORT}"
        self._write("")
        command = [needed("nginx", "nginx-light"), "-p", str(self._home), "-c", str(self._config)]
        stack.enter_context(caches.running(command, self._port, self._home))

    def cache(self, cached: bool) -> None:
        self._write(_CACHED if cached else "")
        pid = int((self._home / "pid").read_text(encoding="utf-8"))
        subprocess.run(["kill", f"-{signal.SIGHUP.value}", str(pid)], check=True)

    def _write(self, cache: str) -> None:
        text = _NGINX.format(home=self._home, port=self._port, origin=self._origin.port, cache=cache)
        self._config.write_text(text, encoding="utf-8")

    def _export(self, _asked: Asked) -> Answer:
        rows = self._primary.execute(
            "SELECT order_no, status, amount FROM orders ORDER BY id DESC LIMIT 500", database=shop.MAIN
        )
        lines = ["order_no,status,amount", *(",".join(map(str, row)) for row in rows)]
        return Answer("\n".join(lines).encode(), headers={"Cache-Control": "max-age=3600"})


class Ground:
    """Everything started, side by side; `close()` stops it all by its pids."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="order-health-replay-")))
        self.pair, self.redis, self.broker = Replicated(), Redis(), RocketMQ(VERSIONS[0])
        for server in (self.broker, self.redis, self.pair):
            self._stack.callback(server.remove)
        self.lock = threading.Lock()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        with ThreadPoolExecutor() as pool:
            started = [pool.submit(each.start) for each in (self.broker, self.redis)]
            self.pair.start()
            shop.build(self.pair.primary, datetime.now(UTC))
            [each.result() for each in started]
        self.pair.wait()
        self.producer = self.broker.client()
        self._stack.callback(self.producer.close)
        self.producer.create(TOPIC)
        self.broker.wait_for_topic(TOPIC)
        self.locks = self._stack.enter_context(self.redis.client())
        self.site = Site(self.pair.primary, self._stack)

    def sql(self, *statements: str, database: str = shop.MAIN) -> list[tuple[Any, ...]]:
        return self.pair.primary.execute(*statements, database=database)

    def send(self, *bodies: bytes) -> None:
        with self.lock:
            for body in bodies:
                self.producer.send(TOPIC, body)

    def consume(self) -> None:
        """`order-service` takes all that waits."""
        with self.lock:
            self.producer.join(GROUP, TOPIC)
            self.producer.commit(GROUP, TOPIC, self.producer._end(TOPIC, 0))

    def apply(self, plan: Path, database: str) -> str:
        """A repair plan, by the client that people use; what it prints."""
        client = [needed("mariadb", "mariadb-client"), "--no-defaults", "--protocol=tcp", "-h127.0.0.1", "-uroot"]
        command = [*client, f"-P{self.pair.primary.port}", "--table", database]
        with plan.open("rb") as script:
            done = subprocess.run(command, stdin=script, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    def close(self) -> None:
        self._stack.close()
