"""Bills are believed when they are whole, and refused with the line when they are not."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from exporter.bills import Terms, entries
from exporter.sheets import SheetFaultError
from tests.bills.files import alipay_bill, alipay_line, alipay_zip, wechat_bill, wechat_line

AT = datetime(2026, 1, 25, 2, tzinfo=UTC)


def read(tmp_path, data, name="bill.csv", **terms):
    path = tmp_path / name
    path.write_bytes(data)
    return list(entries(path, terms=Terms(**terms)))


def test_a_bill_of_wechat_pay_gives_payments_and_refunds_in_fen_and_utc(tmp_path):
    data = wechat_bill(wechat_line("SO1", "6.00"), wechat_line("SO2", "2.50", refund="RF1"), back="2.50")
    paid, back = read(tmp_path, data)
    assert (paid.trade_no, paid.transaction, paid.amount, paid.currency) == ("SO1", "4200SO1", 600, "CNY")
    assert (paid.at, paid.channel, paid.state, paid.line) == (AT, "wechat", "paid", 2)
    assert (back.state, back.amount, back.refund) == ("refunded", 250, "RF1")


def test_commas_and_quotes_in_goods_are_no_cells_of_a_wechat_bill(tmp_path):
    [paid] = read(tmp_path, wechat_bill(wechat_line("SO1", "6.00", goods='5"屏, 红, "大"')))
    assert paid.amount == 600


def test_older_bills_say_it_in_older_words(tmp_path):
    head = "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额"
    line = "`2018-01-25 10:00:00,`wx,`16,`0,`,`42,`SO1,`o,`JSAPI,`SUCCESS,`CMB,`CNY,`5.00,`1.00"
    data = f"{head}\n{line}\n总交易单数,总交易额,总退款金额\n`1,`5.00,`0.00\n".encode("gb18030")
    assert read(tmp_path, data)[0].amount == 600


def test_a_bill_downloaded_with_tar_type_gzip_is_read(tmp_path):
    assert len(read(tmp_path, gzip.compress(wechat_bill(wechat_line("SO1", "6.00"))), "bill.gz")) == 1


def test_a_fund_flow_gives_payments_and_checks_its_sums(tmp_path):
    head = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
    lines = [
        "`2026-01-25 10:00:00,`4200,`10,`交易,`交易,`收入,`6.00,`6.00,`system,`,`SO1",
        "`2026-01-25 10:00:00,`4200,`11,`扣除交易手续费,`扣除交易手续费,`支出,`0.04,`5.96,`system,`,`SO1",
        "`2026-01-25 11:00:00,`5000,`12,`退款,`退款,`支出,`1.00,`4.96,`system,`,`RF1",
    ]
    end = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`3,`1,`6.00,`2,`1.04\n"
    paid, back = read(tmp_path, "\n".join([head, *lines, end]).encode("utf-8-sig"))
    assert (paid.trade_no, paid.amount, paid.state) == ("SO1", 600, "paid")
    assert (back.refund, back.amount, back.state) == ("RF1", 100, "refunded")
    with pytest.raises(SheetFaultError, match="支出金额"):
        read(tmp_path, "\n".join([head, *lines, end.replace("1.04", "1.05")]).encode("utf-8-sig"))


def test_a_bill_of_alipay_is_read_from_its_archive(tmp_path):
    bill = alipay_bill(alipay_line("SO1", "6.00"), alipay_line("SO2", "2.50", refund="RF1"), back=("1", "2.50"))
    paid, back = read(tmp_path, alipay_zip(bill), "bill.zip")
    assert (paid.trade_no, paid.transaction, paid.amount, paid.at, paid.channel) == (
        "SO1",
        "2026SO1",
        600,
        AT,
        "alipay",
    )
    assert (back.state, back.amount, back.refund) == ("refunded", 250, "RF1")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (wechat_bill(wechat_line("SO1", "6.00"), count=2), "bill.csv:4: the bill says 总交易单数 2, its lines give 1"),
        (wechat_bill(wechat_line("SO1", "6.00"), paid="7.00"), "应结订单总金额 7.00, its lines give 6.00"),
        (wechat_bill(wechat_line("SO1", "6.00")).split(b"\xe6\x80\xbb\xe4\xba\xa4")[0], "no last line with 总交易单数"),
        (wechat_bill(wechat_line("SO1", "6.00")).replace(b",`0.60%", b""), "bill.csv:2: 26 cells under a header of 27"),
        (
            wechat_bill(wechat_line("SO1", "6.x0"), paid="6.00"),
            "bill.csv:2: column 应结订单金额: '6.x0' is not an amount",
        ),
        (wechat_bill(wechat_line("SO1", "6.00", at="25/1")), "bill.csv:2: column 交易时间: '25/1' is not a time"),
        (wechat_bill(wechat_line("SO1", "6.00", state="?")), "'\\?' is a state that no bill"),
        (wechat_bill(wechat_line("2.02601E+16", "6.00")), "column 商户订单号: scientific"),
        (alipay_bill(alipay_line("SO1", "6.00"), end=False), "no end of its list"),
        (alipay_bill(alipay_line("SO1", "6.00"), paid=("2", "6.00")), "交易合计 2, its lines give 1"),
        (alipay_bill(alipay_line("SO1", "6.00"), paid=("1", "5.00")), "交易实收 5.00, its lines give 6.00"),
        (alipay_bill(alipay_line("SO1", "6.00", refund="R"), paid=("0", "0"), back=("1", "5.00")), "退款实收 5.00"),
        (b"a,b\n1,2\n", "neither a bill"),
    ],
)
def test_a_bill_that_is_not_whole_is_refused_with_its_line(tmp_path, data, said):
    with pytest.raises(SheetFaultError, match=said):
        read(tmp_path, data)


@pytest.mark.parametrize(
    "text",
    [
        "微信支付账单明细,,,,\n微信昵称：[x],,,\n交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n",
        "导出信息：\n姓名：x\n交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号\n",
    ],
    ids=["wechat", "alipay"],
)
def test_the_export_of_a_personal_app_is_refused_by_name(tmp_path, text):
    with pytest.raises(SheetFaultError, match="somebody's own WeChat or Alipay app"):
        read(tmp_path, text.encode("gb18030"))


def test_a_service_providers_bill_counts_for_the_shop_it_is_asked_for(tmp_path):
    data = wechat_bill(wechat_line("SO1", "6.00", sub="1900001"), wechat_line("SO2", "7.00", sub="1900002"))
    with pytest.raises(SheetFaultError, match=r"several sub-merchants.*sub_merchant"):
        read(tmp_path, data)
    assert [entry.trade_no for entry in read(tmp_path, data, sub_merchant="1900002")] == ["SO2"]
