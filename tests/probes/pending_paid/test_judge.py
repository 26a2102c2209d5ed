"""The pure core: every kind of contradiction is seen, and its everyday look-alikes are not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.model import Sample
from exporter.probes.pending_paid import tell
from exporter.probes.pending_paid.judge import examine, judge
from exporter.probes.pending_paid.memory import Link, Memory
from exporter.probes.pending_paid.nouns import KINDS, Order, Payment, Terms

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
COLUMNS = frozenset({"orders.paid", "orders.transaction", "orders.channel", "callbacks.transaction"})
TERMS = Terms(now=NOW, columns=COLUMNS)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def payment(trade_no: str = "T1", *, at: datetime | None = None, **more) -> Payment:
    return Payment(
        trade_no, at or ago(minutes=10), **{"transaction": "wx-1", "amount": 12800, "channel": "wechat", **more}
    )


def order(state: str | None = "paid", number: str = "N1", **more) -> Order:
    healthy = {"created": ago(hours=1), "paid": ago(minutes=10), "transaction": "wx-1", "payment_known": True}
    bare = {"created": ago(hours=1)}
    rows = bare if state in {"pending", "closed"} else healthy
    return Order(number, state, **{"trade_no": "T1", "amount": 12800, "channel": "wechat", **rows, **more})


def kinds(*payments: Payment, orders=None, terms: Terms = TERMS) -> set[str]:
    return {issue.kind for issue in judge(payments, orders or {}, terms)}


def test_a_paid_order_is_no_issue():
    assert judge([payment()], {"T1": [order("paid")]}, TERMS) == []


def test_a_payment_of_a_pending_order_counts_from_the_payment_not_from_the_order():
    late = payment(at=ago(minutes=10))
    (issue,) = judge([late], {"T1": [order("pending", created=ago(days=9))]}, TERMS)
    assert (issue.kind, issue.ref, issue.since, issue.amount) == ("pending_paid", "N1", late.at, 12800)


def test_an_order_paid_twice_while_pending_waits_since_the_first_payment():
    twice = [payment(at=ago(minutes=5)), payment(at=ago(minutes=50))]
    found = [i for i in judge(twice, {"T1": [order("pending")]}, TERMS) if i.kind == "pending_paid"]
    assert [i.since for i in found] == [ago(minutes=50)]


@pytest.mark.parametrize("seconds", [0, 60, 119, 120])
def test_a_payment_within_the_grace_is_in_flight(seconds):
    assert kinds(payment(at=ago(seconds=seconds)), orders={"T1": [order("pending")]}) == set()


def test_a_status_that_the_mapping_does_not_know_is_not_pending():
    assert kinds(payment(), orders={"T1": [order(None)]}) == set()


def test_a_deposit_waits_for_the_rest_only_where_deposits_are_sold():
    part, half_paid = payment(amount=2000), {"T1": [order("pending")]}
    assert "pending_paid" in kinds(part, orders=half_paid)
    assert kinds(part, orders=half_paid, terms=replace(TERMS, deposits=True)) == set()
    assert "pending_paid" in kinds(payment(), orders=half_paid, terms=replace(TERMS, deposits=True))


def test_money_for_a_closed_order_is_an_anomaly():
    assert kinds(payment(), orders={"T1": [order("closed")]}) == {"paid_after_close"}


def test_an_order_paid_and_later_refunded_and_closed_is_not():
    assert kinds(payment(), orders={"T1": [order("closed", payment_known=True)]}) == set()


def test_a_payment_without_an_order_is_an_orphan_named_by_its_trade_number():
    (issue,) = judge([payment("T9")], {}, TERMS)
    assert (issue.kind, issue.ref) == ("orphan_callback", "T9")


def test_a_recharge_on_the_same_merchant_account_is_no_orphan():
    assert kinds(payment("RC2026001"), terms=replace(TERMS, foreign=("RC*",))) == set()


@pytest.mark.parametrize("paid", [12799, 12801, 0, Decimal("12800.5")])
def test_another_amount_than_the_orders_is_a_mismatch(paid):
    assert kinds(payment(amount=paid), orders={"T1": [order()]}) == {"amount_mismatch"}


@pytest.mark.parametrize(
    ("paid", "due"),
    [
        ({"amount": None}, {}),
        ({}, {"amount": None}),
        ({"currency": "USD"}, {"currency": "CNY"}),
        ({"amount": Decimal(12800)}, {}),
    ],
    ids=["NULL paid", "NULL due", "other currency", "Decimal"],
)
def test_amounts_that_cannot_differ_are_not_compared(paid, due):
    assert kinds(payment(**paid), orders={"T1": [order(**due)]}) == set()


def test_one_payment_for_several_orders_is_not_compared_with_any_of_them():
    orders = {"T1": [order(number="N1", amount=5000), order(number="N2", amount=7800)]}
    assert kinds(payment(), orders=orders) == set()


def test_one_payment_for_several_pending_orders_leaves_each_of_them_stuck():
    orders = {"T1": [order("pending", "N1", amount=5000), order("pending", "N2", amount=7800)]}
    assert {i.ref for i in judge([payment()], orders, TERMS)} == {"N1", "N2"}


def test_two_transactions_of_one_order_are_a_double_payment_not_a_mismatch():
    twice = [payment(), payment(transaction="ali-7", at=ago(minutes=5))]
    assert kinds(*twice, orders={"T1": [order()]}) == {"double_payment"}


def test_two_attempts_with_their_own_trade_numbers_are_a_double_payment_too():
    twice = [payment("A1"), payment("A2", transaction="wx-2")]
    one = order()
    assert kinds(*twice, orders={"A1": [one], "A2": [one]}) == {"double_payment"}


def test_a_payment_in_two_parts_is_neither_double_nor_a_mismatch():
    parts = [payment(amount=10000), payment(transaction="wx-2", amount=2800)]
    assert kinds(*parts, orders={"T1": [order()]}) == set()


def test_the_same_notification_again_is_normal():
    again = [payment(at=ago(minutes=10)), payment(at=ago(minutes=9, seconds=45))]
    assert kinds(*again, orders={"T1": [order()]}) == set()


def test_three_notifications_within_a_minute_are_a_storm_and_over_an_hour_are_not():
    storm = [payment(at=ago(minutes=10, seconds=-n)) for n in (0, 15, 30)]
    slow = [payment(at=ago(minutes=10 + 3 * n)) for n in range(5)]
    assert kinds(*storm, orders={"T1": [order()]}) == {"callback_storm"}
    assert kinds(*slow, orders={"T1": [order()]}) == set()


def test_a_callback_without_transaction_is_missing_it_only_where_the_column_is_mapped():
    bare = payment(transaction=None)
    assert kinds(bare, orders={"T1": [order()]}) == {"missing_transaction"}
    assert kinds(bare, orders={"T1": [order()]}, terms=Terms(now=NOW)) == set()


def test_wechat_has_stopped_calling_after_24_hours_and_4_minutes():
    stuck = {"T1": [order("pending")]}
    assert kinds(payment(at=ago(hours=24, minutes=3)), orders=stuck) == {"pending_paid"}
    assert kinds(payment(at=ago(hours=24, minutes=5)), orders=stuck) == {"pending_paid", "retry_exhausted"}


def row(order_: Order, callbacks: bool | None = None, terms: Terms = TERMS) -> set[str]:
    return {issue.kind for issue in examine(order_, terms, callbacks)}


def test_a_pending_order_with_a_paid_time_or_a_transaction_is_half_written():
    assert row(order("pending", paid=ago(minutes=9))) == {"half_written"}
    assert row(order("pending", transaction="wx-1")) == {"half_written"}
    assert row(order("pending")) == set()


def test_a_pending_order_whose_payment_is_known_is_counted_once_as_pending_paid():
    assert row(order("pending", paid=ago(minutes=9)), callbacks=True) == set()


def test_a_paid_order_without_paid_time_is_half_written_only_where_the_column_is_mapped():
    assert row(order("paid", paid=None)) == {"half_written"}
    assert row(order("paid", paid=None), terms=Terms(now=NOW)) == set()


@pytest.mark.parametrize("noise", [{"amount": 0}, {"channel": "Balance"}])
def test_free_and_offline_orders_need_no_payment(noise):
    terms = replace(TERMS, offline=frozenset({"balance"}))
    assert row(order("paid", paid=None, transaction=None, **noise), callbacks=False, terms=terms) == set()


def test_a_paid_order_without_any_callback_is_a_ghost():
    assert row(order("paid"), callbacks=False) == {"paid_without_callback"}
    assert row(order("paid"), callbacks=None) == set()
    assert row(order("paid", paid=ago(seconds=30)), callbacks=False) == set()


def test_an_order_paid_before_it_was_made_or_in_the_future_tells_of_a_clock():
    assert row(order("paid", paid=ago(hours=2))) == {"time_order"}
    assert "time_order" in row(order("paid", paid=ago(hours=-8)))
    assert row(order("paid", paid=ago(hours=1, seconds=4))) == set()


def test_only_the_kinds_that_a_shop_can_show_are_told():
    only = replace(TERMS, kinds=frozenset({"pending_paid"}))
    assert kinds(payment(amount=1), orders={"T1": [order("pending")]}, terms=only) == {"pending_paid"}


# --- properties -----------------------------------------------------------------------------------------------------

names = st.sampled_from(["T1", "T2", "T3"])
times = st.integers(0, 200_000).map(lambda s: NOW - timedelta(seconds=s))
amounts = st.none() | st.integers(0, 300) | st.decimals(0, 300, places=2)
payments = st.lists(
    st.builds(Payment, names, times, st.sampled_from([None, "a", "b"]), amounts, st.sampled_from([None, "CNY"])),
    max_size=12,
)
states = st.sampled_from([None, "pending", "paid", "shipped", "done", "closed"])
rows = st.builds(Order, st.sampled_from(["N1", "N2", "N*_3\n"]), states, amount=amounts, paid=st.none() | times)
books = st.dictionaries(names, st.lists(rows, max_size=2))


@given(payments, books)
def test_no_case_is_told_twice_and_none_without_a_payment_older_than_the_grace(told, book):
    issues = judge(told, book, TERMS)
    assert len({(i.kind, i.ref) for i in issues}) == len(issues)
    assert all(i.since < NOW - TERMS.grace for i in issues)


@given(payments, books)
def test_the_order_in_which_payments_are_read_and_repeated_changes_nothing(told, book):
    assert judge(told, book, TERMS) == judge([*reversed(told), *told], book, TERMS)


@given(payments, books)
def test_only_a_pending_order_can_be_paid_yet_pending(told, book):
    pending = {o.number for orders in book.values() for o in orders if o.state == "pending"}
    assert {i.ref for i in judge(told, book, TERMS) if i.kind == "pending_paid"} <= pending


@given(payments, books)
def test_when_every_order_is_repaired_no_order_is_pending(told, book):
    repaired = {name: [replace(o, state="paid") for o in orders] for name, orders in book.items()}
    assert not {"pending_paid", "retry_exhausted"} & {i.kind for i in judge(told, repaired, TERMS)}


@given(payments, books)
def test_every_stuck_order_is_in_exactly_one_cell_and_all_money_is_counted(told, book):
    issues = judge(told, book, TERMS)
    stuck = [i for i in issues if i.kind == "pending_paid"]
    samples: list[Sample] = list(tell.pending(issues, ["wechat"], ["CNY"], NOW))
    assert sum(s.value for s in samples if s.metric is tell.ORDERS) == len(stuck)
    money = sum(s.value for s in samples if s.metric is tell.AMOUNT)
    assert money == pytest.approx(float(sum(Decimal(i.amount or 0) for i in stuck)) / 100)
    assert [s.value for s in samples if s.metric is tell.OLDEST] == (
        [min(i.since for i in stuck).timestamp()] if stuck else []
    )


@given(payments, st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), unique=True), st.none() | times)
def test_what_is_remembered_is_what_was_known(told, numbers, mark):
    memory, full = Memory(read=mark, seen=frozenset(p.mark for p in told)).with_open(
        told, [Link(p.trade_no, "7", "N1") for p in told], numbers, 500
    )
    assert not full
    assert Memory.loads(memory.dumps()) == memory


@given(payments, st.integers(0, 3))
def test_a_full_memory_keeps_the_oldest_and_says_so(told, cap):
    memory, full = Memory().with_open(told, (), (), cap)
    assert full == (len(set(told)) > cap)
    assert [p.at for p in memory.open] == sorted(p.at for p in set(told))[:cap]


# --- wording --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited", "name"),
    [
        (0, "under_5m"),
        (299, "under_5m"),
        (300, "under_30m"),
        (7199, "under_2h"),
        (7200, "under_24h"),
        (86400, "over_24h"),
    ],
)
def test_an_age_falls_into_one_bucket(waited, name):
    assert tell.age(ago(seconds=waited), NOW) == name


def test_the_evidence_is_bounded_and_the_oldest_with_their_amounts():
    count = tell.EVIDENCE + 10
    many = [payment(f"T{n}", at=ago(minutes=10 + n), transaction=f"x{n}") for n in range(count)]
    orders = {f"T{n}": [order("pending", f"N{n}")] for n in range(count)}
    samples = list(tell.pending(judge(many, orders, TERMS), ["wechat"], ["CNY"], NOW))
    oldest = next(s for s in samples if s.metric is tell.OLDEST)
    assert [case.ref for case in oldest.evidence] == [f"N{n}" for n in range(count - 1, 9, -1)]
    assert oldest.evidence[0].note == "¥128.00"


def test_known_channels_ages_currencies_and_kinds_start_at_zero():
    samples = list(tell.pending([], ["wechat", "alipay"], ["CNY"], NOW))
    assert len([s for s in samples if s.metric is tell.ORDERS]) == 10
    assert {s.value for s in samples} == {0}
    assert {s.labels[0] for s in tell.anomalies([], frozenset(KINDS))} == set(KINDS) - {"pending_paid"}


def test_a_broken_memory_is_an_empty_one():
    assert Memory.loads({"open": [["too", "short"]], "read": "yesterday"}) == Memory()
