"""An answer of plain text that needs no framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Plain:
    """An ASGI application that says one thing."""

    def __init__(self, text: str, status: int = 200, **headers: str) -> None:
        self._body, self._status = text.encode(), status
        self._headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(self._body)),
            *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
        ]

    async def __call__(self, _: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})
