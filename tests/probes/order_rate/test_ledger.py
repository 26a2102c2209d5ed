"""Counts, totals and what becomes of them: pure, so in every order that a real life may bring."""

import json

from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.order_rate import plan
from exporter.probes.order_rate.buckets import DAY, HOUR, KEPT, WEEK, History, bucket_of, start_of
from exporter.probes.order_rate.ledger import Ledger
from exporter.probes.order_rate.memory import Memory
from tests.probes.plain import NOW

END = bucket_of(NOW)


def cny(orders, amount=None):
    return {"CNY": (orders, orders * 100 if amount is None else amount)}


def counting(ledger, truth, end, *, again=True):
    """One run over `truth`, orders by bucket, all of whose statements are allowed."""
    ledger = ledger.until(end)

    def tally(stretch):
        return {b: cny(truth[b]) if truth.get(b) else {} for b in range(stretch.first, stretch.end)}

    if stretch := plan.urgent(ledger, end):
        ledger = ledger.booked(tally(stretch))
    while stretch := plan.missed(ledger, end, HOUR):
        ledger = ledger.booked(tally(stretch)).settled(range(stretch.first, stretch.end))
    while again and (stretch := plan.again(ledger, end, HOUR)):
        ledger = ledger.booked(tally(stretch)).settled(range(stretch.first, stretch.end))
    return ledger


def test_nothing_is_known_before_it_is_counted_and_that_is_not_0():
    history = History().until(END)
    assert history.total(END, HOUR) is None
    assert history.with_counts(dict.fromkeys(range(END - HOUR, END), 0)).total(END, HOUR) == 0
    assert history.with_counts(dict.fromkeys(range(END - HOUR, END), 0)).total(END - 1, HOUR) is None


@given(st.dictionaries(st.integers(-20, KEPT + 20), st.integers(0, 9), max_size=40), st.integers(-3 * DAY, 9 * WEEK))
def test_a_history_that_moves_on_keeps_what_it_still_holds_and_nothing_else(counts, step):
    first = END - KEPT
    history = History().until(END).with_counts({first + b: n for b, n in counts.items()})
    moved = history.until(END + step)
    assert len(moved.counts) == KEPT
    for place, count in counts.items():
        bucket = first + place
        held = first <= bucket < END and moved.first <= bucket < moved.end
        assert moved.get(bucket) == (count if held else None)
    assert moved.get(END + step) is None


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 9)), st.integers(0, 60), st.integers(0, 60))
def test_what_is_unknown_is_found_and_nothing_outside(counts, one, two):
    first, end = END - 61 + min(one, two), END - 61 + max(one, two)
    history = History().until(END).with_counts({END - 61 + b: n for b, n in counts.items()})
    missing = [b for b in range(first, end) if history.get(b) is None]
    assert history.unknown(first, end) == ((missing[0], missing[-1] + 1) if missing else None)


@given(st.lists(st.tuples(st.integers(1, 100), st.booleans()), min_size=1, max_size=15), st.data())
def test_whenever_it_runs_each_finished_bucket_is_in_the_totals_once(runs, data):
    """`runs`: buckets until the next run, and whether a restart lies between. Gaps are shorter than a day."""
    ends = [END]
    for step, _ in runs:
        ends.append(ends[-1] + step)
    truth = {b: data.draw(st.integers(0, 3)) for b in range(END, ends[-1], 7)}
    ledger = counting(Ledger(), {}, END)
    before = 0
    for end, (_, restarted) in zip(ends[1:], runs, strict=True):
        if restarted:
            ledger = Memory.loads(json.loads(json.dumps(Memory({"created": ledger}).dumps()))).ledgers["created"]
        ledger = counting(ledger, truth, end)
        assert ledger.orders >= before
        before = ledger.orders
    assert ledger.orders == sum(truth.values())
    assert ledger.totals.get("CNY", (0, 0))[1] == 100 * sum(truth.values())


def test_what_is_committed_late_is_added_when_the_hour_is_looked_at_again():
    truth = {END: 5}
    ledger = counting(counting(Ledger(), {}, END), truth, END + 1)
    truth[END] = 7
    ledger = counting(ledger, truth, END + HOUR)
    assert ledger.orders == 5
    ledger = counting(ledger, truth, END + 3 * HOUR)
    assert ledger.orders == 7
    truth[END] = 9
    assert counting(ledger, truth, END + 9 * HOUR).orders == 7


def test_orders_that_are_deleted_were_there():
    truth = {END: 5}
    ledger = counting(counting(Ledger(), {}, END), truth, END + 1)
    truth[END] = 1
    ledger = counting(ledger, truth, END + 3 * HOUR)
    assert (ledger.orders, ledger.totals, ledger.history.get(END)) == (5, {"CNY": (5, 500)}, 5)


@given(st.integers(1, 2 * HOUR), st.integers(0, 3 * HOUR))
def test_a_clock_that_is_set_back_and_right_again_counts_nothing_twice(back, wrong):
    truth = dict.fromkeys(range(END, END + HOUR), 3)
    ledger = counting(counting(Ledger(), {}, END), truth, END + HOUR, again=False)
    ledger = counting(ledger, truth, END + HOUR - min(back, HOUR), again=False)
    ledger = counting(ledger, truth, END + HOUR)
    assert ledger.orders == 3 * HOUR
    assert counting(ledger, truth, END + HOUR + wrong).orders == 3 * HOUR


@given(st.integers(1, 20 * WEEK))
def test_what_a_clock_in_the_future_found_empty_is_counted_when_its_time_has_come(ahead):
    truth = dict.fromkeys(range(END, END + 2 * HOUR), 3)
    ledger = counting(counting(Ledger(), {}, END), truth, END + HOUR)
    nothing_yet = {b: n for b, n in truth.items() if b < END + HOUR}
    ledger = counting(ledger, nothing_yet, END + HOUR + ahead)
    ledger = counting(counting(ledger, nothing_yet, END + HOUR), truth, END + 2 * HOUR)
    assert ledger.history.total(END + 2 * HOUR, HOUR) == 3 * HOUR
    assert ledger.orders == 6 * HOUR


def test_an_absence_of_more_than_a_day_goes_into_the_history_only():
    truth = dict.fromkeys(range(END, END + WEEK), 1)
    ledger = counting(counting(Ledger(), {}, END), truth, END + WEEK)
    assert ledger.orders == DAY
    assert ledger.recent.keys() == set(range(END + WEEK - HOUR, END + WEEK))


@given(st.binary(max_size=40) | st.text(max_size=20))
def test_a_memory_that_cannot_be_read_is_an_empty_one(rubbish):
    stored = Memory({"created": Ledger().until(END)}).dumps()
    stored["ledgers"]["created"]["counts"] = rubbish.hex() if isinstance(rubbish, bytes) else rubbish
    assert Memory.loads(stored) == Memory()
    assert Memory.loads({"ledgers": [1]}) == Memory.loads({"longest": "x"}) == Memory()


def test_a_memory_of_eight_weeks_is_small():
    counts = {b: 150 + hash(start_of(b).minute * b) % 60 for b in range(END - KEPT, END)}
    ledger = Ledger(history=History().until(END).with_counts(counts), since=END)
    assert len(json.dumps(Memory({"created": ledger, "paid": ledger}).dumps())) < 100_000


def test_past_hours_that_verdicts_need_are_counted_first_and_in_the_end_all_are():
    history = History().until(END)
    week_ago = END - WEEK
    first = list(
        dict.fromkeys(s.first // HOUR for s, _ in zip(plan.past(history, [week_ago], HOUR), range(3), strict=False))
    )
    assert first == [week_ago // HOUR - 1, week_ago // HOUR, week_ago // HOUR + 1]
    for stretch in plan.past(history, [week_ago], 5):
        assert stretch.length <= 5
        history = history.with_counts(dict.fromkeys(range(stretch.first, stretch.end), 0))
    assert history.gaps == 0


def test_a_busy_shop_is_counted_in_shorter_stretches():
    busy = History().until(END).with_counts({END - 1: 2_000})
    assert plan.longest(busy, END) == 2
    assert plan.longest(History().until(END).with_counts({END - 1: 90_000}), END) == 1
    assert plan.longest(History().until(END), END) == HOUR
