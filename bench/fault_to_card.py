"""From the COMMIT of a fault to the card in the room, probes every second, beside a tuned Prometheus chain."""

import random
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml
from harness import Database, Server, UnavailableError, command, fetch, free_port, percentile, sidecar, table, workplace
from peers import query_exporter
from shopdata import small

FAULTS, SEED = 20, 7
RULE = {"alert": "NegativeStock", "labels": {"severity": "critical"}}


class Room:
    """Takes every card and says yes; remembers which warehouse each path was first told of, and when."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], float] = {}
        room = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                room.note(self.path.split("?")[0], body)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"errcode":0,"errmsg":"ok"}')

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def note(self, path: str, body: str) -> None:
        at = time.perf_counter()
        for number in range(FAULTS):
            if warehouse(number) in body:
                self.told.setdefault((path, warehouse(number)), at)


def warehouse(number: int) -> str:
    return f"W{number:05d}"


def ours(folder: Path, database: Database, room: Room) -> tuple[Server, str]:
    rule = {**RULE, "expr": "order_health_negative_stock_skus > 0"}
    rule["annotations"] = {"summary": "{{ $labels.warehouse }}"}
    (folder / "rule.yml").write_text(yaml.safe_dump({"groups": [{"name": "bench", "rules": [rule]}]}))
    channel = {
        "kind": "dingtalk",
        "endpoint": f"{room.address}/ours",
        "token": "t",
        "secret": "SEC0",
        "per_minute": 600,
    }
    return sidecar(
        folder,
        {"main": database.url("shop")},
        {"negative_stock": {"every": "1s"}},
        channels={"room": channel},
        alerts={"rules": str(folder / "rule.yml"), "every": "1s", "routes": [{"to": ["room"], "group_by": ["..."]}]},
    )


def chain(folder: Path, database: Database, room: Room, stack: ExitStack) -> None:
    """query-exporter every 1 s → Prometheus 1 s / 1 s → Alertmanager with group_wait 0 s, each alert alone."""
    sql = "SELECT warehouse_id, SUM(quantity < 0) AS negative_stock FROM inventory GROUP BY warehouse_id"
    server, address = query_exporter(folder, database, {"negative_stock": (["warehouse_id"], sql)})
    stack.enter_context(server)
    server.until(f"{address}/metrics", "\nnegative_stock{")
    hook = {"url": f"{room.address}/chain", "send_resolved": False}
    manager = {
        "route": {"receiver": "room", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
        "receivers": [{"name": "room", "webhook_configs": [hook]}],
    }
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(manager))
    rule = {**RULE, "expr": "negative_stock > 0"}
    (folder / "chain.rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "bench", "rules": [rule]}]}))
    port, prometheus = free_port(), free_port()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["chain.rules.yml"],
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [address.removeprefix("http://")]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]},
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    argv = [command("prometheus-alertmanager", "alertmanager"), f"--config.file={folder}/alertmanager.yml"]
    argv += [f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={folder}/am", "--cluster.listen-address="]
    stack.enter_context(Server(argv, folder)).until(f"http://127.0.0.1:{port}/-/ready", "OK")
    argv = [command("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    argv += [f"--web.listen-address=127.0.0.1:{prometheus}"]
    stack.enter_context(Server(argv, folder)).until(f"http://127.0.0.1:{prometheus}/-/ready", "Ready")
    while '"up"' not in fetch(f"http://127.0.0.1:{prometheus}/api/v1/targets"):
        time.sleep(0.2)


def main() -> None:
    with workplace() as (folder, stack):
        database, room = stack.enter_context(Database(folder)), Room()
        small(database, warehouses=FAULTS, rows=FAULTS * 10)
        server, address = ours(folder, database, room)
        stack.enter_context(server)
        server.until(f"{address}/metrics", "\norder_health_negative_stock_skus{")
        paths = {"/ours": "order-health, probe every 1 s"}
        try:
            chain(folder, database, room, stack)
            paths["/chain"] = "query-exporter 1 s → Prometheus 1 s / 1 s → Alertmanager group_wait 0 s"
        except UnavailableError as reason:
            print(f"the Prometheus chain is left out: {reason}")
        time.sleep(5)
        committed, chance = {}, random.Random(SEED)
        for number in range(FAULTS):
            time.sleep(2 + chance.random())
            database.run(
                f"UPDATE inventory SET quantity = -1 WHERE warehouse_id = '{warehouse(number)}' LIMIT 1",
                database="shop",
            )
            committed[warehouse(number)] = time.perf_counter()
        time.sleep(6)
        rows = []
        for path, words in paths.items():
            waits = [room.told[path, name] - at for name, at in committed.items() if (path, name) in room.told]
            told = f"{len(waits)} of {FAULTS}"
            rows.append((words, told, *(f"{percentile(waits, share):.2f}" for share in (0, 0.5, 0.9, 1))))
        table(
            f"COMMIT of the fault → card received, {FAULTS} faults", ("", "told", "min, s", "p50", "p90", "max"), rows
        )


if __name__ == "__main__":
    main()
