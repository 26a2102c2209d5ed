"""Bills as the payment channels write them."""

from __future__ import annotations

import io
import zipfile

WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def wechat_line(number, yuan, *, at="2026-01-25 10:00:00", refund="", sub="0", goods="手机壳, 红", state=""):
    paid, back = ("0.00", yuan) if refund else (yuan, "0.00")
    state = state or ("REFUND" if refund else "SUCCESS")
    return ",".join(
        f"`{cell}"
        for cell in (
            at, "wx1", "16001", sub, "", f"4200{number}", number, "oX", "JSAPI", state, "PSBC_DEBIT", "CNY", paid, "0.00",
            f"50{refund}" if refund else "0", refund or "0", back, "0.00", "ORIGINAL" if refund else "", "SUCCESS" if refund else "",
            goods, "", "0.04000", "0.60%", paid, back, "",
        )
    )  # fmt: skip


def wechat_bill(*lines, count=None, paid=None, back="0.00"):
    count = len(lines) if count is None else count
    paid = f"{sum(float(line.split(',`')[-3]) for line in lines):.2f}" if paid is None else paid
    summary = f"`{count},`{paid},`{back},`0.00,`0.04,`{paid},`{back}"
    return "\r\n".join([WECHAT_HEAD, *lines, WECHAT_SUM, summary, ""]).encode("utf-8-sig")


ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_line(number, yuan, *, at="2026-01-25 10:00:00", refund=""):
    kind = "退款" if refund else "交易"
    money = f"-{yuan}" if refund else yuan
    row = [f"2026{number}", number, kind, "手机壳", at, at, "", "", "", "", "*户(138******00)", money, money]
    row += ["0.00"] * 5 + ["", "0.00", "0.00", refund, "0.00", "0.00", ""]
    return ",".join(f"{cell}\t" for cell in row)


def alipay_bill(*lines, paid=("1", "6.00"), back=("0", "0.00"), end=True):
    text = [
        "#支付宝业务明细查询",
        "#账号：[20880000000000000156]",
        "#起始日期：[2026年01月25日 00:00:00]   终止日期：[2026年01月26日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY_HEAD,
        *lines,
    ]
    if end:
        text += [
            "#-----------------------------------------业务明细列表结束------------------------------------",
            f"#交易合计：{paid[0]}笔，商家实收共{paid[1]}元，商家优惠共0.00元",
            f"#退款合计：{back[0]}笔，商家实收退款共{back[1]}元，商家优惠退款共0.00元",
            "#导出时间：[2026年01月26日 10:10:10]",
        ]
    return "\r\n".join([*text, ""]).encode("gb18030")


def alipay_zip(bill):
    """With names in GBK, as it is downloaded."""
    plain = {"20880_20260125_XXXXXXXX.csv": bill, "20880_20260125_XXXXXXXX(XXXX).csv": "#汇总".encode("gb18030")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in plain.items():
            archive.writestr(name, data)
    return (
        buffer.getvalue()
        .replace(b"XXXXXXXX", "业务明细".encode("gb18030"))
        .replace(b"(XXXX)", "(汇总)".encode("gb18030"))
    )
