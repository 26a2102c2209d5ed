"""A connection on which nothing outlasts the deadline: no name, no handshake, no header that comes drop by drop."""

from __future__ import annotations

import io
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from exporter.download.nouns import DownloadError, TooLateError

if TYPE_CHECKING:
    import http.client

    from _typeshed import WriteableBuffer

    from exporter.database.deadline import Deadline

CONNECT_SECONDS = 5.0
"""For the name, the connection and the handshake together."""


@contextmanager
def connection(
    host: str, port: int, tls: ssl.SSLContext | None, deadline: Deadline
) -> Iterator[http.client.HTTPConnection]:
    """Open for as long as it is used. Raises DownloadError; `tls` is None for plain HTTP."""
    import http.client  # noqa: PLC0415 - a sidecar that downloads nothing does without

    made = http.client.HTTPConnection(host, port)
    made.default_port = http.client.HTTPS_PORT if tls else http.client.HTTP_PORT  # else Host would name port 443
    with _connected(host, port, tls, deadline) as plug:
        made.sock = _Wire(plug, deadline)
        yield made


class _Wire:
    """As much of a socket as http.client uses."""

    def __init__(self, plug: socket.socket, deadline: Deadline) -> None:
        self._plug, self._deadline = plug, deadline

    def sendall(self, data: bytes) -> None:
        self._plug.settimeout(_left(self._deadline))
        self._plug.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._plug, self._deadline))

    def close(self) -> None:
        """Not yet: http.client lets go of it when it has read the headers, and the body is still to come."""


class _Timed(io.RawIOBase):
    """A socket's own timeout begins anew with every byte; here each waits for what is left of the whole."""

    def __init__(self, plug: socket.socket, deadline: Deadline) -> None:
        self._plug, self._deadline = plug, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._plug.settimeout(_left(self._deadline))
        return self._plug.recv_into(buffer)


def _left(deadline: Deadline) -> float:
    if not (left := deadline.left):
        raise TimeoutError
    return left


def _connected(host: str, port: int, tls: ssl.SSLContext | None, deadline: Deadline) -> socket.socket:
    """In a thread of its own, since nothing else ends a name server's silence."""
    if not deadline.left:
        raise TooLateError(f"no whole answer within {deadline.total:.3g} s")
    seconds = min(CONNECT_SECONDS, deadline.left)
    attempt: Future[socket.socket] = Future()

    def connect() -> None:
        try:
            attempt.set_result(_plugged(host, port, tls, seconds))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            attempt.set_exception(error)

    threading.Thread(target=connect, name="download-connect", daemon=True).start()
    try:
        return attempt.result(seconds)
    except TimeoutError:
        attempt.add_done_callback(_drop)
        raise TooLateError(f"no connection within {seconds:.3g} s") from None
    except (OSError, ValueError) as error:
        raise DownloadError(_why(error)) from None


def _plugged(host: str, port: int, tls: ssl.SSLContext | None, seconds: float) -> socket.socket:
    plug = socket.create_connection((host, port), seconds)
    if tls is None:
        return plug
    try:
        return tls.wrap_socket(plug, server_hostname=host)
    except BaseException:
        plug.close()
        raise


def _drop(attempt: Future[Any]) -> None:
    with suppress(Exception):
        attempt.result().close()


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}; name the authority's file as `ca`"
    if isinstance(error, ssl.SSLError):
        return "no TLS with this server; is it http:// rather than https://?"
    if isinstance(error, socket.gaierror):
        return "its name has no address; correct the host, or the name server of this machine"
    said = error.strerror if isinstance(error, OSError) else ""
    return f"no connection: {said or type(error).__name__}"
