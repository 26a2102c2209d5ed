"""Hosts, links and what must be escaped in them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote_plus

_HOST_AND_PORT = re.compile(r"(?:\[(?P<long>[^\[\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[^:\[\]]*)")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})


def html(text: str) -> str:
    return text.translate(_HTML)


def escaped(text: str) -> str:
    """As in a URL's query: a blank is `+`."""
    return quote_plus(text, safe="~")


def link(expr: str, tab: int) -> str:
    """Where Prometheus shows the expression."""
    return f"/graph?g0.expr={escaped(expr)}&g0.tab={1 if tab else 0}"


def _parted(address: str) -> tuple[str, str]:
    """Host and port; an address without a port is all host."""
    found = _HOST_AND_PORT.fullmatch(address)
    if found is None:
        return address, ""
    return found["host"] if found["long"] is None else found["long"], found["port"]


def without_port(address: str) -> str:
    return _parted(address)[0]


def without_domain(address: str) -> str:
    """`db1.example.com:3306` → `db1:3306`; an address in figures stays as it is."""
    host, port = _parted(address)
    try:
        ip_address(host)
    except ValueError:
        name = host.split(".")[0]
        return (f"[{name}]:{port}" if ":" in name else f"{name}:{port}") if port else name
    return address
