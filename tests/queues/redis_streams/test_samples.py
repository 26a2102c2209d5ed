"""Bodies of a few entries and elements of a real Redis: measured inside the server before any leaves it."""

import json

import pytest

from exporter.queues import Denied
from tests.queues.redis_streams.conftest import PICTURE

pytestmark = pytest.mark.server


def test_an_entry_is_handed_over_as_json_of_its_fields(asked, shop):
    id_ = shop.xadd("orders", {"type": 'a "quoted" \x01 name', "payload": '{"no": 1}', b"raw": b"\xff"})
    found = asked.samples("orders")
    (body,) = found.bodies
    assert (body.message.id, found.arrived, found.estimated) == (id_.decode(), 1, False)
    assert b"\xff" in body.data
    assert json.loads(body.data.replace(b"\xff", b"?")) == {
        "type": 'a "quoted" \x01 name',
        "payload": {"no": 1},
        "raw": "?",
    }


def test_entries_of_up_to_256_kb_are_whole_and_larger_ones_stay_in_the_server(asked, shop):
    for size in (10, 17_000, 262_000, 263_000):
        shop.xadd("orders", {"p": "x" * size})
    found = asked.samples("orders")
    assert [len(each.data) for each in found.bodies] == [18, 17_008, 262_008]
    assert [each.size for each in found.too_large] == [263_001]


def test_a_picture_ends_a_script_and_costs_no_memory(redis, asked, shop):
    for _ in range(3):
        shop.xadd("orders", {"p": PICTURE})
    shop.config_resetstat()
    found = asked.samples("orders")
    assert (found.bodies, [each.size > 12_000_000 for each in found.too_large]) == ((), [True])
    assert shop.info("stats")["total_net_output_bytes"] < 10_000


def test_a_backlog_is_sampled_over_its_time_and_each_entry_once(asked, shop):
    shop.xadd("orders", {"n": "first"}, id="1700000000000-0")
    mark = json.loads(json.dumps(asked.samples("orders").mark))
    for n in range(1000):
        shop.xadd("orders", {"n": n}, id=f"{1700000001000 + n * 10}-0")
    found = asked.samples("orders", mark, count=20)
    numbers = [int(json.loads(each.data)["n"]) for each in found.bodies]
    assert (found.arrived, len(set(numbers))) == (1000, 20)
    assert min(numbers) < 150
    assert max(numbers) > 850
    assert asked.samples("orders", found.mark).arrived == 0


def test_many_entries_of_one_millisecond_are_drawn_one_after_the_other(asked, shop):
    for n in range(50):
        shop.xadd("orders", {"n": n}, id=f"1700000000000-{n}")
    assert len(asked.samples("orders").bodies) == 20


def test_of_a_stream_that_is_trimmed_it_is_estimated_how_many_came(asked, shop):
    for n in range(400):
        shop.xadd("orders", {"n": n}, id=f"{1700000000000 + n * 10}-0", maxlen=200, approximate=False)
    mark = asked.samples("orders").mark
    for n in range(400, 500):
        shop.xadd("orders", {"n": n}, id=f"{1700000000000 + n * 10}-0", maxlen=200, approximate=False)
    found = asked.samples("orders", mark)
    assert found.estimated
    assert found.arrived == pytest.approx(100, abs=2)
    assert len(found.bodies) == 20


def test_a_stream_that_was_deleted_and_made_anew_is_drawn_from_its_beginning(asked, shop):
    shop.xadd("orders", {"n": 1})
    mark = asked.samples("orders").mark
    shop.delete("orders")
    shop.xadd("orders", {"n": 2}, id="5-1")
    assert [json.loads(each.data) for each in asked.samples("orders", mark).bodies] == [{"n": "2"}]
    shop.xdel("orders", "5-1")
    assert asked.samples("orders", mark).arrived == 0


def test_elements_of_a_list_that_were_not_there_before_are_handed_over(asked, shop):
    shop.rpush("jobs", '{"n": 1}', '{"n": 2}')
    first = asked.samples("jobs")
    assert [each.data for each in first.bodies] == [b'{"n": 1}', b'{"n": 2}']
    shop.rpush("jobs", '{"n": 3}', "x" * 300_000, "y" * 20_000)
    found = asked.samples("jobs", json.loads(json.dumps(first.mark)))
    assert found.arrived == 3
    assert {each.data for each in found.bodies} == {b'{"n": 3}', b"y" * 20_000}
    assert [each.size for each in found.too_large] == [300_000]


def test_a_long_list_is_sampled_all_along_both_ends(asked, shop):
    shop.rpush("jobs", *(json.dumps({"n": n}) for n in range(1000)))
    found = asked.samples("jobs", count=20)
    numbers = [json.loads(each.data)["n"] for each in found.bodies]
    assert (found.arrived, len(set(numbers))) == (400, 20)
    assert sum(n < 200 for n in numbers) == sum(n >= 800 for n in numbers) == 10


def test_an_account_that_may_run_no_scripts_is_told_what_it_needs(redis, open_, shop):
    commands = "+time +type +xlen +xinfo|groups +xpending +xrange +xrevrange +llen +lrange"
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">p@ss", "~*", *commands.split())
    asked = open_(redis.url, user="watcher", password="p@ss")
    shop.xadd("orders", {"p": "{}"})
    shop.rpush("jobs", "{}")
    for topic in ("orders", "jobs"):
        with pytest.raises(Denied, match=r"\+eval_ro"):
            asked.samples(topic)
