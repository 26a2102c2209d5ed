"""The tables, and the numbered steps that lead from any older version to this one.

Times are seconds since 1970 in UTC. Names carry a prefix, since the database may be shared with others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    update,
)

NAME = String(190)  # the longest that MySQL 5.7 indexes in utf8mb4
LONG = Text(2**24 - 1).with_variant(Text(), "postgresql")  # MySQL's plain TEXT ends at 64 KiB
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there

METADATA = MetaData()


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(f"order_health_{name}", METADATA, *columns, mysql_engine="InnoDB", mysql_charset="utf8mb4")


meta = _table("meta", Column("name", NAME, primary_key=True), Column("value", NAME, nullable=False))

alerts = _table(
    "alerts",
    Column("id", String(64), primary_key=True),  # digest of the key: a label set may be longer than an index takes
    Column("body", LONG, nullable=False),
)

memory = _table(
    "memory",
    Column("shop", NAME, primary_key=True),
    Column("probe", NAME, primary_key=True),
    Column("body", LONG, nullable=False),
)

outbox = _table(
    "outbox",
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("channel", NAME, nullable=False),
    Column("status", String(10), nullable=False),  # waiting, claimed, merged (waits inside a digest), accepted, dead
    Column("card", LONG, nullable=False),
    Column("critical", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("due", Double, nullable=False),  # of a claimed row: the end of its lease
    Column("attempts", Integer, nullable=False, default=0),
    Column("parts", Integer, nullable=False, default=0),  # messages of this card that the room has accepted
    Column("plain", Boolean, nullable=False, default=False),
    Column("unsure", Boolean, nullable=False, default=False),  # the room may have it already
    Column("alone", Boolean, nullable=False, default=False),  # its digest was refused: never merge it again
    Column("size", Integer, nullable=False, default=0),  # of a digest: how many cards it counts
    Column("digest", NUMBER),  # of a merged row: the digest it waits in
    Column("settled", Double),
    Column("detail", String(500), nullable=False, default=""),
    Column("cause", String(20), nullable=False, default="", server_default=""),  # of a dead row: a model.Cause
)
Index("order_health_outbox_due", outbox.c.channel, outbox.c.status, outbox.c.due)
Index("order_health_outbox_digest", outbox.c.digest)

sends = _table(
    "sends",
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("channel", NAME, nullable=False),
    Column("at", Double, nullable=False),
    Column("flying", Boolean, nullable=False),  # no answer yet
)
Index("order_health_sends_at", sends.c.channel, sends.c.at)

robots = _table("robots", Column("channel", NAME, primary_key=True), Column("paused", Double, nullable=False))

refusals = _table(
    "refusals",
    Column("channel", NAME, primary_key=True),
    Column("since", Double, nullable=False),
    Column("cause", String(20), nullable=False),
    Column("detail", String(500), nullable=False),
)

silences = _table(
    "silences",
    Column("id", String(32), primary_key=True),
    Column("ends", Double, nullable=False),
    Column("body", LONG, nullable=False),
)
Index("order_health_silences_ends", silences.c.ends)

used_links = _table(
    "used_links",
    Column("nonce", String(64), primary_key=True),
    Column("who", NAME, nullable=False),
    Column("at", Double, nullable=False),
    Column("expires", Double, nullable=False),  # of the link: it is dead by itself from then on
)

groups = _table("groups", Column("id", String(64), primary_key=True), Column("body", LONG, nullable=False))

told = _table(
    "told",
    Column("id", String(64), primary_key=True),  # the alert's
    Column("body", LONG, nullable=False),
)

journal = _table(
    "journal",
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("body", LONG, nullable=False),
)
Index("order_health_journal_at", journal.c.at)

leader = _table(
    "leader",  # one row
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", NUMBER, nullable=False),  # grows with each change of the leader, who writes only while it stands
    Column("holder", NAME, nullable=False),
    Column("ends", Double, nullable=False),  # by the database's clock
)

bulletins = _table("bulletins", Column("name", NAME, primary_key=True), Column("body", LONG, nullable=False))

heard = _table(
    "heard",
    Column("id", String(64), primary_key=True),  # digest of receiver and group key
    Column("body", LONG, nullable=False),
)


def _grouping(connection: Connection) -> None:
    METADATA.create_all(connection, tables=[groups, told, journal, bulletins])


def _silences(connection: Connection) -> None:
    METADATA.create_all(connection, [silences, used_links])  # leaves alone what a new database has already


def _heard(connection: Connection) -> None:
    METADATA.create_all(connection, [heard])


def _dead_letters(connection: Connection) -> None:
    METADATA.create_all(connection, [refusals])
    if "cause" not in {each["name"] for each in inspect(connection).get_columns(outbox.name)}:
        connection.exec_driver_sql(f"ALTER TABLE {outbox.name} ADD COLUMN cause VARCHAR(20) NOT NULL DEFAULT ''")


def _leader(connection: Connection) -> None:
    METADATA.create_all(connection, [leader])
    if connection.scalar(select(leader.c.id)) is None:
        connection.execute(insert(leader).values(id=1, epoch=0, holder="", ends=0.0))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    METADATA.create_all,
    _grouping,
    _silences,
    _heard,
    _dead_letters,
    _leader,
)
"""Step n leads from version n to n + 1. A step that has been released is never edited."""


def version(connection: Connection) -> int:
    """The version the database is of; 0 when it is new."""
    if not inspect(connection).has_table(meta.name):
        return 0
    return int(connection.scalar(select(meta.c.value).where(meta.c.name == "version")) or 0)


def migrate(connection: Connection, found: int) -> None:
    for step in MIGRATIONS[found:]:
        step(connection)
    if found == 0:
        connection.execute(insert(meta).values(name="version", value=str(len(MIGRATIONS))))
    elif found < len(MIGRATIONS):
        connection.execute(update(meta).where(meta.c.name == "version").values(value=str(len(MIGRATIONS))))
