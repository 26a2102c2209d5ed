"""Sockets of our own under a driver, so that any thread can end what waits on them."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL


def reached(url: URL, path: str | None, seconds: float) -> socket.socket:
    """Connected to the server, or to the Unix socket at `path`; raises what the driver itself would."""
    try:
        if path:
            with contextlib.ExitStack() as undo:
                plain = undo.enter_context(socket.socket(socket.AF_UNIX))
                plain.settimeout(seconds)
                plain.connect(path)
                undo.pop_all()
                return plain
        plain = socket.create_connection((url.host or "127.0.0.1", url.port or 3306), seconds)
    except OSError as error:
        raise pymysql.err.OperationalError(2003, error.strerror or type(error).__name__) from None
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return plain


@contextlib.contextmanager
def shut_after(seconds: float, twin: socket.socket) -> Iterator[None]:
    alarm = threading.Timer(seconds, shut, (twin,))
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def shut(twin: socket.socket) -> None:
    with contextlib.suppress(OSError):
        twin.shutdown(socket.SHUT_RDWR)
