"""`check` on every server: what it is, what it offers, which GRANT is missing; real ones, and MySQL's stand-ins."""

from __future__ import annotations

import re

import pytest

from exporter.__main__ import main
from tests.servers.mariadb import MariaDB
from tests.servers.standin import PASSWORD, Error, standin
from tests.shops import SCHEMA, PlainShop

pytestmark = pytest.mark.server
TABLES = ("orders", "pay_callback", "inventory", "inventory_lock")


@pytest.fixture
def checked(capfd, tmp_path):
    """Runs check over one shop; its exit status and what it said."""

    def run(database, *, password=PASSWORD, replicas="", probes="{negative_stock: {}}"):
        file = tmp_path / "config.yaml"
        file.write_text(
            f"shops:\n  main:\n    database: {database}\n    password: {password}\n    tables: plain\n"
            f"    replicas: {{{replicas}}}\n    probes: {probes}\n",
            encoding="utf-8",
        )
        status = main(("check", "--config.file", str(file)))
        out, err = capfd.readouterr()
        assert err == ""
        return status, out

    return run


@pytest.fixture(params=["5.7", "8.0", "8.4"])
def mysql(request):
    with standin(request.param) as server:
        server.tables.create(SCHEMA.read_text(encoding="utf-8"), "shop")
        yield server


@pytest.fixture(scope="module")
def watched():
    """A MariaDB with what is off by default: performance_schema, the slow log as a table, GTIDs."""
    server = MariaDB(
        "--performance-schema=ON", "--slow-query-log=ON", "--log-output=TABLE", "--userstat=ON", "--skip-slave-start",
    )  # fmt: skip
    try:
        server.start()
        PlainShop.build(server, "shop")
        yield server
    finally:
        server.remove()


def granted(out):
    return [line.strip() for line in out.splitlines() if line.strip().startswith("GRANT ")]


def offered(out, name):
    """The GRANT that stands beside what is hidden."""
    return re.search(rf"^ +{name}: .*; a probe that reads it needs (GRANT .*);$", out, re.MULTILINE)[1]


def test_a_mariadb_tells_what_it_offers(checked, watched):
    watched.account("everything", "SELECT ON *.*", "REPLICA MONITOR ON *.*")
    status, out = checked(watched.url("shop", user="everything"))
    assert status == 0
    for line in (
        "role: no replica",
        "GTID: by domain, gtid_strict_mode OFF",
        "read_only: OFF",
        "userstat: ON",
        "binary log: log_bin OFF, binlog_format MIXED",
        "performance_schema: on\n",
        "slow log: slow_query_log ON, log_output TABLE, long_query_time 10.000000\n",
        "time zone: the system's, ",
        "named zones: not loaded: CONVERT_TZ answers NULL",
        "isolation: REPEATABLE-READ",
    ):
        assert f"             {line}" in out
    assert "max_statement_time" in out
    assert "warning" not in out


def test_what_is_hidden_in_a_mariadb_is_told_by_exactly_the_grant_that_shows_it(checked, watched):
    watched.account("oh", f"SELECT ON shop.{TABLES[0]}", *(f"SELECT ON shop.{table}" for table in TABLES[1:]))
    url = watched.url("shop", user="oh")
    _, out = checked(url)
    assert "went on without" not in out, "no probe was refused anything"
    grants = [offered(out, name) for name in ("role", "performance_schema", "slow log")]
    assert grants == [
        "GRANT REPLICA MONITOR ON *.* TO 'oh'@'%'",
        "GRANT SELECT ON `performance_schema`.`events_statements_summary_by_digest` TO 'oh'@'%'",
        "GRANT SELECT ON `mysql`.`slow_log` TO 'oh'@'%'",
    ]
    watched.execute(*grants)
    status, out = checked(url)
    assert status == 0
    assert "hidden from" not in out
    assert "warning" not in out


@pytest.mark.parametrize(("account", "right"), [("few", "SELECT (id) ON shop.orders"), ("nobody", "USAGE ON *.*")])
def test_the_grants_for_tables_are_run_as_printed_and_then_the_check_is_clean(checked, watched, account, right):
    watched.account(account, right)
    url = watched.url("shop", user=account)
    status, out = checked(url)
    assert status == 1
    assert len(granted(out)) == len(TABLES)
    watched.execute(*granted(out))
    status, out = checked(url)
    assert (status, granted(out)) == (0, [])


def test_what_a_role_may_counts_as_the_account_s(checked, mysql, watched):
    mysql.replies["^SHOW GRANTS$"] = [{"Grants": "GRANT USAGE ON *.* TO `oh`@`%`"}, {"Grants": "GRANT `app`@`%`,`b:c`@`%` TO `oh`@`%`"}]  # fmt: skip
    mysql.replies["^SHOW GRANTS FOR"] = [{"Grants": "GRANT UPDATE ON `shop`.* TO `oh`@`%`"}]
    assert "warning  the account may UPDATE; " in checked(mysql.url())[1]
    assert "SHOW GRANTS FOR CURRENT_USER() USING `app`@`%`,`b:c`@`%`" in mysql.asked
    watched.account("acting", *(f"SELECT ON shop.{table}" for table in TABLES))
    watched.execute("CREATE OR REPLACE ROLE app", "GRANT DELETE ON shop.* TO app", "GRANT app TO acting@'%'")
    watched.execute("SET DEFAULT ROLE app FOR acting@'%'")
    status, out = checked(watched.url("shop", user="acting"))
    assert status == 0
    assert "warning  the account may DELETE; " in out


def test_what_a_probe_was_refused_is_told_by_the_grant_that_ends_it(checked, watched):
    watched.account("asks", *(f"SELECT ON shop.{table}" for table in TABLES))
    url = watched.url("shop", user="asks")
    late = "{query: SELECT count(*) AS n FROM mysql.slow_log WHERE lock_time > 1, metrics: {shop_late: {value: n, kind: gauge, help: Late.}}}"
    probes = f"{{sql: {{queries: {{late: {late}}}}}}}"
    status, out = checked(url, probes=probes)
    assert status == 1
    assert granted(out) == ["GRANT SELECT ON `mysql`.`slow_log` TO 'asks'@'%';"]
    watched.execute(*granted(out))
    assert checked(url, probes=probes)[0] == 0


def test_the_hash_of_a_password_is_never_shown(checked, watched):
    watched.account("oh", "ALL ON shop.*", "SUPER ON *.*")
    digest = watched.execute("SELECT authentication_string FROM mysql.user WHERE user = 'oh'")[0][0]
    status, out = checked(watched.url("shop", user="oh"))
    assert status == 0
    assert "warning  the account may SUPER, ALL PRIVILEGES; give it SELECT on the mapped columns only" in out
    assert "IDENTIFIED" not in out
    assert digest.lstrip("*") not in out


def test_replicas_are_checked_and_one_that_is_down_is_a_fault_of_its_own(checked, watched):
    watched.account("oh", "SELECT ON shop.*", "REPLICA MONITOR ON *.*")
    url = watched.url("shop", user="oh", password=PASSWORD)
    dead = re.sub(r":\d+/", ":9/", url)
    status, out = checked(watched.url("shop", user="oh"), replicas=f'reporting: "{url}", far: "{dead}"')
    assert status == 1
    assert "ok       replica reporting: MariaDB" in out
    assert "FAULT    replica far: the database cannot be reached" in out
    assert "ok       negative_stock: " in out
    assert out.endswith("1 fault\n")


def test_what_a_replica_does_not_tell_is_said_once_with_its_grant(checked, watched):
    watched.account("oh", "SELECT ON shop.*")
    url = watched.url("shop", user="oh", password=PASSWORD)
    _, out = checked(url, replicas=f'reporting: "{url}"', probes="{replica_lag: {}}")
    assert out.count("the account may not read the state of replication") == 1
    assert out.count("           GRANT REPLICA MONITOR ON *.* TO 'oh'@'%'") == 1
    assert "`order-health check`" not in out
    assert " / " not in out, "reasons are told in one language"


def test_a_postgresql_tells_what_it_offers(checked, postgres):
    name = postgres.database("checked", *filter(str.strip, _plain().split(";")))
    status, out = checked(postgres.url(name))
    assert status == 0
    assert "role: no replica" in out
    assert "default_transaction_isolation: read committed" in out
    assert "pg_stat_statements: not installed" in out
    assert "warning  the account may " in out


def test_an_sqlite_file_has_nothing_to_offer_and_needs_no_grant(checked, tmp_path):
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as link:
        link.executescript(_plain())
    status, out = checked(f"sqlite:///{tmp_path / 'shop.db'}")
    assert (status, granted(out)) == (0, [])
    assert "ok       SQLite 3." in out


def test_a_mysql_tells_what_it_offers(checked, mysql):
    mysql.variables.update(slow_query_log=True, log_output="FILE,TABLE")
    status, out = checked(mysql.url())
    assert status == 0
    assert f"ok       MySQL {mysql.variables['version']}; session: " in out
    assert "max_execution_time" in out
    for line in ("role: no replica", "GTID: ON", "performance_schema: on\n", "isolation: REPEATABLE-READ"):
        assert f"             {line}" in out
    assert "userstat" not in out
    assert "warning" not in out
    mysql.replica = [{"Channel_Name": "north"}, {"Channel_Name": "south"}]
    assert "role: replica, 2 channels" in checked(mysql.url())[1]


def test_what_is_hidden_in_a_mysql_is_told_by_exactly_the_grant_that_shows_it(checked, mysql):
    mysql.variables.update(slow_query_log=True, log_output="TABLE")
    mysql.account.rights = [("SELECT", "", "shop.*")]
    _, out = checked(mysql.url())
    grants = [offered(out, name) for name in ("role", "performance_schema", "slow log")]
    assert grants[0] == "GRANT REPLICATION CLIENT ON *.* TO 'oh'@'%'"
    mysql.execute(*grants)
    status, out = checked(mysql.url())
    assert status == 0
    assert "hidden from" not in out


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("5.5.5-10.11.6-MariaDB", "MariaDB 10.11.6"),
        ("ProxySQL", "MySQL (it tells no version)"),
        ("", "MySQL (it tells no version)"),
        (None, "MySQL (it tells no version)"),
        ("8.0.11-TiDB-v7.5.0", "TiDB 8.0.11"),
        ("5.6.29-mycat-1.6.7", "MySQL 5.6.29"),
    ],
)
def test_a_proxy_with_an_odd_version_is_still_checked(checked, says, told):
    with standin("8.0") as server:
        server.tables.create(SCHEMA.read_text(encoding="utf-8"), "shop")
        server.variables.update(version=says, version_comment="")
        status, out = checked(server.url())
    assert status == 0
    assert f"ok       {told}; session: " in out


def test_a_mariadb_behind_another_name_is_known_by_its_statement_limit(checked):
    with standin("8.0") as server:
        server.tables.create(SCHEMA.read_text(encoding="utf-8"), "shop")
        server.variables["max_statement_time"] = 0
        server.account.rights = [("SELECT", "", "shop.*")]
        _, out = checked(server.url())
    assert "MariaDB (it tells no version)" in out
    assert offered(out, "role").startswith("GRANT REPLICA MONITOR ")


def test_a_server_without_a_limit_for_statements_is_warned_of(checked):
    with standin("5.7") as server:
        server.tables.create(SCHEMA.read_text(encoding="utf-8"), "shop")
        del server.variables["max_execution_time"]
        _, out = checked(server.url())
    assert "warning  the server takes no limit for a statement; what hangs is ended by KILL QUERY alone" in out


def test_a_server_that_hides_its_catalogue_and_its_grants_is_told_of_without_a_guess(checked):
    with standin("8.4") as server:
        server.tables.create(SCHEMA.read_text(encoding="utf-8"), "shop")
        for pattern in ("information_schema", "^SHOW GRANTS", "^SHOW GLOBAL VARIABLES"):
            server.replies[pattern] = Error(1105, "this proxy does not know that")
        _, out = checked(server.url())
    assert "note     whether the account may write cannot be told: the server does not show its grants" in out
    assert "settings: the server does not tell its variables" in out
    assert "Traceback" not in out


def test_an_account_with_all_rights_is_named_with_the_first_of_them(checked, mysql):
    mysql.account.rights = [(right, "", "*.*") for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "SUPER")]  # fmt: skip
    status, out = checked(mysql.url())
    assert status == 0
    assert "the account may INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD and 2 more; give it SELECT" in out


def _plain():
    """The schema as every family reads it."""
    text = "\n".join(line for line in SCHEMA.read_text(encoding="utf-8").splitlines() if not line.startswith("--"))
    return text.replace("DATETIME", "TIMESTAMP")
