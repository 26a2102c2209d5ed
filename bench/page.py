"""How long the status page takes on the server: 200 shops × 12 probes, each request rendered anew."""

import http.client
import sys
import time

from harness import ROOT, percentile, table

sys.path.insert(0, str(ROOT))

from exporter.web import build, memo
from exporter.web.server import Server
from tests.web.crowd import Crowd

TIMES, WANTED = 60, 50.0
PATHS = {
    "/": "all shops",
    "/?shop=shop-004": "one shop",
    "/?state=firing": "all that fires",
    "/probes/shop-004/pending_paid": "a probe",
}


def main() -> int:
    server = Server(build(Crowd()), "127.0.0.1:0")
    server.start()
    rows, slow = [], False
    try:
        for kept in (0.0, memo.KEPT_SECONDS):
            memo.KEPT_SECONDS = kept
            for path, words in PATHS.items():
                spent, size = zip(*(asked(server.port, path) for _ in range(TIMES)), strict=True)
                rows.append((words, "anew" if not kept else "as served", *spread(spent), f"{max(size) / 1024:.0f}"))
                slow |= percentile(spent, 0.95) > WANTED
    finally:
        server.stop()
    table("Status page, 200 shops × 12 probes, 22 alerts", ("page", "", "p50, ms", "p95", "max", "KiB, gzip"), rows)
    return int(slow)


def asked(port: int, path: str) -> tuple[float, int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept-Language": "zh-CN"})
    body = connection.getresponse().read()
    spent = (time.perf_counter() - began) * 1000
    connection.close()
    return spent, len(body)


def spread(spent: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(f"{percentile(spent, share):.1f}" for share in (0.5, 0.95, 1))


if __name__ == "__main__":
    sys.exit(main())
