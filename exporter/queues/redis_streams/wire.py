"""One connection to one Redis server."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.database.deadline import Deadline
from exporter.queues.errors import Denied, TimedOut, Unreachable
from exporter.queues.nouns import KB
from exporter.queues.redis_streams.commands import Question, packed
from exporter.queues.redis_streams.replies import Replies, Reply


@dataclass(frozen=True, slots=True)
class Login:
    """What opens a server."""

    user: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None

    def __repr__(self) -> str:
        return "Login()"


class Wire:
    def __init__(self, host: str, port: int, key: Login, deadline: Deadline) -> None:
        if not deadline.left:
            raise TimedOut("the time was over before the server was asked")
        context = _context(key) if key.tls else None
        try:
            self._socket = socket.create_connection((host, port), timeout=deadline.left)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                with contextlib.ExitStack() as unless_it_is_done:
                    unless_it_is_done.callback(self._socket.close)
                    self._socket = context.wrap_socket(self._socket, server_hostname=host)
                    unless_it_is_done.pop_all()
        except ssl.SSLError as error:
            raise Denied(f"no TLS with this server: {error.reason or 'it ended the handshake'}; look at ca") from None
        except TimeoutError:
            raise TimedOut("the server did not take the connection in time") from None
        except OSError as error:
            raise Unreachable(f"the server cannot be reached: {error.strerror or type(error).__name__}") from None
        self._replies = Replies(self._receive)
        self._deadline = deadline

    def ask(self, questions: Sequence[Question], deadline: Deadline) -> list[Reply]:
        self._deadline = deadline
        try:
            self._wait()
            self._socket.sendall(b"".join(map(packed, questions)))
        except TimeoutError:
            raise TimedOut("the server did not read the question in time") from None
        except OSError:
            raise Unreachable("the server closed the connection") from None
        return [self._replies.next() for _ in questions]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _wait(self) -> None:
        if not (left := self._deadline.left):
            raise TimedOut("the server did not answer in time")
        self._socket.settimeout(left)

    def _receive(self) -> bytes:
        """Never waits beyond the deadline, however slowly the bytes come."""
        try:
            self._wait()
            data = self._socket.recv(64 * KB)
        except TimeoutError:
            raise TimedOut("the server did not answer in time") from None
        except OSError:
            raise Unreachable("the server closed the connection") from None
        if not data:
            raise Unreachable("the server closed the connection")
        return data


def _context(key: Login) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(key.ca) if key.ca else None)
        if key.certificate:
            context.load_cert_chain(str(key.certificate))
    except OSError:  # ssl.SSLError is one as well
        raise Denied("the files of ca or certificate cannot be read, or are no PEM") from None
    return context
