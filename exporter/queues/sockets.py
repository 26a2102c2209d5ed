"""What every client on a socket of its own needs: making it, whether it is still there, and its faults in words."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

from exporter.queues.errors import QueueError, TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporter.database.deadline import Deadline

LEAST = 0.005
"""Seconds below which nothing is begun."""


def trusting(ca: Path | None, *, check_host: bool) -> ssl.SSLContext:
    """`ca` None: whom the system trusts. Raises Unreachable where the file cannot be read."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise Unreachable(f"the file of `ca` cannot be read: {reason(error)}") from None
    context.check_hostname = check_host
    return context


def dialled(name: str, place: tuple[str, int], context: ssl.SSLContext | None, deadline: Deadline) -> socket.socket:
    """`name` is for errors; `context` None: without TLS. Raises Unreachable or TimedOut."""
    with contextlib.ExitStack() as undo:
        try:
            link = undo.enter_context(socket.create_connection(place, timeout=max(LEAST, deadline.left)))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                link = undo.enter_context(context.wrap_socket(link, server_hostname=place[0]))
        except (OSError, UnicodeError) as error:
            raise _hindrance(name, error) from None
        undo.pop_all()
    return link


def _hindrance(name: str, error: Exception) -> QueueError:
    if isinstance(error, TimeoutError):
        return TimedOut(f"{name} does not take a connection within the time of this run")
    if isinstance(error, ssl.SSLCertVerificationError):
        text = error.verify_message or "it cannot be checked"
        remedy = "give its issuer as `ca`, or check_host: false where only the host differs"
        return Unreachable(f"the certificate of {name} is not trusted ({text}); {remedy}")
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"{name} does not speak TLS there; ask it without TLS, or write the port where it does")
    return Unreachable(f"no connection to {name}: {reason(error)}")


@contextlib.contextmanager
def told(name: str, link: socket.socket | None, deadline: Deadline) -> Iterator[socket.socket]:
    """The socket; what goes wrong with it becomes TimedOut or Unreachable. `name` says whose it is."""
    if link is None:
        raise Unreachable(f"the connection to {name} is closed")
    try:
        yield link
    except TimeoutError:
        raise TimedOut(f"{name} did not answer within {deadline.total:.3g} s") from None
    except OSError as error:
        raise Unreachable(f"the connection to {name} broke: {reason(error)}") from None


def gone(link: socket.socket) -> bool:
    """The other side has closed it, or sends what nobody asked for."""
    link.settimeout(0)
    try:
        return not (link.recv(1) if isinstance(link, ssl.SSLSocket) else link.recv(1, socket.MSG_PEEK))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def reason(error: Exception) -> str:
    """Without the address that some of these texts name."""
    return (getattr(error, "strerror", None) or type(error).__name__).lower()
