"""What a server offers to probes, as `check` tells it: settings, the role in replication, what is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from exporter.database import Database, StatementError, privileges, replica_status
from exporter.database.faults import account
from exporter.database.server import flavour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.database.deadline import Deadline

_DIGESTS = "SELECT 1 FROM performance_schema.events_statements_summary_by_digest LIMIT 1"
_SLOW_LOG = "SELECT 1 FROM mysql.slow_log LIMIT 1"
_ZONES = "SELECT CONVERT_TZ('2020-01-01 00:00:00', 'UTC', 'Asia/Shanghai') IS NOT NULL"
_MYSQL = (
    "performance_schema", "gtid_mode", "gtid_strict_mode", "gtid_domain_id", "read_only", "super_read_only",
    "slow_query_log", "log_output", "long_query_time", "log_bin", "binlog_format", "time_zone", "system_time_zone",
    "transaction_isolation", "tx_isolation", "userstat",
)  # fmt: skip
_POSTGRES = (
    "SELECT name, reset_val FROM pg_settings WHERE name IN ('TimeZone', 'default_transaction_isolation',"
    " 'default_transaction_read_only', 'log_min_duration_statement', 'wal_level')"
    " UNION ALL SELECT 'role', CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'no replica' END"
    " UNION ALL SELECT 'pg_stat_statements', CASE WHEN to_regclass('pg_stat_statements') IS NULL"
    " THEN 'not installed' ELSE 'installed' END"
)


@dataclass(frozen=True, slots=True)
class Ability:
    """`grant`: what would make it readable, where the account is what stands in the way."""

    name: str
    state: str
    grant: str = ""


def abilities(database: Database, deadline: Deadline) -> list[Ability]:
    """Asks for a handful of settings and tries what needs a privilege; raises a ShopError when nothing answers."""
    asked = _Asked(database, deadline)
    if database.family.name == "mysql":
        return list(_of_mysql(asked))
    if database.family.name == "postgresql":
        return [Ability(str(name), str(state)) for name, state in asked.rows(_POSTGRES) or ()]
    return []


class _Asked:
    """Statements that may be refused or unknown."""

    def __init__(self, database: Database, deadline: Deadline) -> None:
        self._database, self._deadline = database, deadline

    def rows(self, statement: str) -> list[tuple[object, ...]] | None:
        """None where the server does not answer this."""
        try:
            return [tuple(row) for row in self._database.ask(text(statement), self._deadline)]
        except StatementError:
            return None

    def tried(self, name: str, statement: str, state: str) -> Ability:
        """That state, or that the account may not read it."""
        try:
            self._database.ask(text(statement), self._deadline)
        except StatementError as error:
            if error.fault.kind not in ("denied", "access"):
                return Ability(name, f"{state}, but it does not answer ({error.fault.code or error.fault.text})")
            return Ability(name, f"{state}, but hidden from this account", self.grant(statement))
        return Ability(name, state)

    def grant(self, statement: str) -> str:
        needed = privileges.need(statement, self._database.url.database or "")
        return privileges.grant(
            flavour(self._database, self._deadline), needed, account(self._database, self._deadline)
        )

    def replica(self) -> Ability:
        for statement in replica_status.STATEMENTS.values():
            try:
                rows = self._database.ask(text(statement), self._deadline)
            except StatementError as error:
                if error.fault.kind in ("denied", "access"):
                    return Ability("role", "replica or not: hidden from this account", self.grant(statement))
            else:
                channels = f", {len(rows)} channels" if len(rows) > 1 else ""
                return Ability("role", f"replica{channels}" if rows else "no replica")
        return Ability("role", "replica or not: this server has no statement for it")


def _of_mysql(asked: _Asked) -> Iterator[Ability]:
    yield asked.replica()
    named = ", ".join(f"'{name}'" for name in _MYSQL)
    rows = asked.rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({named})") or ()
    settings = {str(name).lower(): str(value) for name, value in rows}
    if not settings:
        yield Ability("settings", "the server does not tell its variables")
        return
    yield Ability("GTID", _gtid(settings))
    for name in ("read_only", "super_read_only", "userstat"):
        if name in settings:
            yield Ability(name, settings[name])
    yield Ability("binary log", _together(settings, "log_bin", "binlog_format"))
    yield _digests(asked, settings)
    yield _slow_log(asked, settings)
    yield Ability("time zone", _zone(settings))
    zones = asked.rows(_ZONES)
    yield Ability("named zones", "loaded" if zones and zones[0][0] else "not loaded: CONVERT_TZ answers NULL")
    yield Ability("isolation", settings.get("transaction_isolation") or settings.get("tx_isolation") or "not told")


def _gtid(settings: Mapping[str, str]) -> str:
    if "gtid_mode" in settings:
        return settings["gtid_mode"]
    return "by domain, " + _together(settings, "gtid_strict_mode") if "gtid_domain_id" in settings else "unknown here"


def _together(settings: Mapping[str, str], *names: str) -> str:
    return ", ".join(f"{name} {settings[name]}" for name in names if name in settings) or "not told"


def _zone(settings: Mapping[str, str]) -> str:
    zone, system = settings.get("time_zone", "not told"), settings.get("system_time_zone", "not told")
    return f"the system's, {system}" if zone.upper() == "SYSTEM" else zone


def _digests(asked: _Asked, settings: Mapping[str, str]) -> Ability:
    name = "performance_schema"
    on = settings.get(name, "").upper() in ("ON", "1")
    return asked.tried(name, _DIGESTS, "on") if on else Ability(name, "off: no digests of statements")


def _slow_log(asked: _Asked, settings: Mapping[str, str]) -> Ability:
    state = _together(settings, "slow_query_log", "log_output", "long_query_time")
    written = settings.get("slow_query_log", "").upper() in ("ON", "1")
    in_a_table = "TABLE" in settings.get("log_output", "").upper()
    return asked.tried("slow log", _SLOW_LOG, state) if written and in_a_table else Ability("slow log", state)
