"""A real nginx that caches: `/told/…` says so in X-Cache, `/silent/…` does not, `/noargs/…` forgets parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import free_port, needed
from tests.servers.caches import folder, running

_CONFIG = """
daemon off; master_process off; pid {home}/pid; error_log stderr warn; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type text/csv;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/f;
  uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
  proxy_cache_path {home}/cache keys_zone=shop:1m inactive=1h;
  proxy_cache shop; proxy_cache_key $host$request_uri;
  proxy_cache_revalidate on; proxy_cache_use_stale error timeout http_503; proxy_cache_bypass $arg_nocache;
  proxy_http_version 1.1; proxy_set_header Connection "";
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_cache off; proxy_pass http://127.0.0.1:{origin}; }}
    location /told/ {{ proxy_pass http://127.0.0.1:{origin}; add_header X-Cache $upstream_cache_status always; }}
    location /silent/ {{ proxy_pass http://127.0.0.1:{origin}; }}
    location /noargs/ {{ proxy_pass http://127.0.0.1:{origin}; proxy_cache_key $host$uri; }}
  }}
}}
"""


@contextmanager
def nginx(origin: int) -> Iterator[str]:
    """In front of that port; its address."""
    binary, port = needed("nginx", "nginx-light"), free_port()
    with folder("nginx") as home:
        config = home / "nginx.conf"
        config.write_text(_CONFIG.format(home=home, port=port, origin=origin), encoding="utf-8")
        with running([binary, "-p", str(home), "-c", str(config)], port, home) as url:
            yield url
