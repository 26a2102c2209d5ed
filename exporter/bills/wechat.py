"""WeChat Pay's bills as merchants download them: the trade bill and the fund flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import compress, islice, repeat
from operator import add

from exporter.bills.form import BATCH, Block, Line, Page, text
from exporter.bills.lines import Lines
from exporter.bills.nouns import Entry, State, Terms
from exporter.sheets import Kept, SheetFaultError, clean, fen, folded, is_blank

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


def trade(page: Page, terms: Terms) -> Iterator[list[Entry]]:
    """The trade bill; raises SheetFaultError at the end when its last line does not agree."""
    columns, sub = _Columns(page), _Sub(page, terms)
    for block in _blocks(page, _TRADE_TOTALS):
        found = columns.entries(block)
        page.line = block.lines[-1]
        yield list(compress(found, sub.counting(block)))
    page.agree()


def _blocks(page: Page, totals: dict[str, str]) -> Iterator[Block]:
    lines, width = _lines(page, totals), len(page.names)
    while True:
        block = page.lines.block(width) if isinstance(page.lines, Lines) else None
        if block is None:
            block = Block.of(list(islice(lines, BATCH)), width)
        if not block.lines:
            return
        page.totals["count"] += len(block.lines)
        yield block


class _Columns:
    """Where a trade bill has what, and its entries, worked out column by column."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._when, self._status = page.need("交易时间"), page.need("交易状态")
        self._ours, self._theirs = page.need("商户订单号"), page.need("微信订单号")
        self._settled, self._coupon = page.need("应结订单金额", "总金额"), page.at("代金券金额", "代金券或立减优惠金额")
        self._full, self._back = page.at("订单金额"), page.at("退款金额")
        self._refund, self._currency = page.at("商户退款单号", "微信退款单号"), page.at("货币种类")
        self._texts, self._states = Kept(text), Kept(_state)

    def entries(self, block: Block) -> list[Entry]:
        page, count = self._page, len(block.lines)
        amounts = settled = page.amounts(block, self._settled, "settled")
        if self._full is not None:
            amounts = page.amounts(block, self._full, "amount")
        elif self._coupon is not None:
            amounts = list(map(add, settled, page.amounts(block, self._coupon)))
        returned = page.amounts(block, self._back, "refund") if self._back is not None else settled
        states = page.column(block, self._status, self._states)
        if "refunded" in states or "revoked" in states:
            both = zip(amounts, returned, states, strict=True)
            amounts = [amount if state == "paid" else back for amount, back, state in both]
        fields = (
            page.numbers(block, self._ours),
            [each or None for each in block.column(self._theirs)],
            amounts,
            self._optional(block, self._currency, "CNY"),
            page.moments(block, self._when),
            repeat("wechat", count),
            states,
            [each or "" for each in self._optional(block, self._refund, "")],
            block.lines,
        )
        return list(map(Entry._make, zip(*fields, strict=True)))

    def _optional(self, block: Block, place: int | None, otherwise: str) -> list[str | None]:
        return [otherwise] * len(block.lines) if place is None else self._page.column(block, place, self._texts)


def _state(cell: str) -> State:
    state = _STATES.get(clean(cell))
    if state is None:
        raise ValueError(f"{cell[:40]!r} is a state that no bill of WeChat Pay has")
    return state


def fund(page: Page, terms: Terms) -> Iterator[Entry]:  # noqa: ARG001 - a fund flow has no sub-merchants
    """The payments and refunds of the fund flow; fees, withdrawals and the like only count for its sums."""
    when, theirs, ours = page.need("记账时间"), page.need("微信支付业务单号"), page.need("业务凭证号")
    kind, way, amount = page.need("业务类型"), page.need("收支类型"), page.need("收支金额(元)")
    for line, row in _lines(page, _FUND_TOTALS):
        page.line = line
        page.count("count")
        side = "in" if clean(row[way]) == "收入" else "out"
        page.count(f"{side} count")
        moved = page.fen(row, amount, side)
        state: State | None = {"交易": "paid", "退款": "refunded"}.get(clean(row[kind]))  # type: ignore[assignment]
        if state is None or (state == "paid") != (side == "in"):
            continue
        at = page.moment(row, when)
        refund = page.number(row[ours]) if state == "refunded" else ""
        number = "" if refund else page.number(row[ours])
        yield Entry(number, text(row[theirs]), moved, "CNY", at, "wechat", state, refund, page.line)
    page.agree()


def _lines(page: Page, totals: dict[str, str]) -> Iterator[Line]:
    """The lines of data, as wide as the header; the two lines of sums, which end them, are in `page.said`."""
    head: list[str] = []
    width = len(page.names)
    for line, row in page.lines:
        if len(row) >= width:
            yield line, row
            continue
        page.line = line
        if head:
            page.said_on = line
            pairs = zip(head, row, strict=False)
            page.said = {name: _said(page, totals[name], cell) for name, cell in pairs if name in totals}
            return
        if folded(row[0]) in totals:
            head = [folded(name) for name in row]
        elif not is_blank(row):
            raise page.fault(f"{len(row)} cells under a header of {width}")
    advice = "it is cut: download it again"
    raise SheetFaultError(page.file, f"no last line with {next(iter(totals))}", advice, line=page.line)


def _said(page: Page, name: str, cell: str) -> tuple[str, int | Decimal | None]:
    try:
        return name, int(clean(cell)) if name.endswith("count") else fen(cell)
    except ValueError as error:
        raise page.fault(str(error)) from None


class _Sub:
    """Whose lines count: a service provider's bill holds those of all the shops that it serves."""

    def __init__(self, page: Page, terms: Terms) -> None:
        self._page, self._wanted = page, terms.sub_merchant
        self._place, self._texts = page.at("特约商户号", "子商户号"), Kept(text)
        self._seen = set[str]()

    def counting(self, block: Block) -> Iterable[bool]:
        """For each row whether it counts."""
        if self._place is None:
            return repeat(not self._wanted, len(block.lines))
        found = list(map(self._texts.__getitem__, block.column(self._place)))
        if self._wanted:
            return [each == self._wanted for each in found]
        self._seen |= {each for each in found if each}
        if len(self._seen) > 1:
            advice = "say whose lines count: sub_merchant: '…'"
            said = "a service provider's bill with several sub-merchants (特约商户号)"
            raise SheetFaultError(self._page.file, said, advice, line=self._page.line)
        return repeat(True, len(block.lines))
