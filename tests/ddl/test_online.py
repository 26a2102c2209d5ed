"""What a change costs is what the server says: every row is tried on a real MariaDB with each ALGORITHM and LOCK."""

from __future__ import annotations

import pymysql
import pytest

from exporter.database import Database
from exporter.database.deadline import Deadline
from exporter.database.server import server
from exporter.database.shape import shape
from exporter.ddl import read
from exporter.ddl.online import Flavour, cost
from exporter.ddl.schema import applied

import sqlalchemy as sa  # isort: skip

TABLES = (
    "CREATE TABLE p (id INT PRIMARY KEY)",
    ("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), m VARCHAR(50), nn INT NOT NULL DEFAULT 1, e ENUM('a','b'),"
    " l VARCHAR(20) CHARACTER SET latin1, u3 VARCHAR(20) CHARACTER SET utf8mb3, d DECIMAL(12,2), dt DATETIME, ix INT,"
    " pp INT, KEY ix (ix), CONSTRAINT own FOREIGN KEY (pp) REFERENCES p (id)) DEFAULT CHARACTER SET utf8mb4"),
)  # fmt: skip
CHANGES = """
ADD COLUMN n INT
ADD COLUMN n INT FIRST
ADD COLUMN n INT NOT NULL DEFAULT 3 AFTER a
ADD COLUMN n INT AS (id + 1) STORED
ADD COLUMN n INT AS (id + 1) VIRTUAL
ADD COLUMN n BIGINT AUTO_INCREMENT UNIQUE
DROP COLUMN a
DROP COLUMN ix
RENAME COLUMN a TO b
CHANGE a b VARCHAR(20)
MODIFY a VARCHAR(20) AFTER ix
MODIFY a VARCHAR(30)
MODIFY a VARCHAR(100)
MODIFY m VARCHAR(60)
MODIFY m VARCHAR(64)
MODIFY a VARCHAR(10)
MODIFY a VARCHAR(20) NOT NULL
MODIFY nn INT
MODIFY nn BIGINT NOT NULL
MODIFY nn INT UNSIGNED NOT NULL
MODIFY e ENUM('a','b','c')
MODIFY e ENUM('b','a')
MODIFY a VARCHAR(20) DEFAULT 'x'
ALTER a SET DEFAULT 'x'
MODIFY a VARCHAR(20) CHARACTER SET latin1
MODIFY l VARCHAR(20) CHARACTER SET utf8mb4
MODIFY u3 VARCHAR(20) CHARACTER SET utf8mb4
MODIFY a VARCHAR(20) COLLATE utf8mb4_bin
MODIFY a TEXT
MODIFY d DECIMAL(14,2)
MODIFY d DOUBLE
MODIFY dt DATETIME(3)
ADD INDEX (a)
ADD UNIQUE (a)
ADD FULLTEXT (a)
DROP INDEX ix
RENAME INDEX ix TO iy
ALTER INDEX ix IGNORED
DROP PRIMARY KEY
DROP PRIMARY KEY, ADD PRIMARY KEY (id, nn)
ADD FOREIGN KEY (nn) REFERENCES p (id)
DROP FOREIGN KEY own
ADD CONSTRAINT c CHECK (nn >= 0)
CONVERT TO CHARACTER SET latin1
DEFAULT CHARACTER SET latin1
ENGINE=InnoDB
FORCE
ROW_FORMAT=COMPRESSED
COMMENT 'x'
AUTO_INCREMENT=100
""".strip().splitlines()
WAYS = {"INSTANT": "instant", "NOCOPY": "nocopy", "INPLACE": "rebuild", "COPY": "copy"}


def tried(mariadb, name, change):
    """The cheapest way that the server takes, and whether others may write meanwhile."""
    for algorithm, way in WAYS.items():
        for lock in ("NONE", "SHARED"):
            try:
                mariadb.execute(f"ALTER TABLE t {change}, ALGORITHM={algorithm}, LOCK={lock}", database=name)
            except pymysql.err.Error:
                continue
            return way, lock == "NONE"
    return None


@pytest.mark.server
def test_every_change_costs_what_the_server_says(mariadb):
    name = mariadb.database("online")
    database = Database(sa.make_url(mariadb.url(name)))
    told = server(database, Deadline(10))
    flavour = Flavour.of(told.product, told.version)
    wrong = []
    for change in CHANGES:
        mariadb.execute("DROP TABLE IF EXISTS t, p", *TABLES, "INSERT INTO p VALUES (1)", database=name)
        mariadb.execute("INSERT INTO t (id, a, e) VALUES (1, 'x', 'a'), (2, 'y', 'b')", database=name)
        table = shape(database, name, ["t"], Deadline(10))["t"]
        migration, faults = read(f"ALTER TABLE t {change}", "mysql")
        assert not faults, change
        together = {f"{each.kind} {each.name}" for each in migration[0].changes}
        costs = []
        for each in migration[0].changes:
            costs.append(cost(each, table, flavour, together))
            table = applied(table, each)
        ours = max(costs, key=lambda each: each.rank)
        if (ours.way, ours.writes) != (real := tried(mariadb, name, change)):
            wrong.append(f"{change}: {ours.way}, writes {ours.writes}; the server: {real}")
    database.close()
    assert wrong == []
