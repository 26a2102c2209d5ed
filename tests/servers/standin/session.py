"""One connection to a stand-in: each statement is answered, or refused with the code that MySQL documents."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mysql_mimic import results, session, variables
from sqlglot import exp

from tests.servers.standin import documented, plans, reading
from tests.servers.standin.reading import NEAR, Answer, refusal
from tests.servers.standin.tables import clock

if TYPE_CHECKING:
    from tests.servers.standin import StandIn

_SET = re.compile(
    r"SET\s+(?:(SESSION|GLOBAL|LOCAL)\s+|@@(?:(session|global|local)\.)?)?(\w+)\s*:?=\s*(.+)", re.IGNORECASE | re.DOTALL
)
_SHOW = re.compile(
    r"SHOW\s+(GLOBAL\s+|SESSION\s+)?(VARIABLES|STATUS)(?:\s+LIKE\s+'([^']*)')?(.*)", re.IGNORECASE | re.DOTALL
)
_REPLICA = re.compile(r"SHOW\s+(REPLICA|SLAVE)\s+STATUS(?:\s+FOR\s+CHANNEL\s+'([^']*)')?\s*$", re.IGNORECASE)
_ANY_REPLICA = re.compile(r"SHOW\s+(ALL\s+)?(REPLICAS?|SLAVES?)\b.*STATUS", re.IGNORECASE)
_DONE = ("COMMIT", "ROLLBACK", "BEGIN", "START", "USE")


class Conversation(session.BaseSession):
    """Answers from the stand-in's replies first, then from its variables, status, plans and tables."""

    def __init__(self, server: StandIn) -> None:
        self.server, self.own, self.username, self.database = server, dict[str, Any](), None, None
        self.variables = variables.SessionVariables(variables.GlobalVariables())
        self.variables.set("version", documented.RELEASES[server.release], force=True)  # what the greeting says
        self.killed = asyncio.Event()
        self.thread = 0
        self._link: Any = None

    async def init(self, connection: Any) -> None:
        self.thread, self._link = connection.connection_id, connection
        self.server.connections[self.thread] = self
        if self.database and self.database not in self.server.schemas:
            raise refusal(1049, f"Unknown database '{self.database}'")

    async def close(self) -> None:
        self.server.connections.pop(self.thread, None)

    def hang_up(self) -> None:
        self.killed.set()
        self._link.stream.writer.close()

    async def use(self, database: str) -> None:
        self.database = database

    async def handle_query(self, sql: str, attrs: dict[str, str]) -> results.AllowedResult:
        sql = sql.strip().rstrip(";")
        self.server.asked.append(sql)
        for pattern, seconds in list(self.server.slow.items()):
            if re.search(pattern, sql, re.IGNORECASE | re.DOTALL):
                await self._wait(sql, seconds)
        for pattern, reply in list(self.server.replies.items()):
            if re.search(pattern, sql, re.IGNORECASE | re.DOTALL):
                return self.server.replied(reply, sql)
        verb = sql.split(None, 1)[0].upper() if sql else ""
        answer: Callable[[str], Answer | Awaitable[Answer]] = {
            "SET": self._set, "SHOW": self._show, "EXPLAIN": self._explain, "KILL": self._kill,
            "GRANT": self._grant, "REVOKE": self._grant, **dict.fromkeys(_DONE, lambda _: None),
        }.get(verb, self._select)  # fmt: skip
        given = answer(sql)
        return await given if isinstance(given, Awaitable) else given

    async def _wait(self, sql: str, seconds: float) -> None:
        """A statement that takes that long, as far as max_execution_time (SELECT only) and KILL QUERY let it."""
        limit = float(self.variable("max_execution_time") or 0) / 1000 if sql[:6].upper() == "SELECT" else 0
        self.killed.clear()
        try:
            await asyncio.wait_for(self.killed.wait(), min(seconds, limit or seconds))
        except TimeoutError:
            if limit and limit < seconds:
                raise refusal(
                    3024, "Query execution was interrupted, maximum statement execution time exceeded"
                ) from None
        else:
            raise refusal(1317, "Query execution was interrupted")

    def variable(self, name: str, *, everywhere: bool = False) -> Any:
        """The session's value, or the global one."""
        name = name.lower()
        known = self.server.variables if everywhere else {**self.server.variables, **self.own}
        if name not in known:
            raise refusal(1193, f"Unknown system variable '{name}'")
        return known[name]

    def _set(self, sql: str) -> None:
        if re.match(r"SET\s+(SESSION\s+)?TRANSACTION", sql, re.IGNORECASE):
            if level := re.search(r"ISOLATION LEVEL (\w+ ?\w+)", sql, re.IGNORECASE):
                self.own["transaction_isolation"] = level[1].upper().replace(" ", "-")
            self.own["transaction_read_only"] = int("READ ONLY" in sql.upper())
        elif not re.match(r"SET\s+(NAMES|CHARACTER)", sql, re.IGNORECASE):
            told = _SET.match(sql)
            if not told:
                raise refusal(1064, NEAR)
            if "GLOBAL" in f"{told[1]} {told[2]}".upper():
                raise refusal(1227, _needs("SUPER or SYSTEM_VARIABLES_ADMIN"))
            self.variable(told[3])
            self.own[told[3].lower()] = told[4].strip().strip("'")

    def _show(self, sql: str) -> Answer:
        if re.match(r"SHOW\s+GRANTS", sql, re.IGNORECASE):
            account = self.server.account
            return [(line,) for line in account.shown()], [f"Grants for {account.known_as}"]
        if told := _SHOW.match(sql):
            own = {} if (told[1] or "").strip().upper() == "GLOBAL" else self.own
            known = {**self.server.variables, **own} if told[2].upper() == "VARIABLES" else self.server.status
            like = re.compile(re.escape(told[3] or "%").replace("%", ".*").replace("_", "."), re.IGNORECASE)
            named = set(re.findall(r"'([^']*)'", told[4].lower()))
            rows = [(name, _text(value)) for name, value in sorted(known.items()) if like.fullmatch(name)]
            return [row for row in rows if not named or row[0].lower() in named], ["Variable_name", "Value"]
        if re.match(r"SHOW\s+(MASTER|BINARY\s+LOG)\s+STATUS", sql, re.IGNORECASE):
            return self._source(sql)
        if _ANY_REPLICA.match(sql):
            return self._replica(sql)
        if re.match(r"SHOW\s+WARNINGS", sql, re.IGNORECASE):
            return [], ["Level", "Code", "Message"]
        raise refusal(1064, NEAR)

    def _replica(self, sql: str) -> Answer:
        """8.4 knows SHOW REPLICA STATUS only, 5.7 SHOW SLAVE STATUS only, 8.0 both; MariaDB's ALL none of them."""
        told = _REPLICA.match(sql)
        if not told or {"REPLICA": "5.7", "SLAVE": "8.4"}[told[1].upper()] == self.server.release:
            raise refusal(1064, NEAR)
        if not self.server.account.may("REPLICATION CLIENT"):
            raise refusal(1227, _needs("SUPER, REPLICATION CLIENT"))
        rows = [{**documented.replica(self.server.release), **channel} for channel in self.server.replica]
        if told[2] is not None:
            rows = [row for row in rows if row["Channel_Name"] == told[2]]
            if not rows:
                raise refusal(3074, f"Replica channel '{told[2]}' does not exist.")
        names = list(documented.replica(self.server.release))
        shown = names if told[1].upper() == "REPLICA" else [documented.old_name(name) for name in names]
        return [tuple(row[name] for name in names) for row in rows], shown

    def _source(self, sql: str) -> Answer:
        """SHOW MASTER STATUS, which 8.4 replaced by SHOW BINARY LOG STATUS."""
        if ("MASTER" in sql.upper()) == (self.server.release == "8.4"):
            raise refusal(1064, NEAR)
        if not self.server.account.may("REPLICATION CLIENT"):
            raise refusal(1227, _needs("SUPER, REPLICATION CLIENT"))
        names = ["File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"]
        return [("binlog.000002", 1307, "", "", self.variable("gtid_executed"))], names

    def _explain(self, sql: str) -> Answer:
        told = re.match(r"EXPLAIN\s+(?:FORMAT\s*=\s*(\w+)\s+)?(SELECT\b.*)", sql, re.IGNORECASE | re.DOTALL)
        if not told:
            raise refusal(1064, NEAR)
        statement = reading.parsed(told[2])
        reading.readable(self.server, statement, self.database)
        tables = [(each.db or self.database or "", each.name) for each in statement.find_all(exp.Table)]
        return plans.explained(self.server, (told[1] or "TRADITIONAL").upper(), tables)

    def _select(self, sql: str) -> Answer:
        return reading.selected(self.server, sql, self.database, self._word)

    def _word(self, node: exp.Expression) -> exp.Expression | None:
        told: dict[type[exp.Expression], Callable[[], Any]] = {
            exp.SessionParameter: lambda: self.variable(node.name, everywhere=node.text("kind").lower() == "global"),
            exp.CurrentVersion: lambda: self.variable("version"),
            exp.CurrentUser: lambda: self.server.account.known_as,
            exp.CurrentSchema: lambda: self.database,
            exp.ConvertTimezone: lambda: self._zoned(node),
            exp.UtcTimestamp: clock,
            exp.Anonymous: lambda: self.thread if node.name.upper() == "CONNECTION_ID" else node,
        }
        return exp.convert(told[type(node)]()) if type(node) in told else None

    def _zoned(self, node: exp.Expression) -> Any:
        """CONVERT_TZ is NULL where no named zones are loaded."""
        return node.args["timestamp"] if self.server.tables.any("mysql.time_zone_name") else None

    async def _kill(self, sql: str) -> None:
        thread = int(sql.rsplit(maxsplit=1)[-1])
        if thread not in self.server.connections:
            raise refusal(1094, f"Unknown thread id: {thread}")
        self.server.connections[thread].killed.set()

    def _grant(self, sql: str) -> None:
        if wrong := self.server.account.change(sql):
            raise refusal(1064 if "syntax" in wrong else 1410, wrong)


def _needs(privilege: str) -> str:
    return f"Access denied; you need (at least one of) the {privilege} privilege(s) for this operation"


def _text(value: Any) -> str:
    return {True: "ON", False: "OFF"}[value] if isinstance(value, bool) else "" if value is None else str(value)
