"""What payment channels say of a shop's payments, from files: merchants' bills, and logs of callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from exporter.bills import alipay, notices, wechat
from exporter.bills.form import BATCH, Line, Page
from exporter.bills.lines import Lines
from exporter.bills.nouns import BEIJING, Entry, RsaKey, State, Terms
from exporter.bills.signature import public_key
from exporter.sheets import File, Limits, Part, SheetFaultError, folded, lines, numbered, parts
from exporter.sheets import batches as texts

__all__ = ["BEIJING", "Entry", "RsaKey", "State", "Terms", "batches", "entries", "public_key"]

Reader = Callable[[Page, Terms], Iterator[list[Entry]]]

_READERS: tuple[tuple[frozenset[str], Reader], ...] = (
    (wechat.TRADE, wechat.trade),
    (wechat.FUND, lambda page, terms: _batched(wechat.fund(page, terms))),
    (alipay.TRADE, lambda page, terms: _batched(alipay.trade(page, terms))),
)
_PERSONAL = frozenset(map(folded, ("交易对方", "收/支")))
_ABOVE = 60
"""So many lines may stand above the header."""


def entries(file: File, name: str = "", terms: Terms | None = None, limits: Limits | None = None) -> Iterator[Entry]:
    """The entries of a bill or of a log of callbacks, whichever the file is.

    Raises SheetFaultError, at the latest after the last entry: only then is a bill known to be whole.
    """
    return chain.from_iterable(batches(file, name, terms, limits))


def batches(
    file: File, name: str = "", terms: Terms | None = None, limits: Limits | None = None
) -> Iterator[list[Entry]]:
    """The same, some thousands at a time."""
    terms, read = terms or Terms(), False
    for part in parts(file, name, limits):
        if "汇总" in part.name.rpartition("/")[2]:
            continue
        read = True
        yield from _batched(notices.entries(part, terms)) if part.kind == "json" else _bill(part, terms)
    if not read:
        raise SheetFaultError(name or str(file), "only a summary (汇总)", "give the bill with its details (业务明细)")


def _batched(found: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def _bill(part: Part, terms: Terms) -> Iterator[list[Entry]]:
    found = _lines(part)
    for count, (line, row) in enumerate(found):
        names = [folded(cell) for cell in row]
        known = set(names)
        if known >= _PERSONAL:
            text = "a list of payments from somebody's own WeChat or Alipay app, which names no order"
            advice = "download the merchant's bill: pay.weixin.qq.com 交易中心 or b.alipay.com 对账中心"
            raise SheetFaultError(part.name, text, advice, line=line)
        for wanted, reader in _READERS:
            if known >= wanted:
                yield from reader(Page(part.name, names, found, line), terms)
                return
        if notices.HEADER & known:
            yield from _batched(notices.table(part, names, found, terms))
            return
        if count >= _ABOVE:
            break
    text = "neither a bill of WeChat Pay or Alipay nor a log of callbacks"
    raise SheetFaultError(part.name, text, "docs/reconcile.md lists what is read")


def _lines(part: Part) -> Iterator[Line]:
    """Rows as the bill's own form has them; WeChat Pay's are no CSV: their commas are not quoted."""
    if part.kind == "xlsx":
        return numbered(part)
    first = next((text for _, text in lines(part) if text.strip()), "")
    if {"微信订单号", "资金流水单号"} & set(first.split(",")):
        return Lines(texts(part, BATCH))
    return numbered(part, delimiter="," if first.lstrip().startswith("#") else None)
