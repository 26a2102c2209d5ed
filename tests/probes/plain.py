"""The plain order system, on SQLite and on MariaDB, with words for what befalls it."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from exporter.mapping import Mapping, load
from exporter.model import Gap, Sample
from exporter.probes import Probe
from exporter.shop import Asked, Shop

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
SCHEMA = Path(__file__).parents[2] / "exporter" / "presets" / "plain.sql"


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def literal(value: object) -> str:
    """SQL that both databases read; times as Beijing writes them."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


@dataclass
class Told:
    """What one run told."""

    told: list[Sample | Gap]
    trace: list[Asked]

    def values(self, metric: str) -> dict[tuple[str, ...], float]:
        names = (metric, f"order_health_{metric}")
        return {s.labels: s.value for s in self.samples if s.metric.name in names}

    def value(self, metric: str, *labels: str) -> float:
        return self.values(metric)[labels]

    def total(self, metric: str) -> float:
        return sum(self.values(metric).values())

    def anomalies(self) -> dict[str, float]:
        return {labels[0]: value for labels, value in self.values("payment_anomalies").items() if value}

    def refs(self, metric: str, *labels: str) -> list[str]:
        return [
            case.ref
            for s in self.samples
            if s.metric.name == f"order_health_{metric}" and (not labels or s.labels == labels)
            for case in s.evidence
        ]

    @property
    def samples(self) -> list[Sample]:
        return [each for each in self.told if isinstance(each, Sample)]

    @property
    def gaps(self) -> dict[str, str]:
        return {each.check: each.why for each in self.told if isinstance(each, Gap)}


@dataclass
class Plain:
    """`sql` runs statements; `probe` is one run at a moment, with the memory that earlier runs left."""

    url: str
    sql: object
    mapping: Mapping = field(default_factory=lambda: load("plain"))
    large: int = 100_000
    memory: dict = field(default_factory=dict)
    _ids: int = 0
    _shop: Shop | None = None

    def recall(self, shop: str, probe: str) -> dict:
        return self.memory.get((shop, probe), {})

    def remember(self, shop: str, probe: str, memory: dict) -> None:
        self.memory[shop, probe] = memory

    def shop(self) -> Shop:
        if self._shop is None:
            self._shop = Shop.open("main", self.url, None, self.mapping, memory=self, large=self.large)
        return self._shop

    def close(self) -> None:
        if self._shop:
            self._shop.close()
            self._shop = None

    def probe(self, probe: Probe, now: datetime = NOW, part: str = "") -> Told:
        view = self.shop().bounded(type(probe).__name__, 30, part)
        return Told(list(probe.read(view, now)), view.trace)

    def insert(self, table: str, **values: object) -> int:
        self._ids += 1
        row = {"id": self._ids, **values}
        self.sql([f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(map(literal, row.values()))})"])
        return row["id"]

    def order(self, number: str = "N1", status: str = "pending", **values: object) -> int:
        healthy = {"paid_at": ago(minutes=10), "transaction_id": f"wx-{number}"} if status == "paid" else {}
        row = {
            "order_no": number,
            "out_trade_no": f"T-{number}",
            "status": status,
            "amount": 128,
            "pay_channel": "wechat",
        }
        created = values.get("created_at", ago(hours=1))
        return self.insert("orders", **{**row, **healthy, "created_at": created, "updated_at": created, **values})

    def callback(self, number: str = "N1", at: datetime | None = None, **values: object) -> int:
        row = {"out_trade_no": f"T-{number}", "transaction_id": f"wx-{number}", "trade_state": "SUCCESS"}
        more = {"amount_fen": 12800, "pay_channel": "wechat", "received_at": at or ago(minutes=10)}
        return self.insert("pay_callback", **{**row, **more, **values})

    def stock(self, warehouse: str, sku: str, quantity: object, reserved: object = 0, **values: object) -> int:
        return self.insert(
            "inventory", warehouse_id=warehouse, sku_id=sku, quantity=quantity, reserved=reserved, **values
        )

    def lock(self, order: int, at: datetime, **values: object) -> int:
        row = {"order_id": order, "sku_id": "S1", "warehouse_id": "A", "quantity": 2, "created_at": at}
        return self.insert("inventory_lock", **{**row, **values})


def schema(without: Iterable[str] = ()) -> list[str]:
    """The statements of plain.sql, less those that contain one of these texts."""
    lines = [line for line in SCHEMA.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    statements = [each.strip() for each in "\n".join(lines).split(";") if each.strip()]
    return [each for each in statements if not any(text in each for text in without)]


def on_sqlite(folder: Path, without: Iterable[str] = ()) -> Plain:
    file = folder / "shop.db"

    def sql(statements: Iterable[str]) -> None:
        with closing(sqlite3.connect(file)) as database, database:
            for statement in statements:
                database.execute(statement)

    sql(schema(without))
    return Plain(f"sqlite:///{file}", sql)


def on_mariadb(server, name: str, without: Iterable[str] = ()) -> Plain:
    server.database(name)

    def sql(statements: Iterable[str]) -> None:
        server.execute("SET time_zone = '+08:00'", *statements, database=name)

    sql(schema(without))
    return Plain(server.url(name), sql)
