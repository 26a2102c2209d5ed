"""Alipay's trade bill (业务明细) as merchants download it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from exporter.bills.form import Page, text
from exporter.bills.nouns import Entry, Terms
from exporter.sheets import SheetFaultError, clean, fen, folded

TRADE = frozenset(map(folded, ("支付宝交易号", "商户订单号", "业务类型")))

_SUM = re.compile(r"#\s*(交易|退款)合计[:：]\s*(\d+)\s*笔.*?实收(?:退款)?共\s*(-?[\d,.]+)\s*元")
_END = re.compile(r"#-+.*(明细列表|明细)结束")


def trade(page: Page, terms: Terms) -> Iterator[Entry]:  # noqa: ARG001 - the bill is of one merchant
    """Raises SheetFaultError at the end when the bill is cut or its sums do not agree."""
    ours, theirs, kind = page.need("商户订单号"), page.need("支付宝交易号"), page.need("业务类型")
    begun, done = page.need("创建时间"), page.at("完成时间")
    amount, received = page.need("订单金额(元)", "订单金额"), page.at("商家实收(元)", "商家实收")
    refund, ended = page.at("退款批次号/请求号", "退款批次号"), False
    for row in page.rows():
        if row[0].lstrip().startswith("#"):
            joined = ",".join(row)
            ended = ended or bool(_END.match(joined.lstrip()))
            _agree(page, joined)
            continue
        if len(row) < len(page.names):
            raise page.fault(f"{len(row)} cells under a header of {len(page.names)}")
        name = clean(row[kind])
        back = "退款" in name
        moved = page.fen(row, amount)
        page.fen(row, received, "退款" if back else "交易")
        page.count("退款 count" if back else "交易 count")
        if not back and name != "交易":
            continue
        at = done if done is not None and clean(row[done]) else begun
        yield Entry(
            page.number(row[ours]),
            text(row[theirs]),
            _absolute(moved) if back else moved,
            "CNY",
            page.moment(row, at),
            "alipay",
            "refunded" if back else "paid",
            (text(row[refund]) or "") if back and refund is not None else "",
            page.line,
        )
    if not ended:
        advice = "it is cut: download it again"
        raise SheetFaultError(page.file, "no end of its list (#…业务明细列表结束)", advice, line=page.line)


def _absolute(amount: int | Decimal) -> int | Decimal:
    return -amount if amount < 0 else amount


def _agree(page: Page, line: str) -> None:
    found = _SUM.search(line)
    if not found:
        return
    kind, count, total = found[1], found[2], found[3]
    if kind in page.totals:
        page.totals[kind] = _absolute(page.totals[kind])
    amount = fen(total)
    page.said = {
        f"{kind}合计": (f"{kind} count", int(count)),
        f"{kind}实收": (kind, None if amount is None else _absolute(amount)),
    }
    page.agree()
