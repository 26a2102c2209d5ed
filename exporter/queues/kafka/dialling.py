"""A connection is made, with TLS where it is wanted; what keeps it from being made is told in words."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.queues.errors import QueueError, TimedOut, Unreachable
from exporter.queues.sockets import LEAST, reason

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Account:
    """How every connection signs in. `context` None: without TLS."""

    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None


def dialled(name: str, place: tuple[str, int], account: Account, deadline: Deadline) -> socket.socket:
    """`name` is for errors; raises Unreachable or TimedOut."""
    with contextlib.ExitStack() as undo:
        try:
            link = undo.enter_context(socket.create_connection(place, timeout=max(LEAST, deadline.left)))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if account.context:
                link = undo.enter_context(account.context.wrap_socket(link, server_hostname=place[0]))
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
        return Unreachable(f"{name} does not speak TLS there; leave out tls, or write the port where it does")
    return Unreachable(f"no connection to {name}: {reason(error)}")
