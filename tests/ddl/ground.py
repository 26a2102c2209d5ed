"""The plain shop as a ground to judge on, without a server: its tables are those that plain.sql creates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from exporter.ddl import Ground, Verdict, judge, read
from exporter.ddl.online import Flavour
from exporter.ddl.reliance import Reader
from exporter.ddl.schema import Tables
from exporter.mapping import load

SCHEMA = Path(__file__).parents[2] / "exporter" / "presets" / "plain.sql"
PROBES = {"pending_paid": ("orders", "callbacks"), "negative_stock": ("stock", "reservations", "orders")}
MARIADB = Flavour.of("MariaDB", "10.11.6")
EXTRA = (
    "CREATE TABLE notes (id INT PRIMARY KEY, words VARCHAR(20), n INT, price DECIMAL(10,2), KEY notes_words (words))"
)


def ground(
    *, rows: int = 10, searches=None, flavour=MARIADB, estimate=None, tables="plain", more: str = EXTRA
) -> Ground:
    """`rows` of every table; the character set of texts is utf8mb4."""
    known = Tables("shop", "mysql")
    for each in read(SCHEMA.read_text("utf-8") + more, "mysql")[0]:
        for change in each.changes:
            known.apply(change)
    for key, table in known.known.items():
        columns = {
            name: replace(column, charset="utf8mb4" if "char" in column.type else "")
            for name, column in table.columns.items()
        }
        known.known[key] = replace(table, columns=columns, rows=rows, engine="InnoDB", charset="utf8mb4")
    known.made.clear()
    columns = {key[1]: set(table.columns) for key, table in known.known.items()}
    reader = Reader(load(tables), "", "shop", "mysql", PROBES, searches or {}, columns)
    return Ground("main", known, reader.reliance(), flavour, 1000, estimate or (lambda _: None))


def verdict(sql: str, **more) -> Verdict:
    """`SET lock_wait_timeout` stands before it, so that it is not told every time."""
    migration, faults = read(f"SET SESSION lock_wait_timeout = 5;\n{sql}", "mysql")
    assert faults == []
    return judge("m.sql", migration, [ground(**more)])


def rules(sql: str, **more) -> dict[str, str]:
    """Rule → severity of what is found."""
    return {each.rule: each.severity for each in verdict(sql, **more).findings}
