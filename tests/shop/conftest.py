from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from exporter.mapping import Mapping
from exporter.shop import Shop

ORDERS = {
    "table": "orders",
    "columns": {
        "number": "order_no",
        "trade_no": "order_no",
        "status": "status",
        "amount": "amount",
        "created": "created_at",
    },
    "status": {"pending": ["pending"], "paid": ["paid"], "closed": ["closed"]},
}
DDL = (
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, order_no VARCHAR(64) NOT NULL, status VARCHAR(20) NOT NULL,"
    " amount DECIMAL(10,2), created_at {time} {more})"
)


class Notes:
    """A memory in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}

    def recall(self, shop: str, probe: str) -> dict[str, Any]:
        return self.kept.get((shop, probe), {})

    def remember(self, shop: str, probe: str, memory: dict[str, Any]) -> None:
        self.kept[shop, probe] = memory


def mapped(**changes: Any) -> Mapping:
    """The mapping of the plain orders table, with these keys of `orders` changed."""
    return Mapping.model_validate({"zone": "+08:00", "orders": {**ORDERS, **changes}})


@pytest.fixture
def opened() -> Iterator[Callable[..., Shop]]:
    """Opens shops and closes them afterwards."""
    with contextlib.ExitStack() as stack:

        def opening(address: str, mapping: Mapping | None = None, *, password: str | None = None, **more: Any) -> Shop:
            secret = SecretStr(password) if password else None
            shop = Shop.open("main", address, secret, mapping or mapped(), memory=Notes(), **more)
            stack.callback(shop.close)
            return shop

        yield opening


class Plain:
    """A database of one family with a few helpers that hide the family."""

    def __init__(
        self, family: str, address: str, run: Callable[..., Any], fill: Callable[[str, list[Any]], None]
    ) -> None:
        self.family, self.address, self.run, self.fill = family, address, run, fill


@pytest.fixture(params=["mariadb", "postgres", "sqlite"])
def plain(request: pytest.FixtureRequest, tmp_path: Any) -> Plain:
    """An empty database of each family in turn."""
    if request.param == "sqlite":
        path = tmp_path / "shop.db"

        def run(*statements: str) -> Any:
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as link:
                return [link.execute(statement).fetchall() for statement in statements][-1]

        def fill(table: str, rows: list[Any]) -> None:
            with contextlib.closing(sqlite3.connect(path)) as link, link:
                link.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

        run("SELECT 1")
        return Plain("sqlite", f"sqlite:///{path}", run, fill)
    server = request.getfixturevalue(request.param)
    name = server.database("plain")
    if request.param == "mariadb":
        return Plain(
            "mariadb",
            server.url(name),
            lambda *statements: server.execute(*statements, database=name),
            lambda table, rows: server.fill(
                name, f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows
            ),
        )

    def fill_postgres(table: str, rows: list[Any]) -> None:
        import psycopg

        with (
            psycopg.connect(server.url(name), autocommit=True) as link,
            link.cursor() as cursor,
            cursor.copy(f"COPY {table} FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        server.execute(f"ANALYZE {table}", database=name)

    return Plain("postgres", server.url(name), lambda *s: server.execute(*s, database=name), fill_postgres)
