"""A real Varnish with its built-in rules; `/any/…` is cached whatever credentials come with the question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import free_port, needed
from tests.servers.caches import folder, running

_CONFIG = """
vcl 4.1;
backend shop {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_recv {{
  if (req.url ~ "^/pass/") {{ return (pass); }}
  if (req.url ~ "^/any/") {{ return (hash); }}
}}
sub vcl_backend_response {{ set beresp.keep = 1h; }}
"""


@contextmanager
def varnish(origin: int) -> Iterator[str]:
    """In front of that port; its address."""
    binary, port = needed("varnishd", "varnish"), free_port()
    with folder("varnish") as home:
        config = home / "shop.vcl"
        config.write_text(_CONFIG.format(origin=origin), encoding="utf-8")
        command = [binary, "-F", "-j", "none", "-n", str(home / "work"), "-a", f"127.0.0.1:{port}", "-f", str(config)]
        with running([*command, "-s", "malloc,16m", "-T", "none"], port, home) as url:
            yield url
