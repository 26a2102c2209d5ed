"""Listen addresses as Prometheus' tools write them: `host:port`, `:port`, `[::1]:port`."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BACKLOG = 512
_MOST_PORTS = 65535


class ListenError(Exception):
    """Says which address, what is wrong with it, and what to write instead."""


def bound(addresses: Iterable[str]) -> list[socket.socket]:
    """A listening socket for each; none stays open if one cannot be had."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets.append(_bound(address))  # noqa: PERF401 - those that are open must be known when one fails
    except ListenError:
        for each in sockets:
            each.close()
        raise
    return sockets


def split(address: str) -> tuple[str, int]:
    """Host ("" for every interface) and port."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\[\]:]*)):(\d{1,5})", address.strip())
    if not found or int(found[3]) > _MOST_PORTS:
        raise ListenError(
            f"{address!r} is no listen address; write host:port, for example 127.0.0.1:9847, :9847 or [::1]:9847"
        )
    return found[1] or found[2], int(found[3])


def _bound(address: str) -> socket.socket:
    host, port = split(address)
    try:
        if not host:
            both = socket.has_dualstack_ipv6()
            family = socket.AF_INET6 if both else socket.AF_INET
            sock = socket.create_server(("", port), family=family, dualstack_ipv6=both, backlog=_BACKLOG)
        else:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, *_, where = min(found, key=lambda each: each[0] != socket.AF_INET)
            sock = socket.create_server(where[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        why = f"{host!r} is no address of this machine; write for example 127.0.0.1:{port}"
        raise ListenError(f"{address}: {why}") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        remedy = "stop what listens there, or choose another address (web.listen, --web.listen-address)"
        raise ListenError(f"{address}: {reason}; {remedy}") from error
    sock.setblocking(False)
    return sock
