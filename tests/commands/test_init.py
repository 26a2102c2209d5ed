"""init writes a config that the shop can be watched with, never a password, and never over a file that is there."""

import argparse
import sqlite3
from contextlib import closing

import pytest
import yaml

from exporter.commands import init
from exporter.config import load
from exporter.shop.mapping import load as mapping
from tests.shop.test_discover import UNKNOWN
from tests.shop.test_presets import NAMES, schema, statements

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


def test_probes_that_cannot_run_are_comments_with_the_reason(run, tmp_path):
    _, text, _ = run(sqlite(tmp_path, schema("shopxo")))
    assert set(section(text)["main"]["probes"]) == {"pending_paid"}
    assert "# negative_stock: {}   # the stock columns are UNSIGNED" in text


def test_a_shop_without_callbacks_is_told_what_pending_paid_can_show(run, tmp_path):
    _, text, _ = run(sqlite(tmp_path, schema("mall")))
    assert "pending_paid looks at the orders alone: mall keeps no callback rows" in text
    assert set(section(text)["main"]["probes"]) == {"pending_paid", "negative_stock"}


def test_a_file_that_is_there_stays_as_it_is(run, tmp_path):
    url = sqlite(tmp_path, schema("mall"))
    (tmp_path / "config.yaml").write_text("mine")
    status, text, printed = run(url)
    assert (status, text) == (1, "mine")
    assert "--force" in printed
    assert run(url, "--force")[1] != "mine"


def test_two_shops_in_one_database_must_be_told_apart_by_the_operator(run, tmp_path):
    url = sqlite(tmp_path, schema("mall"), schema("litemall"))
    status, text, printed = run(url)
    assert (status, text) == (1, "")
    assert "mall" in printed
    assert "--preset" in printed
    assert section(run(url, "--preset", "litemall")[1])["main"]["tables"] == "litemall"


@pytest.mark.parametrize(
    ("url", "more", "says"),
    [
        ("nonsense", (), "write mysql+pymysql://"),
        ("oracle://u@h/db", (), "is not a database it can read"),
        ("mysql://u@h", (), "names no database"),
        ("sqlite:///nothing.db", (), "there is no file"),
        ("sqlite:///shop.db", ("--preset", "litemal"), "did you mean litemall?"),
        ("sqlite:///shop.db", ("--preset", "litemall"), "does not fit"),
        ("sqlite:///shop.db", (), "no tables"),
        (f"mysql://u:{CANARY}@127.0.0.1:1/shop", (), "127.0.0.1:1 did not answer"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_write(run, tmp_path, url, more, says):
    sqlite(tmp_path)
    status, text, printed = run(url, *more)
    assert (status, text) == (1, "")
    assert says in printed
    assert CANARY not in printed
    assert not (tmp_path / "nothing.db").exists()


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
    assert status == 1
    assert "refused this account" in printed
    assert CANARY not in printed
    assert "has no database" in run(mariadb.url("nonesuch"))[2]
