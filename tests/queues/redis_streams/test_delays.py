"""Delays of groups on streams of a real Redis, by its own clock; and what can be said of lists."""

import time

import pytest

pytestmark = pytest.mark.server


@pytest.fixture
def stock(shop):
    """A group that has read nothing yet."""
    shop.xgroup_create("orders", "stock", id="0", mkstream=True)
    return "stock"


def ago(shop, seconds, *, count=1):
    """Entries that came so long ago, a millisecond apart."""
    now, _ = shop.time()
    start = int((now - seconds) * 1000)
    return [shop.xadd("orders", {"n": n}, id=f"{start + n}-0") for n in range(count)]


def took(shop, count, *, ack=True):
    ((_, entries),) = shop.xreadgroup("stock", "worker", {"orders": ">"}, count=count)
    if ack:
        shop.xack("orders", "stock", *(id_ for id_, _ in entries))


def test_a_group_that_has_consumed_all_has_no_delay(either, shop, stock):
    ago(shop, 600, count=5)
    took(shop, 5)
    delay = either.delay("orders", stock)
    assert (delay.seconds, delay.backlog, delay.consumed, delay.estimated) == (0, 0, 5, False)


def test_the_delay_is_the_age_of_the_oldest_message_not_consumed(either, shop, stock):
    ago(shop, 600, count=3)
    took(shop, 3)
    ago(shop, 60, count=7)
    delay = either.delay("orders", stock)
    assert delay.seconds == pytest.approx(60, abs=2)
    assert (delay.backlog, delay.consumed) == (7, 3)


def test_what_was_delivered_and_not_acknowledged_is_not_consumed(either, shop, stock):
    """The consumer that dies in its parser: the group has read on, the message is still open."""
    ago(shop, 720, count=2)
    took(shop, 1, ack=False)
    took(shop, 1)
    ago(shop, 5, count=1)
    delay = either.delay("orders", stock)
    assert delay.seconds == pytest.approx(720, abs=2)
    assert (delay.backlog, delay.consumed) == (2, 1)


def test_a_group_without_a_consumer_says_so(either, shop, stock):
    assert either.delay("orders", stock).consumers == 0
    ago(shop, 1)
    took(shop, 1)
    assert either.delay("orders", stock).consumers is None, "registered is not online: nobody can tell"


def test_all_groups_are_told_without_names_and_an_unknown_one_has_none(either, shop, stock):
    shop.xgroup_create("orders", "mail", id="$")
    assert {each.group for each in either.delays("orders")} == {"stock", "mail"}
    unknown = either.delay("orders", "nobody")
    assert unknown.seconds is None
    assert "no group of this name" in unknown.why
    assert unknown.consumers == 0


def test_a_stale_lag_after_trimming_is_not_believed(either, shop, stock):
    ago(shop, 100, count=1000)
    shop.xtrim("orders", maxlen=10, approximate=False)
    assert shop.xinfo_groups("orders")[0]["lag"] in (1000, 10, None)
    assert either.delay("orders", stock).backlog in (10, None)


def test_a_lag_that_the_server_lost_is_unknown_and_no_zero(either, shop, stock):
    ids = ago(shop, 100, count=10)
    took(shop, 2)
    shop.xdel("orders", ids[5])
    assert shop.xinfo_groups("orders")[0]["lag"] is None
    delay = either.delay("orders", stock)
    assert delay.backlog is None
    assert delay.seconds == pytest.approx(100, abs=2)
    took(shop, 100)
    assert either.delay("orders", stock).backlog == 0


def test_a_message_deleted_while_it_was_pending_still_ages(either, shop, stock):
    (id_,) = ago(shop, 300)
    took(shop, 1, ack=False)
    shop.xdel("orders", id_)
    assert either.delay("orders", stock).seconds == pytest.approx(300, abs=2)


def test_ids_that_are_no_times_give_no_delay(either, shop, stock):
    shop.xadd("orders", {"n": 1}, id="1-1")
    delay = either.delay("orders", stock)
    assert delay.seconds is None
    assert "no times" in delay.why
    assert delay.backlog == 1


def test_a_message_of_the_future_is_no_negative_delay(either, shop, stock):
    ago(shop, -3600)
    assert either.delay("orders", stock).seconds == 0


# --- lists


def test_an_empty_list_is_gone_from_redis_and_not_a_delay_of_nothing(either, shop):
    shop.rpush("jobs", "a")
    first = either.delay("jobs")
    assert (first.seconds, first.backlog) == (None, 1)
    assert "second look" in first.why


def test_a_list_that_stands_still_is_behind_by_that_time_at_least(either, shop):
    shop.rpush("jobs", *map(str, range(1000)))
    either.delay("jobs")
    time.sleep(0.5)
    shop.rpush("jobs", "more")
    delay = either.delay("jobs", "workers")
    assert delay.estimated
    assert delay.seconds == pytest.approx(0.5, abs=0.2)
    assert (delay.backlog, delay.consumed, delay.group) == (1001, 0, "workers")


@pytest.mark.parametrize("left", [True, False])
def test_a_list_that_is_consumed_is_behind_by_what_waits_at_that_pace(asked, shop, left):
    push, pop = (shop.lpush, shop.rpop) if left else (shop.rpush, shop.lpop)
    push("jobs", *map(str, range(1000)))
    asked.delay("jobs")
    begun = time.monotonic()
    for turn in range(5):
        time.sleep(0.1)
        pop("jobs", 20)
        push("jobs", f"new-{turn}")
        delay = asked.delay("jobs")
    pace = 100 / (time.monotonic() - begun)
    assert delay.consumed == 100
    assert delay.seconds == pytest.approx(905 / pace, rel=0.3)


def test_a_short_list_that_is_drained_and_filled_again_has_been_consumed(asked, shop):
    shop.rpush("jobs", "a", "b", "c")
    asked.delay("jobs")
    shop.delete("jobs")
    shop.rpush("jobs", "d")
    assert asked.delay("jobs").consumed == 3
