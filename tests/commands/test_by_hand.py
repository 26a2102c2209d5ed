"""The commands that a person tries by hand: check, probe, rules, card; on a real MariaDB and strict rooms."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from exporter.__main__ import main
from tests.shops import PASSWORD, PlainShop, watching

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def shop(mariadb):
    shop = PlainShop.build(mariadb, "by_hand")
    shop.order(1, paid_ago=timedelta(minutes=9))
    shop.execute("UPDATE inventory SET quantity = -1 WHERE id = 1")
    return shop


@pytest.fixture
def said(capfd):
    """Runs a command; its exit status, stdout and stderr."""

    def run(*words):
        try:
            status = main(words)
        except SystemExit as left:
            status = left.code
        return (status, *capfd.readouterr())

    return run


@pytest.fixture
def config(tmp_path, shop):
    def write(user="oh", tables="plain", more=""):
        file = tmp_path / "config.yaml"
        file.write_text(
            f"shops:\n  main:\n    database: {shop.server.url('by_hand', user=user)}\n    password: {PASSWORD}\n"
            f"    tables: {tables}\n    probes: {{pending_paid: {{}}, negative_stock: {{}}}}\n{more}",
            encoding="utf-8",
        )
        return str(file)

    return write


def test_check_tells_the_server_the_tables_and_the_cost_of_each_probe(said, config):
    status, out, err = said("check", "--config.file", config())
    assert (status, err) == (0, "")
    assert "MariaDB 10" in out
    assert "ok       callbacks: pay_callback" in out
    assert "statements" in out
    assert "pay_callback_received" in out
    assert out.endswith("no faults\n")


def test_check_prints_every_missing_grant_and_the_printed_statements_are_the_remedy(said, config, shop):
    shop.server.account("few", f"SELECT (id, order_no) ON {shop.name}.orders", password=PASSWORD)
    status, out, _ = said("check", "--config.file", config(user="few"))
    assert status == 1
    grants = [line.strip().removesuffix(";") for line in out.splitlines() if line.strip().startswith("GRANT ")]
    assert len(grants) == 4
    assert "order-health check" not in out
    shop.server.execute(*grants)
    assert said("check", "--config.file", config(user="few"))[0] == 0


def test_check_warns_of_an_account_that_may_write(said, config, shop):
    shop.server.account("strong", f"SELECT, UPDATE ON {shop.name}.*", password=PASSWORD)
    status, out, _ = said("check", "--config.file", config(user="strong"))
    assert status == 0
    assert "warning  the account may UPDATE; give it SELECT" in out


@pytest.mark.parametrize(
    ("tables", "said_of_it"),
    [
        ("{preset: plain, orders: {table: ordres}}", "orders"),
        ("{preset: plain, orders: {columns: {number: ordr_no}}}", "order_no"),
    ],
)
def test_check_names_a_missing_table_or_column_and_the_nearest_that_exist(said, config, shop, tables, said_of_it):
    shop.server.account("reader", f"SELECT ON {shop.name}.*", password=PASSWORD)
    status, out, _ = said("check", "--config.file", config(user="reader", tables=tables))
    assert status == 1
    assert said_of_it in next(line for line in out.splitlines() if "FAULT" in line)


def test_check_of_a_database_that_is_down_is_one_clear_fault(said, config, shop):
    file = Path(config())
    file.write_text(file.read_text(encoding="utf-8").replace(f":{shop.server.port}/", ":9/"), encoding="utf-8")
    status, out, _ = said("check", "--config.file", str(file))
    assert status == 1
    assert out.count("FAULT") == 1
    assert PASSWORD not in out


def test_check_says_what_a_preset_cannot_answer(said, config, shop):
    tables = "{orders: {table: orders, columns: {number: order_no, status: status, created: created_at}, status: {pending: [pending]}}, not_applicable: {callbacks: no callbacks are kept}}"
    status, out, _ = said("check", "--config.file", config(tables=tables))
    assert status == 0
    assert "not applicable" in out


def test_probe_shows_samples_evidence_statements_and_plans(said, config):
    status, out, err = said("probe", "pending_paid", "--config.file", config())
    assert (status, err) == (0, "")
    assert 'order_health_pending_paid_orders{pay_channel="wechat",age="under_30m",shop="main"} 1' in out
    assert "OH00000001" in out
    assert "-- statement 1:" in out
    assert "SELECT" in out


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("probe", "pending_payd"), "did you mean 'pending_paid'?"),
        (("probe", "pending_paid", "--shop", "mian"), "did you mean 'main'?"),
        (("card",), "no channels are configured"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(said, config, words, remedy):
    status, _, err = said(*words, "--config.file", config())
    assert status == 2
    assert remedy in err


def test_rules_tells_what_holds_now(said, config):
    status, out, _ = said("rules", "--config.file", config())
    assert status == 0
    assert "OrdersPaidYetPending: holds" in out
    assert "StockBelowZero: holds" in out
    assert "PaymentAnomalies: quiet" in out


def test_card_is_shown_as_the_room_gets_it_and_sent_through_the_real_path(said, shop, tmp_path):
    with watching(
        tmp_path, shop.server.url("by_hand", user="oh"), probes="      negative_stock: {every: 1h}"
    ) as running:
        status, out, _ = said("card", "--config.file", str(running.file), "--channel", "duty")
        assert status == 0
        assert '"msgtype"' in out
        assert "c4nary" not in out
        status, out, err = said("card", "--config.file", str(running.file), "--send", "--channel", "duty")
        assert (status, err) == (0, "")
        assert "duty: accepted" in out
        assert [text for text in running.texts("wecom") if "测试卡片" in text]


def test_a_room_that_refuses_is_told_with_the_reason(said, shop, tmp_path):
    with watching(
        tmp_path, shop.server.url("by_hand", user="oh"), probes="      negative_stock: {every: 1h}"
    ) as running:
        (tmp_path / "TOKEN").write_text("wrong", encoding="utf-8")
        status, _, err = said("card", "--config.file", str(running.file), "--send", "--channel", "ops")
        assert status == 1
        assert "ops: errcode 300005" in err
        assert "wrong" not in err


@pytest.mark.parametrize("command", ["check", "probe", "rules", "card", "run"])
def test_a_faulty_configuration_is_told_by_every_command(said, tmp_path, command):
    file = tmp_path / "config.yaml"
    file.write_text("shop: {}\n", encoding="utf-8")
    words = [command, "pending_paid"] if command == "probe" else [command]
    status, out, err = said(*words, "--config.file", str(file))
    assert status in {1, 2}
    assert "config.yaml:1: shop: unknown key; did you mean 'shops'?" in err
    assert out == ""
