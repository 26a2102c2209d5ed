"""Runs the web on uvicorn's protocol with its own accept loop, so that every client is bounded from its first byte.

Signals are not its business: who owns the process calls `stop()`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop
from uvicorn.server import ServerState

from exporter.web.connection import IDLE_SECONDS, MOST_CONNECTIONS, REQUEST_SECONDS, Connection
from exporter.web.listen import bound

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from exporter.web.access import Access

log = logging.getLogger("exporter.web")

STOP_SECONDS = 0.5
_SWEEP_SECONDS = 1.0
_OUT_OF_FILES_SECONDS = 0.1


class Server:
    """`start()` serves in a thread, `run()` in this one; both raise ListenError before anything is served."""

    def __init__(
        self, app: ASGIApp, listen: str | Sequence[str] = "127.0.0.1:9847", access: Access | None = None
    ) -> None:
        self._app, self._access = app, access
        self._guarded = access.around(app) if access else app
        self._listen = [listen] if isinstance(listen, str) else list(listen)
        self._sockets: list[socket.socket] = []
        self._addresses: list[tuple[str, int]] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._serving = threading.Event()
        self._handshakes: dict[asyncio.Task[None], None] = {}

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each socket, once it has been started: the port is a real one where 0 was asked for."""
        return self._addresses

    @property
    def port(self) -> int:
        return self.addresses[0][1]

    def start(self) -> None:
        self._bind()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()
        self._serving.wait()

    def run(self) -> None:
        """Returns after `stop()`, which any thread or a signal handler may call."""
        self._bind()
        self._run()

    def stop(self) -> None:
        """Requests under way may end; idle and slow clients are let go. Takes less than a second."""
        if self._loop and self._stopping:
            with contextlib.suppress(RuntimeError):  # already stopped
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def replace(self, access: Access | None) -> None:
        """New certificate, users and headers for every request from now on, without a restart.

        A connection that was made under the old terms ends, after the request it carries.
        """
        self._access, self._guarded = access, access.around(self._app) if access else self._app
        if self._loop:
            with contextlib.suppress(RuntimeError):  # not running any more
                self._loop.call_soon_threadsafe(self._let_go)

    def _bind(self) -> None:
        self._sockets = bound(self._listen)
        self._addresses = [each.getsockname()[:2] for each in self._sockets]

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        finally:
            self._serving.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(_quietly)
        self._state = ServerState()
        self._config = uvicorn.Config(
            self._current, http="httptools", ws="none", lifespan="off", interface="asgi3", proxy_headers=False,
            log_config=None, log_level="error", access_log=False, timeout_keep_alive=IDLE_SECONDS,
        )  # fmt: skip
        self._config.load()
        tasks = [asyncio.create_task(self._accept(each)) for each in self._sockets]
        tasks.append(asyncio.create_task(self._sweep()))
        self._serving.set()
        try:
            await self._stopping.wait()
        finally:
            for task in [*tasks, *self._handshakes]:
                task.cancel()
            for each in self._sockets:
                each.close()
            await self._farewell()

    async def _current(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._guarded(scope, receive, send)

    async def _accept(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(sock)
            except OSError as error:
                log.warning("cannot accept a connection: %s", error.strerror)
                await asyncio.sleep(_OUT_OF_FILES_SECONDS)
                continue
            task = loop.create_task(self._welcome(client))
            self._handshakes[task] = None
            task.add_done_callback(lambda done: self._handshakes.pop(done, None))
            if len(self._handshakes) > MOST_CONNECTIONS:
                oldest = next(iter(self._handshakes))
                del self._handshakes[oldest]
                oldest.cancel()

    async def _welcome(self, client: socket.socket) -> None:
        access = self._access
        tls = access.tls if access else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: Connection(self._config, self._state, access.admits if access and tls else None),
                client,
                ssl=tls,
                ssl_handshake_timeout=REQUEST_SECONDS if tls else None,
                ssl_shutdown_timeout=REQUEST_SECONDS if tls else None,
            )
        except (OSError, ssl.SSLError) as error:
            log.debug("a client left during its handshake: %s", error)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._state.default_headers[:] = [(b"date", formatdate(usegmt=True).encode())]
            for each in self._connections():
                each.expire(loop.time())
            await asyncio.sleep(_SWEEP_SECONDS)

    def _connections(self) -> list[Connection]:
        return [each for each in self._state.connections if isinstance(each, Connection)]

    def _let_go(self) -> None:
        for each in self._connections():
            each.shutdown()

    async def _farewell(self) -> None:
        self._let_go()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=STOP_SECONDS)
        for each in self._connections():
            each.transport.abort()


def _quietly(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Clients that break off are everyday; anything else is ours and is logged whole."""
    error = context.get("exception")
    if isinstance(error, OSError):
        log.debug("a client broke off: %s", error)
    else:
        log.error("in the web server: %s", context.get("message"), exc_info=error)
