"""Sizes of what comes into streams and lists of a real Redis: found without consuming, named by field."""

import json
import resource
import threading
import time
from contextlib import suppress

import pytest

from exporter.queues import Denied, Field, Look, Missing, Unsupported
from tests.queues.redis_streams.conftest import LOOK, PICTURE

pytestmark = pytest.mark.server

READS = {"type", "xlen", "time", "eval_ro", "xrange", "xrevrange", "xinfo|groups", "xpending", "llen", "lrange"}
TESTS = {"debug", "config|resetstat", "info", "ping", "hello", "client|setinfo", "flushall", "acl|setuser", "auth"}


def order(number, **more):
    return json.dumps({"no": number, "items": [{"sku": "a"}, {"sku": "b", **more}]})


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- the picture


def test_a_12_mb_picture_is_found_with_its_field_and_takes_no_memory(either, shop):
    shop.xadd("orders", {"no": "O-1", "payload": order("O-1")})
    mark = either.arrivals("orders").mark
    shop.xadd("orders", {"no": "O-2", "payload": order("O-2")})
    big = shop.xadd("orders", {"no": "O-3", "payload": order("O-3", picture=PICTURE.decode())})
    before, begun = peak(), time.monotonic()
    found = either.arrivals("orders", mark)
    assert time.monotonic() - begun < 2
    assert peak() - before <= 4
    assert (found.arrived, found.oversize, found.coverage) == (2, 1, 1)
    (message,) = found.largest
    assert message.id == big.decode()
    assert message.stored == message.body > 12_582_912
    assert message.contents.form == "fields"
    assert message.contents.fields[0] == Field("$.payload.items[*].picture", len(PICTURE), "Base64 JPEG")
    assert found.stored.largest == message.stored
    assert abs(message.at.timestamp() - time.time()) < 60


def test_a_picture_that_is_a_field_of_its_own_is_named_by_it(either, shop):
    shop.xadd("orders", {"no": "O-1", "picture": PICTURE[:100_000], "memo": "m"})
    (message,) = either.arrivals("orders").largest
    assert message.contents.fields == (Field("$.picture", 100_000, "Base64 JPEG"),)


def test_a_picture_in_a_list_is_found_and_named(either, shop):
    shop.rpush("jobs", order("O-1"), order("O-2", picture=PICTURE.decode()), order("O-3"))
    before = peak()
    found = either.arrivals("jobs")
    assert peak() - before <= 4
    assert (found.arrived, found.oversize) == (3, 1)
    (message,) = found.largest
    assert message.contents.form == "JSON"
    assert message.contents.fields[0] == Field("$.items[*].picture", len(PICTURE), "Base64 JPEG")


def test_what_is_found_is_the_same_with_and_without_scripts(redis, open_, shop):
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">p", "~*", "+@read", "+time", "-@scripting")
    for n in range(300):
        shop.xadd("orders", {"no": f"O-{n}", "payload": "x" * (n * 300)})
    looks = [open_(redis.url), open_(redis.url, user="watcher", password="p")]
    first, second = (each.arrivals("orders", {"after": "0-0", "length": 0, "at": 0}, seconds=30) for each in looks)
    assert first.stored == second.stored
    assert first.oversize == second.oversize > 0
    assert [m.id for m in first.largest] == [m.id for m in second.largest]
    assert len(first.largest) == LOOK.named


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (b"\xac\xed\x00\x05sr" + b"x" * 60_000, "$.body", "Java object"),
        (b"\xff\xd8\xff" + bytes(range(256)) * 300, "$.body", "JPEG"),
        (b"<order>" + b"x" * 60_000, "$.body", "XML"),
        (b'{"a": "' + b"x" * 60_000 + b'"}', "$.body.a", "text"),
        (b'{"a": "x' + b'\\"' * 40_000 + b'", "b": 1}', "$.body.a", "text"),
        (b'{"2026112300017": {"memo": "' + b"x" * 60_000 + b'"}}', "$.body.*.memo", "text"),
        (b'[[{"a": {"b": [1, "' + b"x" * 60_000 + b'"]}}]]', "$.body[*][*].a.b[*]", "text"),
        (b'{"rows": [' + b"1234567890," * 9_000 + b"1]}", "$.body", "JSON in a text"),
        (b'{"broken": "' + b"x" * 60_000, "$.body", "JSON in a text"),
        (b"[" * 60_000, "$.body", "JSON in a text"),
        (b'{"a":"' + b"\\" * 60_001, "$.body", "JSON in a text"),
    ],
)
def test_the_fattest_is_named_whatever_it_is(asked, shop, value, path, kind):
    shop.xadd("orders", {"no": "1", "body": value})
    (message,) = asked.arrivals("orders").largest
    assert (message.contents.fields[0].path, message.contents.fields[0].kind) == (path, kind)


# --- the marks


def test_each_message_is_looked_at_once_and_a_mark_survives_a_restart(redis, open_, either, shop):
    for n in range(450):
        shop.xadd("orders", {"n": n})
    first = either.arrivals("orders", look=Look(LOOK.oversize, first=100))
    assert first.arrived == first.stored.count == 100
    for n in range(1234):
        shop.xadd("orders", {"n": n})
    mark = json.loads(json.dumps(first.mark))
    again = open_(redis.url)
    total, found = 0, again.arrivals("orders", mark)
    while found.arrived:
        total, found = total + found.arrived, again.arrivals("orders", found.mark)
    assert total == 1234


def test_nothing_is_skipped_when_there_is_more_than_fits_into_one_look(asked, shop):
    shop.xadd("orders", {"n": 0})
    mark = asked.arrivals("orders").mark
    with shop.pipeline() as pipe:
        for n in range(5000):
            pipe.xadd("orders", {"n": n})
        pipe.execute()
    total, looks = 0, 0
    while (found := asked.arrivals("orders", mark, Look(LOOK.oversize, messages=700))).arrived:
        assert found.arrived <= 700
        total, looks, mark = total + found.arrived, looks + 1, found.mark
    assert total == 5000
    assert looks >= 8


def test_far_behind_the_newest_are_looked_at_and_the_rest_is_told(asked, shop):
    now = int(time.time() * 1000)
    with shop.pipeline() as pipe:
        for n in range(3000):
            pipe.xadd("orders", {"n": n}, id=f"{now - 600_000 + n * 200}-0")
        pipe.execute()
    mark = {"after": f"{now - 600_001}-0", "length": 0, "at": now - 600_000}
    found = asked.arrivals("orders", mark, Look(LOOK.oversize, messages=400))
    assert found.stored.count == 600
    assert found.unseen["over the budget"] == pytest.approx(2400, rel=0.05)
    assert found.coverage == pytest.approx(0.2, rel=0.05)
    assert asked.arrivals("orders", found.mark).arrived == 0


def test_a_trimmed_stream_goes_on_at_its_oldest_entry(asked, shop):
    for n in range(50):
        shop.xadd("orders", {"n": n})
    mark = asked.arrivals("orders").mark
    for n in range(50):
        shop.xadd("orders", {"n": n})
    shop.xtrim("orders", maxlen=10, approximate=False)
    assert asked.arrivals("orders", mark).arrived == 10


def test_a_stream_made_anew_begins_at_its_oldest_entry_though_its_ids_are_older(asked, shop):
    shop.xadd("orders", {"n": 1})
    mark = asked.arrivals("orders").mark
    shop.delete("orders")
    shop.xadd("orders", {"n": 1}, id="5-1")
    shop.xadd("orders", {"n": 1}, id="5-18446744073709551615")
    found = asked.arrivals("orders", mark)
    assert found.arrived == 2
    assert found.largest[0].at is None
    assert asked.arrivals("orders", found.mark).arrived == 0


def test_a_mark_of_a_stream_serves_no_list_and_the_other_way_round(asked, shop):
    shop.xadd("orders", {"n": 1})
    mark = asked.arrivals("orders").mark
    shop.delete("orders")
    shop.rpush("orders", "a", "b")
    found = asked.arrivals("orders", mark)
    assert found.arrived == 2
    shop.delete("orders")
    shop.xadd("orders", {"n": 1})
    assert asked.arrivals("orders", found.mark).arrived == 1


# --- lists


@pytest.mark.parametrize("left", [True, False])
def test_an_element_of_a_list_is_counted_once_however_long_it_waits(either, shop, left):
    push, pop = (shop.lpush, shop.rpop) if left else (shop.rpush, shop.lpop)
    look = Look(LOOK.oversize, first=20)
    push("jobs", *(f"old-{n}" for n in range(100)))
    mark, counted = either.arrivals("jobs", look=look).mark, 0
    for turn in range(12):
        push("jobs", *(f"job-{turn}-{n}" for n in range(10)))
        pop("jobs", 15)
        found = either.arrivals("jobs", mark, look)
        counted, mark = counted + found.arrived, found.mark
    assert counted == 120


def test_a_fat_element_that_waits_is_not_copied_in_every_look(redis, asked, shop):
    shop.rpush("jobs", order("O-1", picture=PICTURE.decode()))
    first = asked.arrivals("jobs")
    shop.rpush("jobs", "more")
    shop.config_resetstat()
    again = asked.arrivals("jobs", first.mark)
    assert (again.arrived, again.mark) == (0, first.mark)
    assert "eval_ro" not in redis.commands()
    rested = {**first.mark, "again": first.mark["again"] - 5000}
    assert asked.arrivals("jobs", rested).arrived == 1


def test_a_burst_into_a_list_that_its_ends_do_not_show_is_told(asked, shop):
    shop.rpush("jobs", "first")
    mark = asked.arrivals("jobs").mark
    shop.rpush("jobs", *map(str, range(1000)))
    found = asked.arrivals("jobs", mark)
    assert found.arrived == 1000
    assert found.unseen["over the budget"] == 1000 - found.stored.count > 0


# --- nothing changes


def test_only_commands_that_read_are_sent_and_nothing_changes(redis, either, shop):
    shop.xadd("orders", {"payload": order("O-2", picture=PICTURE.decode())})
    shop.xgroup_create("orders", "stock", id="0")
    shop.xreadgroup("stock", "worker-1", {"orders": ">"}, count=1)
    shop.xadd("orders", {"payload": order("O-3")})
    shop.rpush("jobs", *(order(f"O-{n}") for n in range(500)))
    shop.set("session", "x", ex=1000)
    before = redis.digest()
    shop.config_resetstat()
    for topic in ("orders", "jobs"):
        found = either.arrivals(topic)
        either.arrivals(topic, found.mark)
        either.delays(topic)
        with suppress(Denied):
            either.samples(topic)
    assert redis.commands() <= READS | TESTS
    assert redis.digest() == before
    assert shop.xinfo_groups("orders")[0]["consumers"] == 1
    assert b"orders" not in shop.execute_command("CLIENT", "LIST")


def test_consumers_get_every_message_once_while_they_are_watched(redis, asked):
    with redis.client() as client:
        client.xgroup_create("orders", "stock", id="0", mkstream=True)
    taken, stop = [], threading.Event()

    def consume():
        with redis.client() as client:
            while not (stop.is_set() and client.xinfo_groups("orders")[0]["lag"] == 0):
                for _, entries in client.xreadgroup("stock", "one", {"orders": ">"}, count=50, block=20) or ():
                    taken.extend(fields[b"n"] for _, fields in entries)
                    client.xack("orders", "stock", *(id_ for id_, _ in entries))

    consumer = threading.Thread(target=consume)
    consumer.start()
    mark, seen = asked.arrivals("orders").mark, 0
    with redis.client() as client:
        for n in range(1500):
            client.xadd("orders", {"n": n})
            if n % 100 == 99:
                found = asked.arrivals("orders", mark)
                mark, seen = found.mark, seen + found.arrived
                asked.delays("orders")
        while (found := asked.arrivals("orders", mark)).arrived:
            mark, seen = found.mark, seen + found.arrived
        stop.set()
        consumer.join(20)
        assert [int(n) for n in taken] == list(range(1500))
        assert client.xpending("orders", "stock")["pending"] == 0
    assert seen == 1500


def test_scripts_of_the_watcher_cannot_write(shop):
    with pytest.raises(Exception, match="Write commands are not allowed"):
        shop.execute_command("EVAL_RO", "redis.call('SET', KEYS[1], 1)", 1, "x")


def test_looks_take_two_percent_of_the_server_s_time_however_much_comes(redis, asked, shop):
    """At some 10,000 messages a second, for a second and a half."""
    shop.xadd("orders", {"n": 0})
    mark = asked.arrivals("orders").mark
    shop.config_resetstat()
    begun = time.monotonic()
    for _ in range(6):
        with shop.pipeline(transaction=False) as pipe:
            for n in range(2500):
                pipe.xadd("orders", {"n": n, "payload": "x" * 900})
            pipe.execute()
        time.sleep(max(0.0, 0.25 - (time.monotonic() - begun) % 0.25))
        mark = asked.arrivals("orders", mark).mark
    seconds = time.monotonic() - begun
    spent = sum(shop.info("commandstats")[f"cmdstat_{name}"]["usec"] for name in ("eval_ro", "type", "xlen")) / 1e6
    # each look ends with the page that it has begun
    assert spent <= 0.02 * seconds + 6 * 0.008


# --- what is no queue


def test_a_key_that_is_not_there_and_one_of_another_type_say_so(asked, shop):
    with pytest.raises(Missing, match="no stream or list nowhere"):
        asked.arrivals("nowhere")
    shop.hset("cart", "a", 1)
    with pytest.raises(Unsupported, match="cart is a hash"):
        asked.delays("cart")
