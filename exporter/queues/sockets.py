"""What every client on a socket of its own needs: whether it is still there, and what goes wrong with it in words."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

from exporter.queues.errors import TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.database.deadline import Deadline

LEAST = 0.005
"""Seconds below which nothing is begun."""


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
