"""What a day's payments and one order say against each other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from exporter.reconcile import exports
from exporter.reconcile.nouns import Day, Exported, Order, Paid
from exporter.reconcile.payments import Terms, judge, odd
from exporter.reconcile.spill import Rows, cores

DAY = Day(date(2026, 1, 25), ZoneInfo("Asia/Shanghai"))
NOON = DAY.start.timestamp() + 12 * 3600
TERMS = Terms(DAY, offline=frozenset({"cod"}))


def order(state="paid", amount=600, currency="CNY", at=NOON, channel="wechat"):
    return Order("K", amount, currency, "N1", state, at if state == "paid" else None, NOON, channel)


def pay(amount=600, transaction="T1", currency="CNY", back=False):
    return Paid("K", amount, currency, transaction, NOON, back)


def kinds(orders, callbacks, bill, terms=TERMS):
    return {each.kind for each in judge("K", orders, callbacks, bill, terms)}


@pytest.mark.parametrize(
    ("orders", "callbacks", "bill", "expected"),
    [
        ([order()], [pay()], [pay()], set()),
        ([order()], [pay(), pay()], [pay()], set()),
        ([order("pending")], [pay()], [pay()], {"paid_pending"}),
        ([order("closed")], [pay()], [pay()], {"paid_closed"}),
        ([order("closed")], [pay()], [pay(), pay(back=True)], {"refunded"}),
        ([order("pending")], [pay()], [pay(), pay(100, back=True)], {"refunded", "paid_pending"}),
        ([], [pay()], [pay()], {"no_order"}),
        ([order()], [pay()], [], {"callback_not_in_bill"}),
        ([order(at=NOON - 86_400)], [pay()], [], set()),
        ([order()], [], [], {"not_in_bill"}),
        ([order(channel="COD")], [], [], set()),
        ([order(amount=0)], [], [], set()),
        ([order("pending")], [], [], set()),
        ([order()], [], [pay()], {"no_callback"}),
        ([order()], None, [pay()], set()),
        ([order()], [pay()], [pay(500)], {"amount_bill", "amount_callback"}),
        ([order(currency="USD")], [pay()], [pay()], {"currency"}),
        ([order()], [pay()], [pay(), pay(transaction="T2")], {"paid_twice"}),
        ([order()], [pay(200)], [pay(200), pay(400, "T2")], set()),
        ([order(amount=600), order(amount=400)], [pay(1000)], [pay(1000)], set()),
        ([order()], [pay(None)], [pay(None)], set()),
        ([order(amount=Decimal("600.5"))], [pay()], [pay()], {"amount_bill"}),
    ],
)
def test_each_contradiction_has_its_kind(orders, callbacks, bill, expected):
    assert kinds(orders, callbacks, bill) == expected


def test_without_a_bill_callbacks_are_what_was_paid():
    terms = Terms(DAY, bill=False)
    assert kinds([order("pending")], [pay()], [], terms) == {"paid_pending"}
    assert kinds([order()], [], [], terms) == set()
    assert kinds([order()], [pay(500)], [], terms) == {"amount_callback"}


def rows(*amounts):
    keys = [f"K{n}" for n in range(len(amounts))]
    return Rows(cores(keys, amounts, ["CNY"] * len(keys)), ["" for _ in keys])


def test_only_keys_on_which_a_side_differs_get_a_second_look():
    settled = rows(1, 2, 3)
    assert odd(settled, [rows(1, 2, 3), rows(1, 2, 3)]) == set()
    assert odd(settled, [rows(1, 2, 3), rows(1, 9, 3)]) == {"K1"}
    assert odd(settled, [rows(1, 2)]) == {"K2"}
    twice = Rows([*settled.cores, settled.cores[0]], ["", "", "", ""])
    assert odd(settled, [twice]) == {"K0"} == odd(twice, [settled])
    assert odd(rows(1, None), [rows(1, None)]) == set()


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [(600, 60_000, "fen/yuan"), (600, 6, "fen/yuan"), (600, Decimal("600.4"), "float"), (600, 500, "")],
)
def test_the_kind_of_a_difference_in_money_is_told(ours, theirs, said):
    [found] = exports.judge([order(amount=ours)], [Exported("K", theirs, "N1", 7)], of_day=True)
    assert (found.kind, found.note) == ("amount_export", f"line 7 {said}".strip())


def test_rows_of_one_order_may_be_its_parts():
    parts = [Exported("K", 200, "N1", 3), Exported("K", 400, "N1", 4)]
    assert [each.kind for each in exports.judge([order()], parts, of_day=True)] == ["repeated"]
