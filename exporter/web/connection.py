"""One connection, bounded: in time, in size, and in how many there are. uvicorn bounds none of these by itself."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from exporter.web import HEARING, LARGEST_BODY, LARGEST_NOTIFICATION

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.config import Config
    from uvicorn.server import ServerState

REQUEST_SECONDS = 10.0
"""From the first byte (or from connecting) until a request is complete."""
READING_SECONDS = 30.0
"""For a client to take an answer that does not fit the socket's buffer."""
IDLE_SECONDS = 90
"""Longer than scrape intervals are, so that Prometheus keeps its connection."""
MOST_CONNECTIONS = 200
LARGEST_HEAD = 64 * 1024
LARGEST_REQUEST = LARGEST_HEAD + LARGEST_BODY

_order = itertools.count()


class Connection(HttpToolsProtocol):
    """Has a time by which something must happen; whoever calls `expire()` every second ends the overdue.

    Where there are too many connections, the oldest that never sent a request makes room for the newest, so that
    half-open ones cannot lock a scrape out.
    """

    def __init__(self, config: Config, state: ServerState, admits: Callable[[Any], bool] | None = None) -> None:
        super().__init__(config, state, {})
        self._admits = admits
        self._due = self._waiting_since = 0.0
        self._served = 0
        self._received = 0
        self._too_large = LARGEST_HEAD
        self._working = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(REQUEST_SECONDS)
        if self._admits and not self._admits(transport.get_extra_info("ssl_object")):
            transport.abort()
        elif len(self.connections) > MOST_CONNECTIONS:
            self._make_room()

    def expire(self, now: float) -> None:
        if now >= self._due:
            self.transport.abort()

    @property
    def is_waited_for(self) -> bool:
        """Whether it is the client's turn, who may never take it."""
        return self._due < math.inf

    @property
    def worth(self) -> tuple[bool, float]:
        return self._served > 0, self._waiting_since

    def data_received(self, data: bytes) -> None:
        if not self._working and not self._received:
            self._wait(REQUEST_SECONDS)
        self._received += len(data)
        super().data_received(data)
        if self._received > self._too_large and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        self._too_large = LARGEST_HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        large = self.url.partition(b"?")[0] == HEARING.encode()
        self._too_large = LARGEST_HEAD + LARGEST_NOTIFICATION if large else LARGEST_REQUEST
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._received = 0
        if self.cycle.response_complete:
            self._rest()
        else:
            self._working, self._due = True, math.inf

    def on_response_complete(self) -> None:
        self._served += 1
        if self._working:  # else the request is still coming in, and its time runs on
            self._working = False
            self._rest()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait(READING_SECONDS)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._working:
            self._due = math.inf
        else:
            self._rest()

    def _rest(self) -> None:
        """An idle connection is closed by uvicorn; the later abort is for one that never takes its answer."""
        self._wait(READING_SECONDS if self.flow.write_paused else IDLE_SECONDS + READING_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._waiting_since = next(_order)  # the loop's clock ticks in milliseconds: too coarse to tell a flood apart
        self._due = self.loop.time() + seconds

    def _make_room(self) -> None:
        others = [each for each in self.connections if isinstance(each, Connection) and each.is_waited_for]
        min(others, key=lambda each: each.worth).transport.abort()
