"""The rooms behind a real HTTP server, for the tests of the robots and of the channels."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import requests
import uvicorn

from exporter.demo.robots import Rooms, rooms

SECRET, TOKEN, KEY = "SEC-canary-1", "token-canary-2", "key-canary-3"
FEISHU_SECRET, FEISHU_TOKEN = "feishu-canary-5", "hook-canary-6"


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@dataclass
class Served:
    rooms: Rooms
    url: str
    clock: Clock
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, request: requests.Request, timeout: float = 10) -> requests.Response:
        return self.session.send(self.session.prepare_request(request), timeout=timeout)


def _dated(opened: Rooms):
    """Its answers are dated by its own clock, as those of a real server are."""
    app = opened.app()

    async def dated(scope, receive, send):
        async def with_date(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"date", format_datetime(opened.now(), usegmt=True).encode()))
            await send(message)

        await app(scope, receive, with_date)

    return dated


@contextmanager
def serve(keywords: tuple[str, ...] = ()) -> Iterator[Served]:
    clock = Clock()
    opened = rooms(
        clock.now,
        dingtalk_token=TOKEN,
        dingtalk_secret=SECRET,
        dingtalk_keywords=keywords,
        wecom_key=KEY,
        feishu_token=FEISHU_TOKEN,
        feishu_secret=FEISHU_SECRET,
    )
    config = uvicorn.Config(
        _dated(opened),
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan="off",
        ws="none",
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the rooms did not open within 20 s"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    served = Served(opened, f"http://127.0.0.1:{port}", clock)
    try:
        yield served
    finally:
        served.session.close()
        server.should_exit = True
        thread.join(10)
