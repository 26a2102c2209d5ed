"""The shop's own web server, as a test wants it: fixture `origin`; caches stand in front of it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

CSV = b"order_no,amount\nOH1,128.00\n"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def bare(self) -> str:
        """The path without its query."""
        return self.path.split("?")[0]


@dataclass(frozen=True)
class Answer:
    """`raw` replaces everything: bytes as they go over the wire, one piece after the other."""

    body: bytes = CSV
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    raw: Any = None


class Origin:
    """`answers`: path → what to answer, or a function of `Asked`. `asked` is all that was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients hang up on purpose
        self.port = self._server.server_port
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def methods(self, path: str) -> list[str]:
        return [asked.method for asked in self.asked if asked.bare == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                low = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, low, body)
                origin.asked.append(asked)
                answer = origin.answers.get(asked.bare, Answer(b"nothing here", 404))
                self._send(answer(asked) if callable(answer) else answer)

            do_POST = do_HEAD = do_GET  # noqa: N815 - names of the standard library

            def _send(self, answer: Answer) -> None:
                if answer.raw is not None:
                    self.close_connection = True
                    for piece in answer.raw:
                        self.wfile.write(piece)
                        self.wfile.flush()
                    return
                self.send_response_only(answer.status)
                length = len(answer.body) if answer.length is None else answer.length
                basic = {"Date": formatdate(usegmt=True), "Content-Type": "text/csv", "Content-Length": str(length)}
                for name, value in {**basic, **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD" and answer.status != 304:
                    self.wfile.write(answer.body)
                self.close_connection = self.close_connection or answer.length is not None

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - a name of the standard library
                pass

        return Handler


@pytest.fixture
def origin() -> Iterator[Origin]:
    server = Origin()
    try:
        yield server
    finally:
        server.close()
