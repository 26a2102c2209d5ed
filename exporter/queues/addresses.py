"""Where brokers are: `scheme://[user[:password]@]host[:port][,host[:port]…][/path][?name=value]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?:(?P<user>[^:@/?#\s]*)(?::(?P<password>[^@/?#\s]*))?@)?"
    r"(?P<hosts>[^@/?#\s]+)"
    r"(?P<path>/[^?#\s]*)?"
    r"(?:\?(?P<query>[^#\s]*))?"
)
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.-]+))(?::(?P<port>\d{1,5}))?")
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Address:
    """`hosts` are (host, port); port 0 is the default of the scheme. `path` is without its first slash."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    user: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, text: str) -> Address:
        """Raises ValueError, which repeats nothing of the text: a password may stand anywhere in it."""
        found = _URL.fullmatch(text)
        if not found:
            raise ValueError(
                "is not the address of a queue; write for example rocketmq://10.0.0.7:9876 (several hosts: "
                "rocketmq://10.0.0.7:9876,10.0.0.8:9876; @, / and : of a password as %40, %2F and %3A)"
            )
        hosts = tuple(_host(each) for each in re.split("[,;]", found["hosts"]))
        return cls(
            found["scheme"],
            hosts,
            unquote(found["user"] or ""),
            unquote(found["password"] or ""),
            unquote((found["path"] or "")[1:]),
            tuple(parse_qsl(found["query"] or "", keep_blank_values=True)),
        )


def _host(text: str) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = int(found["port"] or 0) if found else 0
    if not found or (found["port"] and port not in _PORTS):
        raise ValueError("has a host that is none; write host:port, for example 10.0.0.7:9876, or [::1]:9876")
    return found["six"] or found["name"], port
