"""The tables behind a stand-in: MySQL's statements, translated, run over SQLite in memory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

SYSTEM = ("information_schema", "performance_schema", "mysql", "sys")
_DOCUMENTED = Path(__file__).parent / "schemas.sql"
_TEXTS = {"char", "varchar", "text", "longtext", "mediumtext", "tinytext", "enum", "set", "json"}
_TIMES = {"datetime": "STANDIN_TIME", "timestamp": "STANDIN_TIME", "decimal": "STANDIN_DECIMAL"}

sqlite3.register_converter("STANDIN_TIME", lambda told: datetime.fromisoformat(told.decode()))
sqlite3.register_converter("STANDIN_DECIMAL", lambda told: Decimal(told.decode()))
sqlite3.register_adapter(Decimal, str)


class Tables:
    """Schemas of tables, with the rows of information_schema that describe them."""

    def __init__(self, release: str, database: str) -> None:
        self._lock = threading.RLock()
        self._link = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES
        )
        self._link.execute("PRAGMA case_sensitive_like = OFF")
        self._described = False
        for schema in (database, *SYSTEM):
            self._link.execute(f"ATTACH ':memory:' AS \"{schema}\"")
        self.create(_of(release, _DOCUMENTED.read_text(encoding="utf-8")), "mysql")
        self._described = True
        self.function("NOW", clock)
        for schema in (database, *SYSTEM):
            self.insert("information_schema.SCHEMATA", [{"SCHEMA_NAME": schema}])

    def close(self) -> None:
        self._link.close()

    def create(self, ddl: str, schema: str) -> None:
        """CREATE TABLE and CREATE INDEX statements as MySQL reads them, into that schema."""
        for statement in sqlglot.parse(ddl, read="mysql"):
            if isinstance(statement, exp.Create) and statement.kind == "TABLE":
                self._table(statement, schema)
            elif isinstance(statement, exp.Create) and statement.kind == "INDEX":
                index = statement.this
                columns = [each.this.name for each in index.args["params"].args["columns"]]
                self._index(schema, index.args["table"].name, index.name, columns, bool(statement.args.get("unique")))

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows by column name; `table` with its schema."""
        with self._lock:
            for row in rows:
                names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
                self._link.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))

    def clear(self, table: str) -> None:
        with self._lock:
            self._link.execute(f"DELETE FROM {table}")

    def any(self, table: str) -> bool:
        with self._lock:
            return self._link.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None

    def columns(self, schema: str, table: str) -> list[str]:
        """Empty where there is no such table."""
        with self._lock:
            return [row[1] for row in self._link.execute(f'PRAGMA "{schema}".table_info("{table}")')]

    def rows(self, schema: str, table: str) -> int:
        """What information_schema says of its size: set it with `sized()`."""
        with self._lock:
            told = self._link.execute(
                "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
                (schema, table),
            ).fetchone()
        return int(told[0] or 0) if told else 0

    def sized(self, table: str, rows: int) -> None:
        with self._lock:
            self._link.execute(
                "UPDATE information_schema.TABLES SET TABLE_ROWS = ? WHERE TABLE_NAME = ?", (rows, table)
            )

    def function(self, name: str, does: Callable[..., Any]) -> None:
        """A function that MySQL has and SQLite lacks, as in `function("GTID_SUBSET", lambda small, large: 1)`."""
        self._link.create_function(name, -1, does)

    def select(self, statement: exp.Expression) -> tuple[list[tuple[Any, ...]], list[str]]:
        """Raises sqlite3.Error in SQLite's words."""
        with self._lock:
            cursor = self._link.execute(statement.sql("sqlite", unsupported_level=sqlglot.ErrorLevel.IGNORE))
            return cursor.fetchall(), [each[0] for each in cursor.description or ()]

    def _table(self, statement: exp.Create, schema: str) -> None:
        table = statement.this.this
        schema, name = table.db or schema, table.name
        columns = [each for each in statement.this.expressions if isinstance(each, exp.ColumnDef)]
        listed = ", ".join(f'"{each.name}" {_declared(each)}' for each in columns)
        with self._lock:
            self._link.execute(f'CREATE TABLE "{schema}"."{name}" ({listed})')
        if not self._described:
            return
        self.insert("information_schema.TABLES", [{"TABLE_SCHEMA": schema, "TABLE_NAME": name, "TABLE_ROWS": 0}])
        self.insert("information_schema.COLUMNS", [_column(schema, name, n, each) for n, each in enumerate(columns, 1)])
        for each in columns:
            if each.find(exp.PrimaryKeyColumnConstraint):
                self._index(schema, name, "PRIMARY", [each.name], True)
            elif each.find(exp.UniqueColumnConstraint):
                self._index(schema, name, each.name, [each.name], True)
        for key in statement.this.find_all(exp.PrimaryKey):
            self._index(schema, name, "PRIMARY", [part.name for part in key.expressions], True)

    def _index(self, schema: str, table: str, name: str, columns: list[str], unique: bool) -> None:
        common = {"TABLE_SCHEMA": schema, "TABLE_NAME": table, "INDEX_SCHEMA": schema, "INDEX_NAME": name}
        nullable = dict(
            self.select(sqlglot.parse_one(
                f"SELECT COLUMN_NAME, IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_NAME = '{table}'"
            ))[0]
        )  # fmt: skip
        self.insert("information_schema.STATISTICS", [
            {**common, "NON_UNIQUE": int(not unique), "SEQ_IN_INDEX": place, "COLUMN_NAME": column,
             "NULLABLE": "YES" if name != "PRIMARY" and nullable.get(column) == "YES" else ""}
            for place, column in enumerate(columns, 1)
        ])  # fmt: skip


def clock(*_digits: int) -> str:
    """The stand-in's clock stands in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _of(release: str, ddl: str) -> str:
    """The statements without the columns that this release lacks."""
    lines = [line for line in ddl.splitlines() if release != "5.7" or not line.endswith("-- from 8.0")]
    text = "\n".join(line.partition(" -- ")[0] for line in lines if not line.startswith("--"))
    return text.replace(",\n);", "\n);")


def _bare(column: exp.ColumnDef) -> str:
    return column.kind.sql("mysql").partition("(")[0].lower()


def _declared(column: exp.ColumnDef) -> str:
    bare = _bare(column)
    default = column.find(exp.DefaultColumnConstraint)
    kind = _TIMES.get(bare, "TEXT COLLATE NOCASE" if bare in _TEXTS else "")
    return f"{kind} DEFAULT {default.this.sql('sqlite')}" if default else kind


def _column(schema: str, table: str, place: int, column: exp.ColumnDef) -> dict[str, Any]:
    bare, kind = _bare(column), column.kind.sql("mysql").lower()
    null = column.find(exp.NotNullColumnConstraint)
    fixed = column.find(exp.PrimaryKeyColumnConstraint) or (null and not null.args.get("allow_null"))
    return {
        "TABLE_SCHEMA": schema,
        "TABLE_NAME": table,
        "COLUMN_NAME": column.name,
        "ORDINAL_POSITION": place,
        "IS_NULLABLE": "NO" if fixed else "YES",
        "DATA_TYPE": bare.removesuffix(" unsigned"),
        "COLUMN_TYPE": kind,
        "COLLATION_NAME": "utf8mb4_general_ci" if bare in _TEXTS else None,
        "CHARACTER_SET_NAME": "utf8mb4" if bare in _TEXTS else None,
    }
