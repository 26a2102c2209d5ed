from __future__ import annotations

from decimal import Decimal

import pytest

from exporter import sheets
from exporter.sheets import Number, SheetFaultError, damage, fen, header, is_summary, money, rounded

COLUMNS = {"number": ["订单编号", "order no"], "amount": ["实付金额(元)", "金额"]}


def read(*lines):
    return header("orders.csv", iter(list(enumerate([line.split(",") for line in lines], 1))), COLUMNS, ["number"])


def test_the_header_stands_below_titles_and_its_names_are_forgiven_their_form():
    found = read("订单导出", "时间：2026-01-25,", " 订单编号\t,买家,实付金额（元）", "SO1,x,1.00")
    assert found.line == 3
    assert found.at == {"number": 0, "amount": 2}
    assert found.names == ("订单编号", "买家", "实付金额（元）")


def test_a_file_without_the_header_is_told_what_it_has_instead():
    with pytest.raises(SheetFaultError, match=r"number: one of 订单编号, order no .*nearest row: 单号, 金额"):
        read("单号,金额", "SO1,1.00")
    with pytest.raises(SheetFaultError, match="no rows"):
        read()


@pytest.mark.parametrize(
    "row", ["合计,,12.00", ",总计：,3", "小 计", "共 12 笔,1", "Total,1", "总交易单数,1", "汇总(元),2", "`合计,1"]
)
def test_rows_of_sums_are_known(row):
    assert is_summary(row.split(","))


@pytest.mark.parametrize("row", ["SO1,合计", "合计科技有限公司,1", "Totally,1", "2026,总计", ",,", "总计划,1"])
def test_rows_of_data_are_not_taken_for_sums(row):
    assert not is_summary(row.split(","))


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("12.50", "12.50"), ("¥1,234.50", "1234.50"), ("￥ 8", "8"), ("（3.00）", "-3.00"), ("-0.01", "-0.01"),
        ("１２．５０", "12.50"), ("`6.00", "6.00"), ("6.00\t", "6.00"), ("12元", "12"), ("1.2E+3", "1.2E+3"),
        ("CNY 5.00", "5.00"), ('="7.00"', "7.00"), ("5.00-", "-5.00"), (" 12.00", "12.00"), ("0.015", "0.015"),
    ],
)  # fmt: skip
def test_money_is_read_as_people_write_it(cell, amount):
    assert money(cell) == Decimal(amount)


@pytest.mark.parametrize("cell", ["", "-", "--", "\t", "`"])
def test_no_amount_is_none_and_not_nothing(cell):
    assert money(cell) is None


@pytest.mark.parametrize("cell", ["1.2.3", "abc", "NaN", "1e999999", "inf", "=1+1", "12.50.", "1 of 2"])
def test_what_is_no_amount_is_no_amount(cell):
    with pytest.raises(ValueError, match="is not an amount"):
        money(cell)


def test_fen_are_whole_or_stay_exact():
    assert [fen("12.50"), fen("-0.01"), fen("7"), fen(Number("19.989999999999998")), fen("0.015"), fen("")] == [
        1250, -1, 700, 1999, Decimal("1.5"), None,
    ]  # fmt: skip
    assert isinstance(fen("7"), int)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("2.02601E+16", "scientific"),
        ("20260125123456000", ""),
        (Number("20260125123456789"), "15 digits"),
        ("20260125123456789", ""),
        ("SO2026012512345000", ""),
        ("202601250000", ""),
        (Number("202601251234"), ""),
        ("`4200001234567890", ""),
    ],
)
def test_order_numbers_that_lost_digits_are_told(number, said):
    found = damage(number)
    assert (said in found) if said else found == ""


def test_clean_takes_off_what_keeps_a_number_a_text():
    assert [sheets.clean(cell) for cell in ("`12", "12\t", "'12", '="12"', "\ufeff12 ", "a`b")] == ["12"] * 5 + ["a`b"]


def test_long_numbers_that_end_in_zeros_may_have_been_rounded():
    numbers = ["20260125123456000", "20260125123456789", "202601250000", "SO2026012512345000", "20260125123456000.0"]
    assert [rounded(number) for number in numbers] == [True, False, False, False, True]
