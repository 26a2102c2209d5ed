"""A real Squid in front of the shop, as a reverse proxy; `/pass/…` is not cached, `/old/…` outlives what the shop allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import free_port, needed
from tests.servers.caches import folder, running

_CONFIG = """
http_port 127.0.0.1:{port} accel defaultsite=shop.local no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query no-digest originserver login=PASSTHRU
acl pass urlpath_regex ^/pass/
cache deny pass
refresh_pattern /old/ 60 100% 60 override-expire
refresh_pattern . 0 20% 4320
http_access allow all
visible_hostname cache1.shop.local
cache_mem 16 MB
pid_filename {home}/pid
coredump_dir {home}
cache_log stdio:{home}/cache.log
access_log none
cache_store_log none
pinger_enable off
shutdown_lifetime 0 seconds
netdb_filename none
"""


@contextmanager
def squid(origin: int) -> Iterator[str]:
    """In front of that port; its address."""
    binary, port = needed("squid", "squid"), free_port()
    with folder("squid") as home:
        config = home / "squid.conf"
        config.write_text(_CONFIG.format(home=home, port=port, origin=origin), encoding="utf-8")
        with running([binary, "-N", "-d", "1", "-n", f"oh{port}", "-f", str(config)], port, home) as url:
            yield url
