"""A plain shop in a real MariaDB, two strict rooms, and the sidecar between them."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from exporter.app import App
from exporter.demo.robots import Rooms, rooms
from exporter.web.server import Server
from tests.servers.mariadb import MariaDB

SCHEMA = Path(__file__).parent.parent / "exporter" / "presets" / "plain.sql"
BEIJING = ZoneInfo("Asia/Shanghai")
PASSWORD = "c4nary-password"
SECRETS = {"SHOP_DB_PASSWORD": PASSWORD, "TOKEN": "c4nary-token", "SECRET": "SECc4nary-secret", "KEY": "c4nary-key"}
COLUMNS = {
    "orders": "id, order_no, out_trade_no, status, amount, currency, pay_channel, transaction_id, created_at, paid_at,"
    " updated_at",
    "pay_callback": "id, out_trade_no, transaction_id, trade_state, amount_fen, pay_channel, received_at",
    "inventory": "id, warehouse_id, sku_id, quantity, reserved",
    "inventory_lock": "id, order_id, sku_id, warehouse_id, quantity, status, created_at",
}


@dataclass
class PlainShop:
    """The tables of `plain.sql`; times are Beijing time, as that schema says."""

    server: MariaDB
    name: str

    @classmethod
    def build(cls, server: MariaDB, name: str) -> PlainShop:
        statements = [line for line in _without_comments(SCHEMA.read_text(encoding="utf-8")).split(";") if line.strip()]
        server.database(name, *statements)
        server.account(
            "oh", *(f"SELECT ({columns}) ON {name}.{table}" for table, columns in COLUMNS.items()), password=PASSWORD
        )
        shop = cls(server, name)
        shop.execute("INSERT INTO inventory VALUES (1, 'shanghai', 'SKU-1', 5, 0), (2, 'chengdu', 'SKU-1', 7, 0)")
        return shop

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.server.execute(*statements, database=self.name)

    def order(self, number: int, *, paid_ago: timedelta | None, status: str = "pending", ref: str | None = None) -> str:
        """An order made ten minutes before it was paid for; `paid_ago` None: nobody has paid."""
        paid = _text(paid_ago) if paid_ago else None
        created = _text((paid_ago or timedelta()) + timedelta(minutes=10))
        ref = ref or f"OH{number:08d}"
        self.server.fill(
            self.name,
            "INSERT INTO orders VALUES (%s,%s,%s,%s,%s,'CNY','wechat',NULL,%s,NULL,%s)",
            [(number, ref, f"P{number:08d}", status, "128.00", created, created)],
        )
        if paid:
            self.server.fill(
                self.name,
                "INSERT INTO pay_callback VALUES (%s,%s,%s,'SUCCESS',12800,'wechat',%s)",
                [(number, f"P{number:08d}", f"42{number:08d}", paid)],
            )
        return ref

    def repair(self, number: int) -> None:
        self.execute(
            f"UPDATE orders SET status = 'paid', paid_at = created_at, transaction_id = '42{number:08d}'"
            f" WHERE id = {number} AND status = 'pending'"
        )


@dataclass
class Sidecar:
    app: App
    rooms: Rooms
    file: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.port}"

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, series: str) -> float | None:
        """The value of one series as it stands on /metrics."""
        found = [line for line in self.get("/metrics")[1].splitlines() if line.startswith(f"{series} ")]
        return float(found[0].rsplit(" ", 1)[1]) if found else None

    def cards(self, room: str = "dingtalk") -> list[dict[str, Any]]:
        """The bodies that the room accepted, oldest first."""
        robot = {"dingtalk": self.rooms.dingtalk, "wecom": self.rooms.wecom}[room]
        return [message.body for message in list(robot.messages)]

    def texts(self, room: str = "dingtalk") -> list[str]:
        return [json.dumps(body, ensure_ascii=False) for body in self.cards(room)]


def eventually(what: Callable[[], Any], within: float = 20.0) -> Any:
    """What it gives as soon as that is true; the last answer is in the failure."""
    until = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < until, f"still {found!r} after {within:g} s"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def watching(
    folder: Path, database: str, *, probes: str = "", more: str = "", language: str = "zh"
) -> Iterator[Sidecar]:
    """A running sidecar over `database` (a URL without its password), its cards going to strict local rooms."""
    place = rooms(
        lambda: datetime.now(UTC),
        dingtalk_token=SECRETS["TOKEN"],
        dingtalk_secret=SECRETS["SECRET"],
        wecom_key=SECRETS["KEY"],
    )
    street = Server(place.app(), "127.0.0.1:0")
    street.start()
    origin = f"http://127.0.0.1:{street.port}"
    file = folder / "config.yaml"
    for name, value in SECRETS.items():
        (folder / name).write_text(value, encoding="utf-8")
    file.write_text(
        f"""\
shops:
  main:
    database: {database}
    password: !file SHOP_DB_PASSWORD
    tables: plain
    probes:
{probes or _PROBES}
channels:
  ops: {{kind: dingtalk, token: !file TOKEN, secret: !file SECRET, endpoint: "{origin}/robot/send"}}
  duty: {{kind: wecom, key: !file KEY, endpoint: "{origin}/cgi-bin/webhook/send"}}
alerts:
  every: 1s
  routes:
    - {{match: {{severity: critical}}, to: [ops, duty], mention: ["13800000000"]}}
    - {{to: [ops]}}
web: {{listen: "127.0.0.1:0", external_url: "http://oh.example.com"}}
language: {language}
{more}""",
        encoding="utf-8",
    )
    app = App(file)
    app.start()
    try:
        yield Sidecar(app, place, file)
    finally:
        app.close()
        street.stop()


_PROBES = """\
      pending_paid: {every: 500ms}
      negative_stock: {every: 500ms}"""


def _text(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
