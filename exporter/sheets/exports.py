"""What exports of orders have in common: the names of their columns, and the numbers of rows at which programs stop."""

from __future__ import annotations

NUMBERS = (
    "订单编号", "订单号", "订单编码", "订单流水号", "主订单编号", "order_no", "order_sn", "orderno", "ordernumber",
    "orderid", "订单ID", "单号", "商户订单号",
)  # fmt: skip
AMOUNTS = (
    "实付金额", "实付款", "实付金额(元)", "实际支付金额", "买家实付金额", "支付金额", "支付金额(元)", "应付金额",
    "订单金额", "订单金额(元)", "订单总金额", "订单总额", "总金额", "金额", "金额(元)", "pay_amount", "orderamount",
    "amount", "total",
)  # fmt: skip
CREATED = (
    "下单时间", "订单创建时间", "创建时间", "订单提交时间", "提交时间", "order_time", "created_at", "create_time",
    "createtime", "add_time", "createdat",
)  # fmt: skip
PAID = ("支付时间", "付款时间", "订单付款时间", "pay_time", "paytime", "paid_at", "payment_time", "paidat")
"""Blanks in a file's header do not count: `order number` is `ordernumber`."""

_CUTS = frozenset((1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 65_535, 65_536, 100_000, 1_048_575, 1_048_576))
_STEP, _MOST_STEPS = 10_000, 1_000_000


def looks_cut(rows: int) -> bool:
    """Is this a number of rows at which programs stop: a page, Elasticsearch's window, the last row of a sheet?"""
    return rows in _CUTS or (0 < rows <= _MOST_STEPS and rows % _STEP == 0)
