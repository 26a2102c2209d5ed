"""A plan for orders that are paid and yet pending, run by the database's own client."""

from zoneinfo import ZoneInfo

import pytest

from tests.repair.shops import ago, planned, told

BEIJING = ZoneInfo("Asia/Shanghai")
HOSTILE = (
    "N'; DROP TABLE orders; --",
    "N\\",
    "N\\'; DELETE FROM orders; --",
    "N\n; DELETE FROM orders; --",
    "N */ \u202eabc \u2028x",
    "订单一号😀",
    'N`"$$:x;',
    "N%s%%(x)s{0}",
    "\\! touch hacked",
)


def stuck(desk, number, **more):
    """A pending order and its callback of half an hour ago; the order's key."""
    trade_no = more.pop("trade_no", f"T-{number}")
    order = more.pop("order", {})
    key = desk.plain.order(number, **{"out_trade_no": trade_no, "created_at": ago(hours=1), **order})
    desk.plain.callback(number, ago(minutes=30), **{"out_trade_no": trade_no, "transaction_id": f"wx-{key}", **more})
    return key


def pending(desk, capsys):
    """How many the probe finds paid yet pending."""
    lines = told(desk, capsys, "pending_paid").splitlines()
    return sum(float(each.rsplit(" ", 1)[1]) for each in lines if "pending_paid_orders{" in each)


def test_a_plan_ends_the_fault_changes_nothing_else_and_nothing_the_second_time(desk, capsys):
    keys = [stuck(desk, f"N{each}") for each in range(3)]
    desk.plain.order("PAID", "paid", created_at=ago(hours=1), paid_at=ago(minutes=50), transaction_id="wx-0")
    desk.plain.callback("PAID", ago(minutes=50), transaction_id="wx-0")
    desk.plain.order("UNPAID", created_at=ago(hours=1))
    before, received = desk.hashes(), ago(minutes=30)
    plan = planned(desk, capsys, "pending_paid")
    assert desk.changed(before) == set()
    assert pending(desk, capsys) == 3
    assert "3 cases, 3 rows expected to change" in plan.read_text()
    desk.client(plan)
    assert desk.changed(before) == {("orders", key) for key in keys}
    [row] = desk.rows(f"SELECT status, paid_at, transaction_id, amount FROM orders WHERE id = {keys[0]}")
    assert (row[0], row[2], float(row[3])) == ("paid", f"wx-{keys[0]}", 128)
    assert abs((_beijing(row[1]) - received).total_seconds()) < 5
    assert pending(desk, capsys) == 0
    after = desk.hashes()
    desk.client(plan)
    assert desk.changed(after) == set()


def test_a_row_that_changed_since_the_plan_is_left_alone(desk, capsys):
    closed, dearer, noted, same = (stuck(desk, f"N{each}") for each in range(4))
    plan = planned(desk, capsys, "pending_paid")
    desk.plain.sql(
        [
            f"UPDATE orders SET status = 'closed' WHERE id = {closed}",
            f"UPDATE orders SET amount = 200 WHERE id = {dearer}",
            f"UPDATE orders SET transaction_id = 'other' WHERE id = {noted}",
        ]
    )
    before = desk.hashes()
    desk.client(plan)
    assert desk.changed(before) == {("orders", same)}


@pytest.mark.parametrize("otherwise", [False, True])
def test_no_number_of_an_order_breaks_out_of_a_comment_or_a_literal(desk, capsys, otherwise):
    keys = [stuck(desk, text, trade_no=f"T{place}{text}") for place, text in enumerate(HOSTILE)]
    before = desk.hashes()
    plan = planned(desk, capsys, "pending_paid")
    desk.client(plan, *(desk.other_escapes if otherwise else ()))
    assert desk.changed(before) == {("orders", key) for key in keys}
    assert pending(desk, capsys) == 0
    for line in plan.read_text(encoding="utf-8").split("\n"):
        assert line.isprintable()
        assert line.startswith(("--", "UPDATE", "SET", "WHERE", "SELECT")) or not line


@pytest.mark.parametrize(
    ("order", "callback", "why"),
    [
        ({}, {"amount_fen": 12801}, "the amounts differ: paid ¥128.01, the order ¥128.00"),
        ({"status": "closed"}, {}, "the order is closed"),
        ({"transaction_id": "ali-9"}, {}, "the order bears another transaction: ali-9"),
        ({"currency": "USD"}, {}, "other currencies: CNY / USD"),
        ({}, {"transaction_id": None}, "the payment has no transaction id"),
    ],
)
def test_a_doubtful_case_is_listed_and_has_no_statement(lite, capsys, order, callback, why):
    stuck(lite, "N1", order=order, **callback)
    text = planned(lite, capsys, "pending_paid").read_text(encoding="utf-8")
    assert why in text
    assert "UPDATE" not in text


def test_a_second_payment_and_a_refund_are_left_to_a_person(lite, capsys):
    stuck(lite, "TWICE")
    lite.plain.callback("TWICE", ago(minutes=20), transaction_id="wx-second")
    stuck(lite, "REFUNDED")
    lite.plain.callback("REFUNDED", ago(minutes=20), trade_state="REFUND")
    text = planned(lite, capsys, "pending_paid").read_text(encoding="utf-8")
    assert "2 different payments" in text
    assert "another notification came after the payment: REFUND" in text
    assert "UPDATE" not in text


def test_a_callback_that_failed_before_the_payment_raises_no_doubt(lite, capsys):
    stuck(lite, "N1")
    lite.plain.callback("N1", ago(minutes=40), trade_state="PAYERROR", transaction_id=None)
    assert "UPDATE" in planned(lite, capsys, "pending_paid").read_text(encoding="utf-8")


def test_a_payment_without_an_order_is_left_to_a_person(lite, capsys):
    lite.plain.callback("GHOST", ago(minutes=20))
    assert "there is no such order" in planned(lite, capsys, "pending_paid").read_text(encoding="utf-8")


def _beijing(stored):
    from datetime import datetime

    at = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return at.replace(tzinfo=BEIJING)
