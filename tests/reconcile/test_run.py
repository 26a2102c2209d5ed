"""A whole reconciliation where trade numbers are not order numbers, and over every way of reading."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exporter.mapping import load
from exporter.reconcile import Day, Reconciliation, Wanted, slices
from exporter.shop import Shop
from tests.bills.files import alipay_bill, alipay_line, wechat_bill, wechat_line
from tests.probes.plain import Plain, on_sqlite, schema
from tests.sheets.test_rows import workbook

BEIJING = ZoneInfo("Asia/Shanghai")
DAY = Day(date(2026, 1, 25), BEIJING)


def at(hour, minute=0, second=0):
    return datetime(2026, 1, 25, hour, minute, second, tzinfo=BEIJING)


@pytest.fixture
def lite(tmp_path):
    shop = on_sqlite(tmp_path)
    yield shop
    shop.close()


def outcome(shop, **wanted):
    done = Reconciliation(shop, Wanted(DAY, **wanted), lambda *_: None)
    with done.tallies:
        done.run()
        return {kind: (tally.count, [each.number for each in tally]) for kind, tally in done.tallies}, done


def fill(lite, count, **more):
    for number in range(count):
        when = at(10) + timedelta(seconds=more.get("every", 1) * number)
        lite.order(f"N{number}", "paid", created_at=when, paid_at=when, amount=6)
        lite.callback(f"N{number}", when, amount_fen=600)


def bill(tmp_path, *numbers):
    path = tmp_path / "bill.csv"
    path.write_bytes(
        wechat_bill(
            *(wechat_line(f"T-{number}", "6.00").replace(f"4200T-{number}", f"wx-{number}") for number in numbers)
        )
    )
    return path


@pytest.mark.parametrize("joins", [True, False])
@pytest.mark.parametrize("every", [0, 1, 600])
def test_slices_hold_every_row_once_however_they_crowd(lite, tmp_path, monkeypatch, joins, every):
    monkeypatch.setattr(slices, "SLICE", 10)
    fill(lite, 50, every=every)
    if not joins:
        monkeypatch.setattr(slices.Slices, "__init__", singly(slices.Slices.__init__))
    found, done = outcome(lite.shop(), bills=[bill(tmp_path, *(f"N{number}" for number in range(50)))])
    assert found == {}
    assert done.sides["orders"].rows == done.sides["callbacks"].rows == 50
    assert done.sides["orders"].money == 50 * 600


@pytest.mark.server
def test_postgres_joins_rows_as_well(postgres, tmp_path):
    statements = [each.replace("DATETIME", "TIMESTAMP") for each in schema()]
    url = postgres.url(postgres.database("reconciled", *statements))

    def sql(given):
        postgres.execute(*given, database="reconciled")

    shop = Plain(url, sql)
    fill(shop, 3)
    shop.order("N3", created_at=at(23, 59, 59))
    found, done = outcome(shop.shop(), bills=[bill(tmp_path, "N0", "N1", "N2", "N3")])
    shop.close()
    assert found == {"paid_pending": (1, ["N3"]), "amount_bill": (1, ["N3"]), "no_callback": (1, ["N3"])}
    assert done.sides["orders"].rows == 4


def singly(init):
    def made(self, *given):
        init(self, *given)
        self._joins = False

    return made


def test_a_payment_of_an_order_of_another_day_is_found_by_its_number(lite, tmp_path):
    lite.order("OLD", "pending", created_at=at(10) - timedelta(days=2), amount=6)
    found, _ = outcome(lite.shop(), bills=[bill(tmp_path, "OLD")])
    assert found == {"paid_pending": (1, ["OLD"]), "no_callback": (1, ["OLD"])}


def test_bills_of_several_channels_count_together(lite, tmp_path):
    fill(lite, 2)
    ours, theirs = bill(tmp_path, "N0"), tmp_path / "alipay.csv"
    theirs.write_bytes(alipay_bill(alipay_line("T-N1", "6.00")))
    found, done = outcome(lite.shop(), bills=[ours, theirs])
    assert found == {}
    assert done.sides["bill"].rows == 2


def test_an_order_without_a_trade_number_is_no_payment(tmp_path, lite):
    fill(lite, 1)
    lite.order("GIFT", "paid", created_at=at(11), paid_at=at(11), out_trade_no="", amount=6)
    found, _ = outcome(lite.shop(), bills=[bill(tmp_path, "N0")])
    assert found == {}


def test_a_number_that_a_workbook_holds_as_a_number_is_damaged_wherever_it_stands(lite, tmp_path):
    fill(lite, 1)
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'
    end = "</row><row>"
    whole, damaged = [text.format("N0"), "<c><v>6</v></c>"], ["<c><v>20260125123456789</v></c>", "<c><v>6</v></c>"]
    sheet = [text.format("订单号"), text.format("金额"), end, *whole, end, *damaged]
    path = tmp_path / "export.xlsx"
    path.write_bytes(workbook(*sheet))
    found, _ = outcome(lite.shop(), exports=[path])
    assert found == {"damaged": (1, ["20260125123456789"])}


def test_over_a_link_one_payment_may_be_for_several_orders(tmp_path, lite):
    plain = load("plain")
    lite.sql(["CREATE TABLE pay_link (pay_no TEXT, order_no TEXT)", "CREATE INDEX pay_link_no ON pay_link (pay_no)"])
    lite.sql([f"INSERT INTO pay_link VALUES ('P1', 'N{number}')" for number in (0, 1)])
    fill(lite, 2)
    lite.sql(["DELETE FROM pay_callback"])
    lite.callback("X", at(10), out_trade_no="P1", amount_fen=1200, transaction_id="wx")
    hop = {"table": "pay_link", "from": "pay_no", "to": "order_no"}
    callbacks = {**plain.callbacks.model_dump(by_alias=True, exclude_unset=True), "link": [hop]}
    orders = {**plain.orders.model_dump(by_alias=True, exclude_unset=True)}
    orders["columns"] = {**orders["columns"], "trade_no": "order_no"}
    mapping = load({"orders": orders, "callbacks": callbacks, "zone": "+08:00"})
    shop = Shop.open("main", lite.url, None, mapping, memory=lite)
    path = tmp_path / "bill.csv"
    path.write_bytes(wechat_bill(wechat_line("P1", "12.00").replace("4200P1", "wx")))
    found, done = outcome(shop, bills=[path])
    shop.close()
    assert found == {}
    assert done.sides["bill"].money == 1200
