"""WeChat Pay's bills as merchants download them: the trade bill and the fund flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from exporter.bills.form import Page, text
from exporter.bills.nouns import Entry, State, Terms
from exporter.sheets import SheetFaultError, clean, fen, folded

TRADE = frozenset(map(folded, ("交易时间", "微信订单号", "商户订单号", "交易状态")))
FUND = frozenset(map(folded, ("记账时间", "资金流水单号", "业务凭证号")))

_STATES: dict[str, State] = {"SUCCESS": "paid", "REFUND": "refunded", "REVOKED": "revoked"}
_TRADE_TOTALS = {
    "总交易单数": "count",
    "应结订单总金额": "settled",
    "总交易额": "settled",
    "订单总金额": "amount",
    "退款总金额": "refund",
    "总退款金额": "refund",
}
_FUND_TOTALS = {
    "资金流水总笔数": "count",
    "收入笔数": "in count",
    "收入金额": "in",
    "支出笔数": "out count",
    "支出金额": "out",
}


def cells(line: str) -> list[str]:
    """A line of data: every cell begins with a backtick, and a comma without one belongs to the text."""
    return line[1:].split(",`") if line.startswith("`") else line.split(",")


def trade(page: Page, terms: Terms) -> Iterator[Entry]:
    """The trade bill; raises SheetFaultError at the end when its last line does not agree."""
    at = {name: page.need(name) for name in ("交易时间", "微信订单号", "商户订单号", "交易状态")}
    when, ours, theirs, status = at["交易时间"], at["商户订单号"], at["微信订单号"], at["交易状态"]
    settled, coupon = page.need("应结订单金额", "总金额"), page.at("代金券金额", "代金券或立减优惠金额")
    full, back, refund = page.at("订单金额"), page.at("退款金额"), page.at("商户退款单号", "微信退款单号")
    currency, sub = page.at("货币种类"), _Sub(page, terms)
    for row in _lines(page, _TRADE_TOTALS):
        paid = page.fen(row, settled, "settled")
        amount = page.fen(row, full, "amount") if full is not None else paid + page.fen(row, coupon)
        returned = page.fen(row, back, "refund")
        state = _STATES.get(clean(row[status]))
        if state is None:
            raise page.fault(f"a state {row[status]!r} that no bill of WeChat Pay has", "交易状态")
        if sub.counts(row):
            yield Entry(
                page.number(row[ours]),
                text(row[theirs]),
                amount if state == "paid" else returned,
                text(row[currency]) if currency is not None else "CNY",
                page.moment(clean(row[when]), "交易时间"),
                "wechat",
                state,
                (text(row[refund]) or "") if refund is not None else "",
                page.line,
            )


def fund(page: Page, terms: Terms) -> Iterator[Entry]:  # noqa: ARG001 - a fund flow has no sub-merchants
    """The payments and refunds of the fund flow; fees, withdrawals and the like only count for its sums."""
    when, theirs, ours = page.need("记账时间"), page.need("微信支付业务单号"), page.need("业务凭证号")
    kind, way, amount = page.need("业务类型"), page.need("收支类型"), page.need("收支金额(元)")
    for row in _lines(page, _FUND_TOTALS):
        side = "in" if clean(row[way]) == "收入" else "out"
        page.count(f"{side} count")
        moved = page.fen(row, amount, side)
        state: State | None = {"交易": "paid", "退款": "refunded"}.get(clean(row[kind]))  # type: ignore[assignment]
        if state is None or (state == "paid") != (side == "in"):
            continue
        at = page.moment(clean(row[when]), "记账时间")
        refund = page.number(row[ours]) if state == "refunded" else ""
        number = "" if refund else page.number(row[ours])
        yield Entry(number, text(row[theirs]), moved, "CNY", at, "wechat", state, refund, page.line)


def _lines(page: Page, totals: dict[str, str]) -> Iterator[Sequence[str]]:
    """The lines of data, as wide as the header; the two lines of sums end them, and must be there."""
    head: list[str] = []
    for row in page.rows():
        if head:
            said = {
                name: (totals[name], int(clean(value)) if totals[name].endswith("count") else _sum(page, value))
                for name, value in zip(head, row, strict=False)
                if name in totals
            }
            page.agree(said)
            return
        if folded(row[0]) in totals:
            head = [folded(name) for name in row]
            continue
        if len(row) < len(page.names):
            raise page.fault(f"{len(row)} cells under a header of {len(page.names)}")
        page.count("count")
        yield row
    advice = "it is cut: download it again"
    raise SheetFaultError(page.file, f"no last line with {next(iter(totals))}", advice, line=page.line)


def _sum(page: Page, value: str) -> int | Decimal | None:
    try:
        return fen(value)
    except ValueError as error:
        raise page.fault(str(error)) from None


class _Sub:
    """Whose lines count: a service provider's bill holds those of all the shops that it serves."""

    def __init__(self, page: Page, terms: Terms) -> None:
        self._page, self._wanted = page, terms.sub_merchant
        self._place = page.at("特约商户号", "子商户号")
        self._seen = ""

    def counts(self, row: Sequence[str]) -> bool:
        found = text(row[self._place]) or "" if self._place is not None else ""
        if self._wanted:
            return found == self._wanted
        if found and self._seen and found != self._seen:
            advice = "say whose lines count: sub_merchant: '…'"
            said = "a service provider's bill with several sub-merchants (特约商户号)"
            raise SheetFaultError(self._page.file, said, advice, line=self._page.line)
        self._seen = self._seen or found
        return True
