"""What is usual, by the clock on the shop's wall, and how often chance alone is called a fault."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from exporter.probes.order_rate.baseline import Past, Usual, median, same_time
from exporter.probes.order_rate.buckets import DAY, HOUR, WEEK, History, bucket_of, start_of
from exporter.probes.order_rate.days import Except, days
from exporter.probes.order_rate.ledger import Ledger
from exporter.probes.order_rate.verdict import OF_CREATED, Bench
from tests.probes.plain import NOW

END = bucket_of(NOW)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def never(_):
    return False


def bench(zone=SHANGHAI, excepted=never, end=END, **histories):
    ledgers = {event: Ledger(since=end, history=History().until(end).with_counts(c)) for event, c in histories.items()}
    return Bench(ledgers, end, zone, excepted, 10)


def flat(per_bucket, now=None, *, since=END - 8 * WEEK - DAY, end=END):
    """The same in every bucket, and `now` in those of the last hour."""
    counts = dict.fromkeys(range(since, end), per_bucket)
    return counts if now is None else {**counts, **dict.fromkeys(range(end - HOUR, end), now)}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_the_median_has_as_many_above_it_as_below(values):
    middle = median(values)
    assert sum(value < middle for value in values) <= len(values) / 2 >= sum(value > middle for value in values)


def test_47_orders_where_2300_are_usual_lie_far_below():
    past = Usual.of([2300, 2280, 2340, 2290, 2310, 2250, 2400, 2300])
    assert past.deviations(47) > 9
    assert past.deviations(2100) < 1


def test_a_wild_past_does_not_excuse_a_tenth_of_what_is_usual():
    wild = Usual.of([400, 900, 1500, 2300, 2300, 3500, 4000, 5200])
    assert wild.deviations(0.3 * wild.expected) < 4
    assert wild.deviations(0.09 * wild.expected) > 4


def test_the_same_time_is_that_of_the_wall_also_over_a_change_of_the_clock():
    summer = datetime(2026, 3, 29, 10, 0, tzinfo=BERLIN)  # clocks went forward that night
    assert start_of(same_time(bucket_of(summer), 1, BERLIN)) == summer.astimezone(UTC) - timedelta(hours=23)
    assert start_of(same_time(bucket_of(summer), 7, BERLIN)).astimezone(BERLIN).hour == 10
    assert same_time(END, 7, SHANGHAI) == END - WEEK


def test_the_hour_that_a_clock_shows_twice_and_the_one_it_leaves_out_have_a_past():
    for hour in (0, 1, 2):
        moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        past = Past.of(bucket_of(moment), HOUR, BERLIN, never)
        assert len(past.weeks) == 8
        assert len(past.days) == 6


def test_excepted_days_are_no_baseline():
    week_ago = NOW.date() - timedelta(weeks=1)
    past = Past.of(END, HOUR, SHANGHAI, lambda day: day == week_ago)
    assert len(past.weeks) == 7
    midnight = bucket_of(datetime(2026, 3, 1, 0, 30, tzinfo=SHANGHAI))
    past = Past.of(midnight, HOUR, SHANGHAI, lambda day: day == date(2026, 2, 21))
    assert len(past.weeks) == 7  # the window began the evening before


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("11-11", ["2025-11-11", "2031-11-11"], ["2025-11-12"]),
        ("2026-02-16..2026-02-23", ["2026-02-16", "2026-02-20", "2026-02-23"], ["2026-02-24", "2027-02-20"]),
        ("12-30..01-02", ["2025-12-31", "2026-01-02"], ["2026-01-03", "2025-12-29"]),
        ("02-29", ["2028-02-29"], ["2027-02-28"]),
        (date(2026, 6, 18), ["2026-06-18"], ["2027-06-18"]),
    ],
)
def test_days_are_written_as_people_write_them(written, inside, outside):
    found = days(written)
    assert all(date.fromisoformat(day) in found for day in inside)
    assert not any(date.fromisoformat(day) in found for day in outside)
    assert days(str(found)) == found


@pytest.mark.parametrize(
    "written", ["1111", "11-31", "2026-02-23..2026-02-16", "11-11..2026-11-12", "..", "a..b", 1111]
)
def test_days_that_are_none_are_refused_with_what_to_write(written):
    with pytest.raises(ValidationError, match="write"):
        TypeAdapter(Except).validate_python(written)


def test_eight_weeks_are_the_baseline_and_days_stand_in_while_the_shop_is_young():
    old = bench(created=flat(100, now=98)).verdict("created")
    assert (old.value, old.usual.expected, old.usual.points, old.judged) == (98 * HOUR, 1200, 14, True)
    young = bench(created=flat(100, since=END - 2 * WEEK - DAY)).verdict("created")
    assert (young.usual.points, young.judged) == (8, True)
    baby = bench(created=flat(100, since=END - WEEK - DAY)).verdict("created")
    assert (baby.usual.points, baby.judged) == (7, False)


def test_days_without_one_order_tell_nothing_of_what_is_usual():
    counts = flat(100) | dict.fromkeys(range(END - 8 * WEEK - DAY, END - 3 * WEEK), 0)
    verdict = bench(created=counts).verdict("created")
    assert (verdict.usual.expected, verdict.usual.points) == (1200, 8)


def test_a_quiet_hour_is_judged_over_a_longer_window():
    told = [
        bench(created=flat(0) | dict.fromkeys(range(END - 8 * WEEK - DAY, END, step), 1)).verdict("created")
        for step in (1, 2, 5, 9)
    ]
    assert [(each.length // HOUR, each.judged) for each in told] == [(1, True), (2, True), (6, True), (1, False)]


def test_payments_are_held_against_the_orders_that_came():
    fewer = bench(created=flat(100, now=40), paid=flat(80, now=32))
    assert fewer.verdict("created").ratio == pytest.approx(0.4)
    assert fewer.verdict(OF_CREATED).ratio == pytest.approx(1)
    unpaid = bench(created=flat(100), paid=flat(80, now=8)).verdict(OF_CREATED)
    assert unpaid.ratio == pytest.approx(0.1)
    assert unpaid.usual.deviations(unpaid.value) > 4


def silent(bench, minutes):
    ledgers = {
        "created": Ledger(
            since=END, history=bench.ledgers["created"].history, last=NOW - timedelta(minutes=minutes, seconds=1)
        )
    }
    return Bench(ledgers, bench.end, bench.zone, bench.excepted, 10).missed("created", NOW, 600)


def test_a_silence_costs_what_would_usually_have_come():
    stopped = flat(20) | dict.fromkeys(range(END - 3, END), 0)
    assert silent(bench(created=stopped), 9) == 0
    assert silent(bench(created=stopped), 15) == 60
    assert silent(bench(created=flat(20, since=END - DAY)), 15) is None


def test_a_shop_that_closes_at_night_or_has_a_quiet_day_does_not_stand_still():
    closes = {b: 0 if (b - END) % DAY >= DAY - 3 else 20 for b in range(END - 8 * WEEK - DAY, END)}
    assert silent(bench(created=closes), 15) == 0
    holiday = flat(20) | dict.fromkeys(range(END - DAY, END - 3), 1) | dict.fromkeys(range(END - 3, END), 0)
    assert silent(bench(created=holiday), 15) == 3


def past_of(seed, noise, peak, weeks):
    """Running sums of five-minute counts: a weekly profile, drift, Poisson, and log-normal noise hour by hour."""
    chance = random.Random(seed)
    sums = [0]
    for hour in range(weeks * 168):
        day, clock = divmod(hour % 168, 24)
        profile = 0.03 + (math.sin((clock - 6) / 18 * math.pi) ** 1.5 if clock > 6 else 0) * (1.25 if day > 4 else 1)
        drift = 1 + 0.2 * math.sin(hour / 1500) + hour / 80_000
        rate = peak / HOUR * profile * drift * math.exp(chance.gauss(0, noise))
        for _ in range(HOUR):
            sums.append(
                sums[-1] + (max(0, round(chance.gauss(rate, math.sqrt(rate)))) if rate > 25 else poisson(chance, rate))
            )
    return sums


def poisson(chance, rate):
    floor, product, count = math.exp(-rate), chance.random(), 0
    while product > floor:
        product, count = product * chance.random(), count + 1
    return count


WEEKS8, DAYS6 = [WEEK * n for n in range(1, 9)], [DAY * n for n in range(1, 7)]


@pytest.mark.parametrize(("noise", "most"), [(0.10, 0.5), (0.25, 1.5)])
@pytest.mark.parametrize("peak", [2300, 120])
@pytest.mark.parametrize(("alike", "others"), [(WEEKS8, DAYS6), (WEEKS8[:4] + DAYS6, [])], ids=["grown", "young"])
def test_chance_alone_is_called_a_fault_at_most_15_times_in_10_000_hours(noise, most, peak, alike, others):
    """Judged every five minutes, as the probe does, in windows as it chooses them; 16,000 hours."""
    sums = past_of(20260123, noise, peak, 104)
    alarms, until = 0, -1

    def orders(end, length):
        return sums[end] - sums[end - length]

    for end in range(8 * WEEK + DAY, len(sums)):
        for length in (HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR):
            points = [orders(end - back, length) for back in alike]
            if median(points) >= 10:
                break
        else:
            continue
        value = orders(end, length)
        if value < 0.5 * median(points):
            usual = Usual.of(points, [orders(end - back, length) for back in others])
            if usual.deviations(value) > 4:
                alarms, until = alarms + (end > until), end + 3  # keep_firing_for: 15m
    assert 1000 * alarms / ((len(sums) - 8 * WEEK - DAY) / HOUR) <= most
