"""A plan for reservations past their time, run by the database's own client."""

import pytest

from tests.repair.shops import ago, planned, told


def held(desk, number, *, status="pending", reserved=5, quantity=2, sku=None):
    """A reservation of two hours ago for an order, and its row of stock; the keys of the three."""
    order = desk.plain.order(number, status, created_at=ago(hours=2))
    stock = desk.plain.stock("A", sku or f"S-{number}", 10, reserved)
    lock = desk.plain.lock(order, ago(hours=2), sku_id=sku or f"S-{number}", quantity=quantity)
    return order, stock, lock


def stale(desk, capsys):
    lines = told(desk, capsys, "negative_stock").splitlines()
    return sum(float(each.rsplit(" ", 1)[1]) for each in lines if "stale_reservations{" in each)


def test_a_plan_releases_and_gives_back_and_does_neither_the_second_time(desk, capsys):
    _, stock, lock = held(desk, "N1")
    other_stock = desk.plain.stock("A", "S-GONE", 3, 4)
    gone = desk.plain.lock(999, ago(hours=2), sku_id="S-GONE", quantity=4)
    held(desk, "PAID", status="paid")
    before = desk.hashes()
    plan = planned(desk, capsys, "reservations")
    assert desk.changed(before) == set()
    assert stale(desk, capsys) == 2
    desk.client(plan)
    assert desk.changed(before) == {
        ("inventory", stock),
        ("inventory_lock", lock),
        ("inventory", other_stock),
        ("inventory_lock", gone),
    }
    rows = desk.rows(f"SELECT quantity, reserved FROM inventory WHERE id IN ({stock}, {other_stock}) ORDER BY id")
    assert rows == [(10, 3), (3, 0)]
    assert desk.rows(f"SELECT status FROM inventory_lock WHERE id = {lock}") == [("released",)]
    assert stale(desk, capsys) == 0
    after = desk.hashes()
    desk.client(plan)
    assert desk.changed(after) == set()


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE orders SET status = 'paid' WHERE id = {order}",
        "UPDATE inventory SET reserved = 1 WHERE id = {stock}",
        "UPDATE inventory_lock SET status = 'shipped' WHERE id = {lock}",
        "UPDATE inventory_lock SET quantity = 1 WHERE id = {lock}",
        "DELETE FROM inventory WHERE id = {stock}",
    ],
)
def test_neither_row_changes_when_any_of_the_three_did(desk, capsys, meanwhile):
    order, stock, lock = held(desk, "N1")
    plan = planned(desk, capsys, "reservations")
    assert "UPDATE" in plan.read_text(encoding="utf-8")
    desk.plain.sql([meanwhile.format(order=order, stock=stock, lock=lock)])
    before = desk.hashes()
    desk.client(plan)
    assert desk.changed(before) == set()


def test_an_order_that_appears_after_all_keeps_its_reservation(desk, capsys):
    desk.plain.stock("A", "S1", 10, 5)
    desk.plain.lock(999, ago(hours=2))
    plan = planned(desk, capsys, "reservations")
    desk.plain.order("LATE", id=999, created_at=ago(hours=2))
    before = desk.hashes()
    desk.client(plan)
    assert desk.changed(before) == set()


def test_what_an_order_that_was_paid_holds_is_not_given_back(lite, capsys):
    held(lite, "N1")
    lite.plain.callback("N1", ago(minutes=30))
    text = planned(lite, capsys, "reservations").read_text(encoding="utf-8")
    assert "the order was paid: repair the order first (pending_paid)" in text
    assert "UPDATE" not in text


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"reserved": 1}, "has only 1 reserved, fewer than 2"),
        ({"quantity": 0}, "an unclear quantity: 0"),
    ],
)
def test_a_doubtful_reservation_is_left_to_a_person(lite, capsys, more, why):
    held(lite, "N1", **more)
    text = planned(lite, capsys, "reservations").read_text(encoding="utf-8")
    assert why in text
    assert "UPDATE" not in text


def test_hostile_names_of_goods_stay_in_their_quotes(desk, capsys):
    keys = [held(desk, f"N{place}", sku=sku) for place, sku in enumerate(("S'\\; --", "S\n''", "货\\'号"))]
    before = desk.hashes()
    desk.client(planned(desk, capsys, "reservations"), *desk.other_escapes)
    assert {key for _, key in desk.changed(before)} == {key for _, *pair in keys for key in pair}
    assert stale(desk, capsys) == 0
