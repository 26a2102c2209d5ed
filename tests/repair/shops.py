"""The plain order system on three databases, and an operator who runs a plan with the database's own client."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from exporter.__main__ import main
from tests.probes.plain import Plain, on_mariadb, on_sqlite, schema
from tests.servers import needed

TABLES = ("orders", "pay_callback", "inventory", "inventory_lock")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def ago(**length: float) -> datetime:
    return now() - timedelta(**length)


@dataclass
class Desk:
    """`rows` gives all rows of a statement; `command` is the database's client, which reads SQL from its stdin.

    `other_escapes`: what makes the server read backslashes in texts in the way that is not its usual one.
    """

    plain: Plain
    folder: Path
    rows: Callable[[str], list[tuple[object, ...]]]
    command: list[str]
    other_escapes: list[str] = field(default_factory=list)

    def client(self, file: Path, *options: str) -> str:
        """What the client said when an operator gave it the file."""
        done = subprocess.run(
            [*self.command, *options], input=file.read_bytes(), capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode() + done.stderr.decode()

    def config(self, **more: object) -> Path:
        file = self.folder / "config.yaml"
        probes = {"pending_paid": {}, "negative_stock": {}}
        shop: dict[str, object] = {"database": self.plain.url, "tables": "plain", "probes": probes, **more}
        file.write_text(yaml.safe_dump({"shops": {"main": shop}, "language": "en"}), encoding="utf-8")
        return file

    def hashes(self, tables: tuple[str, ...] = TABLES) -> Mapping[str, Mapping[object, str]]:
        """By table and key what each row holds, shortened."""
        return {
            table: {
                row[0]: hashlib.sha256(repr(row).encode()).hexdigest() for row in self.rows(f"SELECT * FROM {table}")
            }
            for table in tables
        }

    def changed(self, before: Mapping[str, Mapping[object, str]]) -> set[tuple[str, object]]:
        after = self.hashes(tuple(before))
        return {
            (table, key)
            for table in before
            for key in before[table].keys() | after[table].keys()
            if before[table].get(key) != after[table].get(key)
        }


def planned(desk: Desk, capsys: pytest.CaptureFixture[str], kind: str, *words: str) -> Path:
    """The plan as a file, made by the command."""
    file = desk.folder / f"{kind}-{len(list(desk.folder.glob('*.sql')))}.sql"
    status = main(["repair", kind, "--config.file", str(desk.folder / "config.yaml"), "--output", str(file), *words])
    said = capsys.readouterr()
    assert (status, said.out.strip()) == (0, str(file)), said.err
    return file


def told(desk: Desk, capsys: pytest.CaptureFixture[str], probe: str) -> str:
    """What the probe says now."""
    assert main(["probe", probe, "--config.file", str(desk.folder / "config.yaml")]) == 0
    return capsys.readouterr().out


def desk_on_sqlite(folder: Path) -> Desk:
    plain = on_sqlite(folder)
    file = folder / "shop.db"

    def rows(statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(file)) as link:
            return link.execute(statement).fetchall()

    return Desk(plain, folder, rows, [needed("sqlite3", "sqlite3"), "-bail", str(file)])


def desk_on_mariadb(server, folder: Path) -> Desk:
    plain = on_mariadb(server, "repaired")
    insert = plain.sql
    plain.sql = lambda statements: insert(["SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')", *statements])
    place = ["--no-defaults", "--protocol=tcp", "-h127.0.0.1", f"-P{server.port}", "-uroot", "-vv", "-Drepaired"]
    return Desk(
        plain,
        folder,
        lambda text: server.execute(text, database="repaired"),
        [needed("mariadb", "mariadb-client"), *place],
        ["--init-command=SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES,ANSI_QUOTES')"],
    )


def desk_on_postgres(server, folder: Path) -> Desk:
    server.database("repaired", *(each.replace("DATETIME", "TIMESTAMP") for each in schema()))

    def sql(statements) -> None:
        server.execute(*statements, database="repaired")

    plain = Plain(server.url("repaired").replace("postgresql:", "postgresql+psycopg:"), sql)
    place = f"host=127.0.0.1 port={server.port} user=postgres dbname=repaired"
    return Desk(
        plain,
        folder,
        lambda text: server.execute(text, database="repaired"),
        [needed("psql", "postgresql-client"), "-X", "-v", "ON_ERROR_STOP=1", "-d", place],
        ["-d", f"{place} options='-c standard_conforming_strings=off -c TimeZone=America/New_York'"],
    )
