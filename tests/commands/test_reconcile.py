"""One day reconciled for a person: the shop on a real MariaDB, bills and exports as files."""

from __future__ import annotations

import csv
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from exporter import sheets
from exporter.__main__ import main
from exporter.reconcile import KINDS
from tests.bills.files import wechat_bill, wechat_line
from tests.probes.plain import on_mariadb

pytestmark = pytest.mark.server
DAY = "2026-01-25"
BEIJING = ZoneInfo("Asia/Shanghai")


def at(hour, minute=0, day=25):
    return datetime(2026, 1, day, hour, minute, tzinfo=BEIJING)


@pytest.fixture
def shop(mariadb, tmp_path):
    plain = on_mariadb(mariadb, "reconciled")
    config = {
        "shops": {"main": {"database": mariadb.url("reconciled"), "tables": "plain", "probes": {"pending_paid": {}}}},
        "language": "en",
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    yield plain
    plain.close()


@pytest.fixture
def reconcile(tmp_path, capsys):
    def run(*argv):
        status = main(["reconcile", "--config.file", str(tmp_path / "config.yaml"), "--date", DAY, *map(str, argv)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def paid(shop, number, hour=10, **more):
    values = {"created_at": at(hour), "paid_at": at(hour, 1), "amount": 6, "transaction_id": f"4200T-{number}", **more}
    shop.order(number, more.pop("status", "paid"), **{k: v for k, v in values.items() if k != "status"})


def told(shop, number, hour=10, **more):
    shop.callback(number, at(hour, 1), **{"amount_fen": 600, "transaction_id": f"4200T-{number}", **more})


def bill(tmp_path, *lines, **more):
    path = tmp_path / "bill.csv"
    path.write_bytes(wechat_bill(*lines, **more))
    return path


def line(number, yuan="6.00", hour=10, **more):
    return wechat_line(f"T-{number}", yuan, at=f"2026-01-25 {hour:02}:01:00", **more)


def export(tmp_path, *rows, head="订单编号,实付金额", name="export.csv", encoding="gb18030"):
    path = tmp_path / name
    path.write_text("\n".join(["订单导出", head, *rows, "合计,999"]) + "\n", encoding=encoding)
    return path


def kinds(out):
    """The rows of the table of differences by their kind."""
    return {row.split()[0]: row for row in out.splitlines() if row.split() and row.split()[0] in KINDS}


def test_a_day_on_which_all_sides_agree_is_equal(shop, reconcile, tmp_path):
    for number in ("N1", "N2"):
        paid(shop, number)
        told(shop, number)
    shop.order("N3", created_at=at(11))
    status, out, _ = reconcile(
        "--bill", bill(tmp_path, line("N1"), line("N2")), "--export", export(tmp_path, "N1,6.00", "N2,6")
    )
    assert "no differences" not in out  # N3 is left out of the export, for information
    assert kinds(out).keys() == {"unpaid_left_out"}
    assert status == 0


def test_each_kind_of_difference_is_told_with_count_money_and_number(shop, reconcile, tmp_path):
    for number in ("OK", "COUPON", "DOUBLE", "NOBILL", "CURRENCY", "NOCALL", "REFUND"):
        paid(shop, number, **({"currency": "USD"} if number == "NEVER" else {}))
        told(shop, number) if number not in {"NOCALL", "NOBILL"} else None
    for number, status in (("PENDING", "pending"), ("CLOSED", "closed")):
        shop.order(number, status, amount=6, created_at=at(10))
        told(shop, number)
    told(shop, "ONLYCALL")
    path = bill(
        tmp_path,
        line("OK"),
        line("COUPON", "5.00"),
        line("DOUBLE"),
        line("DOUBLE").replace("4200T-DOUBLE", "4300T-DOUBLE"),
        line("CURRENCY").replace("`CNY", "`HKD"),
        line("NOCALL"),
        line("REFUND"),
        line("REFUND", refund="R1"),
        line("PENDING"),
        line("CLOSED"),
        line("ORPHAN"),
        back="6.00",
    )
    status, out, _ = reconcile("--bill", path)
    found = kinds(out)
    assert status == 1
    assert found.keys() == {
        "paid_pending", "paid_closed", "no_order", "not_in_bill", "callback_not_in_bill", "no_callback", "amount_bill",
        "amount_callback", "currency", "paid_twice", "refunded",
    }  # fmt: skip
    for kind, number in (
        ("paid_pending", "PENDING"), ("paid_closed", "CLOSED"), ("no_order", "T-ORPHAN"), ("not_in_bill", "NOBILL"),
        ("callback_not_in_bill", "T-ONLYCALL"), ("amount_bill", "COUPON"), ("currency", "CURRENCY"),
        ("paid_twice", "DOUBLE"), ("refunded", "REFUND"),
    ):  # fmt: skip
        assert number.casefold() in found[kind].casefold()
    assert "1.00" in found["amount_bill"]
    assert found["no_callback"].split()[-1].casefold() in {"t-orphan", "nocall"}
    assert " 2 " in found["no_callback"]


def test_the_export_is_held_against_the_orders_of_the_day(shop, reconcile, tmp_path):
    for number in ("OK", "MISSING", "AMOUNT", "FEN", "TWICE"):
        paid(shop, number)
        told(shop, number)
    paid(shop, "MIDNIGHT", 0, created_at=at(0, 0))
    told(shop, "MIDNIGHT", 0)
    paid(shop, "TOMORROW", 0, created_at=at(0, 0, day=26), paid_at=at(0, 1, day=26))
    path = export(
        tmp_path, "OK,6.00", "AMOUNT,5.50", "FEN,600", "TWICE,6.00", "TWICE,6.00", "TOMORROW,6.00", "STRANGE,7.00",
        "2.02601E+16,6.00", "MIDNIGHT,¥6.00",
    )  # fmt: skip
    status, out, _ = reconcile("--export", path)
    found = kinds(out)
    assert status == 1
    assert found.keys() == {"not_in_export", "not_in_orders", "other_day", "amount_export", "repeated", "damaged"}
    for kind, number in (
        ("not_in_export", "MISSING"),
        ("other_day", "TOMORROW"),
        ("not_in_orders", "STRANGE"),
        ("repeated", "TWICE"),
    ):
        assert number in found[kind]
    assert "594.50" in found["amount_export"]


def test_all_differences_are_written_and_no_cell_is_a_formula(shop, reconcile, tmp_path):
    paid(shop, "N1")
    told(shop, "N1")
    for number in range(15):
        paid(shop, f"M{number}")
        told(shop, f"M{number}")
    path = export(tmp_path, "N1,6.00", "\"=cmd|' /C calc'!A1\",1.00")
    status, out, _ = reconcile("--export", path, "--out", tmp_path / "out")
    assert status == 1
    assert "…" in kinds(out)["not_in_export"]
    with (tmp_path / "out" / f"differences-{DAY}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[2] for row in rows if row[0] == "not_in_export"] == sorted(f"M{n}" for n in range(15))
    assert [row[2] for row in rows if row[0] == "not_in_orders"] == ["'=cmd|' /C calc'!A1"]
    book = list(sheets.rows(tmp_path / "out" / f"differences-{DAY}.xlsx"))
    assert [row for row in book if row[:1] == ["not_in_orders"]][-1][2] == "'=cmd|' /C calc'!A1"


def test_a_window_that_is_eight_hours_off_is_suspected(shop, reconcile, tmp_path):
    for hour in (1, 3, 5, 7, 9, 13, 20):
        paid(shop, f"D{hour}", hour)
        told(shop, f"D{hour}", hour)
    for hour in (2, 4, 6):
        paid(shop, f"E{hour}", hour, created_at=at(hour, day=26), paid_at=at(hour, 1, day=26))
    rows = [f"D{hour},6.00" for hour in (9, 13, 20)] + [f"E{hour},6.00" for hour in (2, 4, 6)]
    _, out, _ = reconcile("--export", export(tmp_path, *rows))
    assert "8 hours later than the day" in out


def test_a_server_that_cuts_what_it_joins_is_read_row_by_row(shop, reconcile, tmp_path, mariadb):
    for number in range(40):
        paid(shop, f"N{number}", created_at=at(10), paid_at=at(10, 1))
        told(shop, f"N{number}")
    path = bill(tmp_path, *(line(f"N{number}") for number in range(40)))
    joined = reconcile("--bill", path)
    mariadb.execute("SET GLOBAL group_concat_max_len = 1024")
    try:
        assert reconcile("--bill", path) == joined
    finally:
        mariadb.execute("SET GLOBAL group_concat_max_len = DEFAULT")
    assert joined[0] == 0


def test_what_cannot_be_done_is_status_2_with_the_reason(shop, reconcile, tmp_path):
    path = bill(tmp_path, line("N1"), count=5)
    status, out, err = reconcile("--bill", path)
    assert (status, out) == (2, "")
    assert "bill.csv:4: the bill says 总交易单数 5" in err
    assert path.exists()
    page = tmp_path / "page.csv"
    page.write_text("<html><title>log in</title>")
    assert reconcile("--export", page)[0] == 2
    assert "no such file" in reconcile("--export", tmp_path / "gone.csv")[2]
    assert "which shop" in reconcile("--shop", "nain", "--export", page)[2]
    with pytest.raises(SystemExit):
        main(["reconcile", "--date", "yesterday"])
