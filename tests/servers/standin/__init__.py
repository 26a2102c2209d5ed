"""A stand-in that speaks MySQL's protocol and answers as MySQL 5.7, 8.0 and 8.4 document it.

Documented, not run against a real server: `documented.py`, `schemas.sql` and `plans.py` name their sources. SELECTs
are translated and run over SQLite in memory, so that any columns, conditions and orders work.

    with standin("8.4", replica={"Seconds_Behind_Source": 3}) as server:
        server.tables.create(DDL, "shop")
        server.replies[r"^SHOW REPLICA STATUS"] = Error(1227, "Access denied; …")
        Shop.open("main", server.url("shop"), …)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pymysql
from mysql_mimic import MysqlServer
from mysql_mimic.auth import IdentityProvider, NativePasswordAuthPlugin, User

from tests.servers.standin import documented
from tests.servers.standin.account import reader
from tests.servers.standin.reading import refusal
from tests.servers.standin.session import Conversation
from tests.servers.standin.tables import SYSTEM, Tables

PASSWORD = "secret"

logging.getLogger("mysql_mimic").setLevel(logging.CRITICAL)  # a refusal is an answer, not a fault of the stand-in


@dataclass(frozen=True)
class Error:
    """A reply that refuses."""

    code: int
    text: str


Rows = Sequence[Mapping[str, Any]]
Reply = Rows | Error | Callable[[str], "Rows | Error"]
"""Rows by column name (none: an OK without a result), a refusal, or what a function makes of the statement."""


class StandIn:
    """`replies` and `slow` (seconds) by regular expression come first; `asked` are the statements it got.

    `variables`, `status`, `replica` (channels by the new column names), `plans` (by table), `tables` and `account` may
    be changed while it runs. The account is `oh` with the password `secret`.
    """

    def __init__(
        self, release: str, *, replica: Mapping[str, Any] | Rows | None = None, database: str = "shop"
    ) -> None:
        self.release = release
        self.schemas = (database, *SYSTEM)
        self.variables, self.status = documented.variables(release), dict(documented.STATUS)
        self.replica: list[Mapping[str, Any]] = [replica] if isinstance(replica, Mapping) else list(replica or [])
        self.tables = Tables(release, database)
        self.account = reader(release, database)
        self.plans: dict[str, dict[str, Any]] = {}
        self.replies: dict[str, Reply] = {}
        self.slow: dict[str, float] = {}
        self.asked: list[str] = []
        self.connections: dict[int, Conversation] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="standin", daemon=True)
        self._server = MysqlServer(lambda: Conversation(self), identity_provider=_Accounts())

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, database: str = "shop", user: str = "oh", password: str = "") -> str:
        """Without its password unless one is given, as a configuration has it."""
        return f"mysql+pymysql://{user}{f':{password}' if password else ''}@{self.address}/{database}"

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Runs the statements over the wire; the rows of the last."""
        with pymysql.connect(
            host="127.0.0.1", port=self.port, user="oh", password=PASSWORD, database=self.schemas[0], ssl_disabled=True,
            connect_timeout=10, read_timeout=60,
        ) as link, link.cursor() as cursor:  # fmt: skip
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def replied(self, reply: Reply, sql: str) -> Any:
        """For the conversation: a reply as rows and names; raises what it refuses with."""
        told = reply(sql) if callable(reply) else reply
        if isinstance(told, Error):
            raise refusal(told.code, told.text)
        return ([tuple(row.values()) for row in told], list(told[0])) if told else None

    def start(self) -> StandIn:
        self._thread.start()
        self._do(self._server.start_server(host="127.0.0.1", port=0))
        self.port = self._server.sockets()[0].getsockname()[1]
        return self

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self.tables.close()

    async def _close(self) -> None:
        """Ends the connections as a server does that goes down: the conversations end by themselves."""
        self._server.close()
        for conversation in list(self.connections.values()):
            conversation.hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 10)

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)


class _Accounts(IdentityProvider):
    async def get_user(self, username: str) -> User | None:
        made = NativePasswordAuthPlugin.create_auth_string(PASSWORD)
        return User(name=username, auth_string=made, auth_plugin=NativePasswordAuthPlugin.name)


@contextlib.contextmanager
def standin(release: str, **settings: Any) -> Iterator[StandIn]:
    """A running stand-in of that release ("5.7", "8.0", "8.4"); see StandIn for the settings."""
    server = StandIn(release, **settings).start()
    try:
        yield server
    finally:
        server.stop()
