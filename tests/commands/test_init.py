"""init writes a config that the shop can be watched with, never a password, and never over a file that is there."""

import argparse
import re
import sqlite3
from contextlib import closing

import pytest
import yaml

from exporter.__main__ import main
from exporter.commands import init
from exporter.config import load
from exporter.discover.fits import reads
from exporter.mapping import WORDS
from exporter.mapping import load as mapping
from tests.shop.test_discover import UNKNOWN
from tests.shop.test_presets import NAMES, schema, statements
from tests.shops import COLUMNS

CANARY = "canary-7Hq2"


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs `init` in an empty folder; gives its exit status, its file, and all that it printed."""
    monkeypatch.delenv("SHOP_DB_PASSWORD", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(url, *more):
        parser = argparse.ArgumentParser()
        init.arguments(parser)
        status = init.run(parser.parse_args([url, *more]))
        file = tmp_path / "config.yaml"
        printed = capsys.readouterr()
        return status, file.read_text("utf-8") if file.exists() else "", printed.out + printed.err

    return command


def sqlite(tmp_path, *texts):
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as shop:
        for text in texts:
            shop.executescript(text)
    return f"sqlite:///{file}"


def section(text):
    """The section of the shop, `!env` read as its name."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!env", lambda _, node: f"env {node.value}")
    return yaml.load(text, Loader)["shops"]


@pytest.mark.parametrize("name", NAMES)
def test_a_known_shop_gets_a_config_that_loads(run, tmp_path, name):
    status, text, printed = run(sqlite(tmp_path, schema(name)))
    assert status == 0
    assert section(text)["main"]["tables"] == name
    assert f"The preset {name} fits" in printed
    assert load(tmp_path / "config.yaml").shops["main"].tables == mapping(name)


def test_an_unknown_shop_gets_a_config_that_loads_and_says_what_to_check(run, tmp_path):
    status, text, printed = run(sqlite(tmp_path, UNKNOWN), "--name", "outlet")
    assert status == 0
    assert "# check: " in text
    assert "look at orders.status" in printed
    assert load(tmp_path / "config.yaml").shops["outlet"].tables.orders.table == "shop_order_{00..01}"


def test_what_a_probe_cannot_show_here_stands_above_it(run, tmp_path):
    _, text, _ = run(sqlite(tmp_path, schema("shopxo")))
    assert set(section(text)["main"]["probes"]) == {"pending_paid", "negative_stock", "fulfilment"}
    assert "# SKUs below zero are not applicable: the stock columns are UNSIGNED" in text


def test_every_setting_that_stands_as_a_comment_can_be_switched_on(run, tmp_path):
    _, text, _ = run(sqlite(tmp_path, schema("plain")))
    switched = re.sub(r"^( *)# ( *)(?=[a-z_]+:|- \{)", r"\1\2", text, flags=re.MULTILINE)
    (tmp_path / "all.yaml").write_text(switched, "utf-8")
    secrets = {"DINGTALK_TOKEN": "t", "DINGTALK_SECRET": "SECs", "WECOM_KEY": "k"}
    config = load(tmp_path / "all.yaml", secrets)
    assert set(config.channels) == {"ops", "duty"}
    assert len(config.alerts.routes) == 2
    assert config.web.external_url


def test_a_shop_without_callbacks_is_told_what_pending_paid_can_show(run, tmp_path):
    _, text, _ = run(sqlite(tmp_path, schema("mall")))
    assert "it looks at the orders alone: mall keeps no callback rows" in text
    assert set(section(text)["main"]["probes"]) == {"pending_paid", "negative_stock", "fulfilment"}


def test_a_file_that_is_there_stays_as_it_is(run, tmp_path):
    url = sqlite(tmp_path, schema("mall"))
    (tmp_path / "config.yaml").write_text("mine")
    status, text, printed = run(url)
    assert (status, text) == (2, "mine")
    assert "--force" in printed
    assert run(url, "--force")[1] != "mine"


def test_two_shops_in_one_database_must_be_told_apart_by_the_operator(run, tmp_path):
    url = sqlite(tmp_path, schema("mall"), schema("litemall"))
    status, text, printed = run(url)
    assert (status, text) == (2, "")
    assert "mall" in printed
    assert "--preset" in printed
    assert section(run(url, "--preset", "litemall")[1])["main"]["tables"] == "litemall"


@pytest.mark.parametrize(
    ("url", "more", "says"),
    [
        ("nonsense", (), "is not a database URL"),
        (f"mysql://u@h:{CANARY}/shop", (), "is not a database URL"),
        (f"mysql://u:p@{CANARY}@h/shop", (), "write %40"),
        ("oracle://u@h/db", (), "no driver for oracle"),
        ("mysql://u@h", (), "names no database"),
        ("postgres://u@h", (), "names no database"),
        ("sqlite://", (), "names no database"),
        (f"mysql://u@127.0.0.1:1/shop?pasword={CANARY}", (), "unknown option pasword"),
        ("sqlite:///nothing.db", (), "is it there"),
        ("sqlite:///shop.db", ("--preset", "litemal"), "did you mean litemall?"),
        ("sqlite:///orders.db", ("--preset", "litemall"), "does not fit"),
        ("sqlite:///orders.db", (), "none of the 1 tables"),
        ("sqlite:///shop.db", (), "no table"),
        (f"mysql://u:{CANARY}@127.0.0.1:1/shop", (), "127.0.0.1:1: the database cannot be reached"),
        (f"mariadb://u:{CANARY}@no-such-host.invalid/shop", (), "no-such-host.invalid"),
        (f"postgres://u:{CANARY}@127.0.0.1:1/shop", (), "127.0.0.1:1: the database cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_what_to_write(run, tmp_path, url, more, says):
    sqlite(tmp_path)
    with closing(sqlite3.connect(tmp_path / "orders.db")) as shop:
        shop.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    status, text, printed = run(url, *more)
    assert (status, text) == (2, "")
    assert says in printed
    assert len(printed.splitlines()) == 1
    assert CANARY not in printed
    assert {each.name for each in tmp_path.iterdir()} == {"shop.db", "orders.db"}


def test_a_file_that_run_would_refuse_is_not_written(run, tmp_path):
    status, text, printed = run(sqlite(tmp_path, schema("plain")), "--name", "my shop")
    assert (status, text) == (2, "")
    assert "my shop" in printed
    assert {each.name for each in tmp_path.iterdir()} == {"shop.db"}
    assert "cannot be written" in run(f"sqlite:///{tmp_path}/shop.db", "--output", "no/folder.yaml")[2]


@pytest.mark.server
def test_the_password_is_neither_written_nor_printed(run, mariadb):
    database = mariadb.database("init_plain", *statements("plain"))
    mariadb.account("init_probe", f"SELECT ON {database}.*", password=CANARY)
    status, text, printed = run(mariadb.url(database, "init_probe", CANARY))
    assert status == 0
    assert CANARY not in text + printed
    assert "export SHOP_DB_PASSWORD" in printed
    assert section(text)["main"]["password"] == "env SHOP_DB_PASSWORD"
    assert "init_probe@127.0.0.1" in section(text)["main"]["database"]


@pytest.mark.server
def test_a_refused_account_is_told_without_its_password(run, mariadb):
    mariadb.account("init_refused", password="another")
    database = mariadb.database("init_refused")
    status, _, printed = run(mariadb.url(database, "init_refused", CANARY))
    assert status == 2
    assert "refuses the account or its password" in printed
    assert CANARY not in printed
    assert "export SHOP_DB_PASSWORD" in run(mariadb.url(database, "init_refused"))[2]
    assert "no database of that name" in run(mariadb.url("nonesuch"))[2]


@pytest.mark.server
@pytest.mark.parametrize("rights", [(), ("EXECUTE ON init_shut.*",)])
def test_an_account_that_sees_nothing_is_told_its_grant(run, mariadb, rights):
    database = mariadb.database("init_shut", *statements("plain"))
    mariadb.account("init_shut", *rights)
    url = mariadb.url(database, "init_shut", "secret")
    status, _, printed = run(url)
    assert status == 2
    assert "GRANT SELECT ON `init_shut`.* TO 'init_shut'@'%';" in printed
    status, _, printed = run(url, "--preset", "plain")
    grants = re.findall("GRANT.*;", printed)
    assert (status, len(grants)) == (2, 4)
    mariadb.execute(*grants)
    assert run(url)[0] == 0


@pytest.mark.server
def test_grants_for_hidden_columns_are_printed_and_not_written(run, mariadb):
    database = mariadb.database("init_narrow", *statements("plain"))
    columns = {**COLUMNS, "inventory": "id, sku_id, quantity"}
    mariadb.account(
        "init_narrow", *(f"SELECT ({each}) ON {database}.{table}" for table, each in columns.items()), password=CANARY
    )
    status, text, printed = run(mariadb.url(database, "init_narrow", CANARY))
    assert status == 0
    assert "GRANT SELECT (`reserved`, `warehouse_id`) ON `init_narrow`.`inventory`" in printed
    assert "# check: inventory.warehouse_id is not there, or this account may not see it" in text
    assert "GRANT SELECT (" not in text


@pytest.fixture
def shop_account(mariadb, monkeypatch):
    """Makes the shop of a preset, and the URL of the account that docs recommend: the mapped columns and no more."""

    def made(name):
        database = mariadb.database(f"init_{name.replace('-', '_')}", *statements(name))
        tables = [table for word in WORDS if (table := mapping(name).table(word))]
        columns = {}
        for table in tables:
            for each, names in reads(table).items():
                columns.setdefault(each, set()).update(names)
        grants = [f"SELECT (`{'`, `'.join(sorted(names))}`) ON {database}.{table}" for table, names in columns.items()]
        mariadb.account("init_oh", *grants, password=CANARY)
        monkeypatch.setenv("SHOP_DB_PASSWORD", CANARY)
        return mariadb.url(database, "init_oh").replace("mysql+pymysql:", "mariadb:")

    return made


@pytest.mark.server
@pytest.mark.parametrize("name", NAMES)
def test_a_new_shop_is_watched_three_commands_later(shop_account, tmp_path, capsys, monkeypatch, name):
    url = shop_account(name)
    monkeypatch.chdir(tmp_path)
    assert main(["init", url]) == 0
    config = load("config.yaml")
    assert config.shops["main"].tables == mapping(name)
    capsys.readouterr()
    status, said = main(["check", "--config.file", "config.yaml"]), capsys.readouterr().out
    assert status == 0, said
    assert "FAULT" not in said
    for check in {"callbacks", "negative_stock", "reservations"} & mapping(name).not_applicable.keys():
        why = re.escape(mapping(name).not_applicable[check].en)
        assert re.search(rf"not applicable: [\w, ]+: .*{why}", said), said
    assert main(["probe", "pending_paid"]) == 0
    assert "answered" in capsys.readouterr().out


@pytest.mark.server
def test_a_shop_on_postgresql_is_watched_with_grants_on_columns_too(postgres, tmp_path, capsys, monkeypatch):
    made = [each.replace("DATETIME", "TIMESTAMP") for each in statements("plain")]
    columns = {**COLUMNS, "orders": COLUMNS["orders"].replace(", currency", "")}
    grants = [f"GRANT SELECT ({each}) ON {table} TO init_oh" for table, each in columns.items()]
    role = "DO $$ BEGIN CREATE ROLE init_oh LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
    database = postgres.database("init_columns", *made, role, *grants)
    monkeypatch.setenv("SHOP_DB_PASSWORD", CANARY)
    monkeypatch.chdir(tmp_path)
    assert main(["init", postgres.url(database, "init_oh").replace("postgresql:", "postgres:")]) == 0
    assert 'GRANT SELECT ("currency") ON "public"."orders" TO "init_oh";' in capsys.readouterr().out
    assert main(["check"]) == 0
    assert main(["probe", "pending_paid"]) == 0
    assert main(["init", postgres.url("nonesuch", "init_oh"), "--force"]) == 2
    assert "no database of that name" in capsys.readouterr().err
