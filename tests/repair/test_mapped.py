"""Plans for shops whose tables look otherwise: other names, other values, other clocks, several shards."""

import subprocess
from datetime import UTC, datetime

import pytest
import yaml

from exporter.__main__ import main
from tests.repair.shops import ago
from tests.servers import needed

pytestmark = pytest.mark.server

ODD = {
    "table": "ord`er {00..01}",
    "key": "uid",
    "where": {"deleted": 0},
    "columns": {
        "number": "sn",
        "trade_no": "sn",
        "status": "select",
        "amount": "fen",
        "created": "made",
        "paid": "pay time",
        "transaction": "txn",
        "paid_flag": "flag",
    },
    "status": {"pending": [0], "paid": [10, 11], "closed": [40]},
    "success": {"paid_flag": [1]},
    "money": {"unit": "fen"},
}


def configured(folder, url, orders, callbacks, **more):
    shop = {
        "database": url,
        "tables": {"orders": orders, "callbacks": callbacks},
        "probes": {"pending_paid": {}},
        **more,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump({"shops": {"main": shop}, "language": "en"}), encoding="utf-8")


def plan(folder, capsys):
    """The files of a plan, by name."""
    words = ["--config.file", str(folder / "config.yaml"), "--output", str(folder / "plan.sql")]
    assert main(["repair", "pending_paid", *words]) == 0, capsys.readouterr().err
    return {each.name: each for each in sorted(folder.glob("*.sql"))}


def stuck(folder, capsys):
    assert main(["probe", "pending_paid", "--config.file", str(folder / "config.yaml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    return sum(float(each.rsplit(" ", 1)[1]) for each in lines if "pending_paid_orders{" in each)


def by_mariadb(server, database, file):
    client = [needed("mariadb", "mariadb-client"), "--no-defaults", "--protocol=tcp", "-h127.0.0.1", "-uroot"]
    with file.open("rb") as text:
        subprocess.run([*client, f"-P{server.port}", database], stdin=text, check=True, timeout=60, capture_output=True)


CALLBACKS = {
    "table": "notice",
    "columns": {"trade_no": "sn", "transaction": "txn", "amount": "fen", "received": "at"},
    "success": {},
    "money": {"unit": "fen"},
    "time": {"kind": "epoch_ms"},
}


@pytest.fixture
def shards(mariadb, tmp_path):
    """Two databases with two tables each, whose keys are the same; callbacks lie in the shop's own."""
    made = [
        f"CREATE TABLE `ord``er {number}` (uid BIGINT UNSIGNED PRIMARY KEY, sn VARCHAR(40) UNIQUE, `select` TINYINT NOT"
        " NULL, fen INT NOT NULL, made DATETIME NOT NULL, `pay time` TIMESTAMP NULL, txn VARCHAR(40) NOT NULL DEFAULT '',"
        " flag BIT(1) NOT NULL DEFAULT 0, deleted BIT(1) NOT NULL DEFAULT 0, KEY (made))"
        for number in ("00", "01")
    ]
    for name in ("shard_a", "shard_b"):
        mariadb.database(name, *made)
    mariadb.database(
        "odd", "CREATE TABLE notice (id BIGINT AUTO_INCREMENT PRIMARY KEY, sn VARCHAR(40), txn VARCHAR(40), fen INT, at BIGINT,"
        " KEY (sn), KEY (at))"
    )  # fmt: skip
    databases = {"a": {"url": mariadb.url("shard_a")}, "b": {"url": mariadb.url("shard_b")}}
    configured(tmp_path, mariadb.url("odd"), {**ODD, "database": ["a", "b"]}, CALLBACKS, databases=databases)
    return mariadb


def order(server, database, table, sn, at):
    made = f"{ago(hours=2):%Y-%m-%d %H:%M:%S}"
    server.execute(
        f"INSERT INTO `ord``er {table}` (uid, sn, `select`, fen, made) VALUES (7, '{sn}', 0, 990, '{made}')",
        database=database,
    )
    server.execute(
        f"INSERT INTO notice (sn, txn, fen, at) VALUES ('{sn}', 'x-{sn}', 990, {int(at.timestamp() * 1000)})",
        database="odd",
    )


def test_every_database_has_a_file_of_its_own_and_the_wrong_one_changes_nothing(shards, tmp_path, capsys):
    at = ago(minutes=30)
    for place in ("shard_a", "shard_b"):
        for table in ("00", "01"):
            order(shards, place, table, f"{place}-{table}", at)
    files = plan(tmp_path, capsys)
    assert list(files) == ["plan.a.sql", "plan.b.sql"]
    assert "For this database alone" in files["plan.a.sql"].read_text(encoding="utf-8")
    assert "several values mean paid (10, 11); the first, 10, is written" in files["plan.a.sql"].read_text()
    by_mariadb(shards, "shard_b", files["plan.a.sql"])
    assert stuck(tmp_path, capsys) == 4
    by_mariadb(shards, "shard_a", files["plan.a.sql"])
    assert stuck(tmp_path, capsys) == 2
    by_mariadb(shards, "shard_b", files["plan.b.sql"])
    assert stuck(tmp_path, capsys) == 0
    rows = shards.execute(
        "SELECT sn, `select`, UNIX_TIMESTAMP(`pay time`), txn, flag + 0 FROM `ord``er 01`", database="shard_b"
    )
    assert rows == [("shard_b-01", 10, int(at.timestamp()), "x-shard_b-01", 1)]


def test_a_timestamp_is_the_same_moment_in_whatever_zone_the_operator_sits(shards, tmp_path, capsys):
    at = ago(minutes=30)
    order(shards, "shard_a", "00", "N1", at)
    [file] = plan(tmp_path, capsys).values()
    zoned = tmp_path / "zoned"
    zoned.write_text("SET time_zone = '-05:00';\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    by_mariadb(shards, "shard_a", zoned)
    rows = shards.execute("SELECT UNIX_TIMESTAMP(`pay time`) FROM `ord``er 00`", database="shard_a")
    assert rows == [(int(at.timestamp()),)]


@pytest.mark.parametrize(
    ("kind", "column"), [("datetime", "TIMESTAMPTZ"), ("epoch_s", "BIGINT"), ("epoch_ms", "BIGINT")]
)
def test_postgres_takes_its_own_times_flags_and_names(postgres, tmp_path, capsys, kind, column):
    at = ago(minutes=30)
    postgres.database(
        "odd",
        'CREATE TABLE "Orders" (id BIGSERIAL PRIMARY KEY, "No" TEXT UNIQUE, state TEXT, total NUMERIC(12,2),'
        f" made TIMESTAMPTZ NOT NULL DEFAULT now() - interval '1 hour', paid {column}, is_paid BOOLEAN DEFAULT FALSE)",
        "CREATE TABLE notice (id BIGSERIAL PRIMARY KEY, sn TEXT, fen INT, at BIGINT, txn TEXT)",
        """INSERT INTO "Orders" ("No", state, total) VALUES ('N1', 'wc-pending', 9.9), ('N2', 'wc-pending', 9.9)""",
        f"INSERT INTO notice (sn, fen, at, txn) VALUES ('N1', 990, {int(at.timestamp() * 1000)}, 'x')",
    )  # fmt: skip
    columns = {
        "number": "No",
        "trade_no": "No",
        "status": "state",
        "amount": "total",
        "created": "made",
        "paid": "paid",
    }
    orders = {
        "table": "Orders",
        "columns": {**columns, "paid_flag": "is_paid"},
        "status": {"pending": ["wc-pending"], "paid": ["wc-processing"]},
        "success": {"paid_flag": [1]},
        "time": {"columns": {"paid": {"kind": kind}}},
    }
    configured(tmp_path, postgres.url("odd").replace("postgresql:", "postgresql+psycopg:"), orders, CALLBACKS)
    [file] = plan(tmp_path, capsys).values()
    assert stuck(tmp_path, capsys) == 1
    for _ in range(2):
        place = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=odd options='-c TimeZone=America/New_York'"
        client = [needed("psql", "postgresql-client"), "-X", "-v", "ON_ERROR_STOP=1", "-d", place, "-f", str(file)]
        subprocess.run(client, check=True, timeout=60, capture_output=True)
    assert stuck(tmp_path, capsys) == 0
    [row] = postgres.execute("""SELECT state, paid, is_paid FROM "Orders" WHERE "No" = 'N1'""", database="odd")
    factor = {"datetime": 0, "epoch_s": 1, "epoch_ms": 1000}[kind]
    paid = row[1].astimezone(UTC) if isinstance(row[1], datetime) else row[1]
    assert (row[0], paid, row[2]) == ("wc-processing", int(at.timestamp()) * factor if factor else at, True)
    assert postgres.execute("""SELECT state FROM "Orders" WHERE "No" = 'N2'""", database="odd") == [("wc-pending",)]
