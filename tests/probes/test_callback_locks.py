"""Callback locks in a real Redis: those that nobody will release are told, and none that is sound."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from pydantic import ValidationError

from exporter.config import ConfigFaultError, load
from exporter.probes.callback_locks import CallbackLocks
from exporter.probes.callback_locks.look import FOLLOWED
from exporter.probes.callback_locks.memory import Memory
from exporter.probes.callback_locks.pattern import Pattern
from exporter.queues import Unreachable, schemes
from exporter.reading import read
from exporter.shop import NotApplicable, Shop
from tests.probes.plain import NOW, Plain, Told, on_sqlite

CHANGES = {"set", "setex", "del", "expire", "pexpire", "persist", "unlink", "eval", "keys", "get"}


class Watched:
    """A shop whose locks are in this Redis; `look` is one run so many seconds after the first."""

    def __init__(self, home: Plain, queues, **settings):
        self.home, self.probe = home, CallbackLocks.model_validate(settings).with_queues(queues)
        brokers = {
            name: schemes()[url.partition("://")[0]].model_validate({"url": url}) for name, url in queues.items()
        }
        self.shop = Shop.open("main", home.url, None, home.mapping, queues=brokers, memory=home)

    def look(self, seconds=0.0, within=10.0):
        view = self.shop.bounded("callback_locks", within)
        return Told(list(self.probe.read(view, NOW + timedelta(seconds=seconds))), view.trace)


@pytest.fixture
def watch(tmp_path):
    opened = []
    home = on_sqlite(tmp_path)

    def watch(*servers, queues=None, **settings):
        told = queues or {f"locks{n or ''}": server.url for n, server in enumerate(servers)}
        opened.append(Watched(home, told, **settings))
        return opened[-1]

    yield watch
    for each in opened:
        each.shop.close()


@contextmanager
def shop_of(server):
    with server.client() as client:
        yield client


@pytest.fixture
def cache(redis):
    with redis.client() as client:
        yield client


def kinds(told):
    return {labels[0]: value for labels, value in told.values("callback_locks").items()}


pytestmark = pytest.mark.server


def test_a_lock_without_an_expiry_is_told_once_it_is_older_than_a_lock_lives(redis, cache, watch):
    cache.set("pay_callback_T-20260301-7", "host-1")
    locks = watch(redis)
    assert kinds(locks.look()) == {"no_expiry": 0, "far_expiry": 0}
    told = locks.look(30)
    assert kinds(told) == {"no_expiry": 1, "far_expiry": 0}
    (case,) = (case for s in told.samples for case in s.evidence)
    assert (case.ref, case.since, case.note) == ("T-20260301-7", NOW, "TTL -1")


def test_a_lock_that_expires_in_hours_is_told_at_once(redis, cache, watch):
    cache.set("pay_callback_8001", "x", ex=8 * 3600)
    told = watch(redis).look()
    assert kinds(told) == {"no_expiry": 0, "far_expiry": 1}
    assert [case.note for s in told.samples for case in s.evidence] == ["TTL 8h"]


def test_sound_locks_and_other_keys_are_silent(redis, cache, watch):
    cache.set("pay_callback_8001", "x", ex=30)
    cache.hset("pay_callback_8002", "redisson", 1)
    cache.expire("pay_callback_8002", 30)
    cache.set("pay_callback_total", 12)
    cache.set("pay_callback_8003:lock", 12)
    cache.set("other_pay_callback_8004", 12)
    cache.set("pay_callback_<8005>", 12)
    locks = watch(redis)
    locks.look()
    assert kinds(locks.look(600)) == {"no_expiry": 0, "far_expiry": 0}


def test_a_lock_that_was_just_being_taken_is_no_fault(redis, cache, watch):
    """SETNX, and EXPIRE a moment later: wrong, but not stuck."""
    cache.setnx("pay_callback_8001", "x")
    locks = watch(redis)
    locks.look()
    cache.expire("pay_callback_8001", 30)
    assert kinds(locks.look(60))["no_expiry"] == 0


def test_a_repair_shows_in_the_next_run_wherever_the_walk_is(redis, cache, watch):
    with cache.pipeline() as pipe:
        for n in range(5000):
            pipe.set(f"session_{n}", "x", ex=1000)
        for n in range(3):
            pipe.set(f"pay_callback_800{n}", "x")
        pipe.execute()
    locks = watch(redis, keys=1000)
    for turn in range(8):
        told = locks.look(turn * 30)
    assert kinds(told)["no_expiry"] == 3
    cache.delete("pay_callback_8000")
    cache.expire("pay_callback_8001", 30)
    assert kinds(locks.look(250)) == {"no_expiry": 1, "far_expiry": 0}
    assert locks.look(251).refs("callback_locks") == ["8002"]


def test_what_is_known_survives_a_restart(redis, cache, watch):
    cache.set("pay_callback_8001", "x")
    watch(redis).look()
    told = watch(redis).look(40)
    assert kinds(told)["no_expiry"] == 1
    assert [case.since for s in told.samples for case in s.evidence] == [NOW]


def test_how_much_was_gone_through_is_told_and_how_long_a_round_takes(redis, cache, watch):
    with cache.pipeline() as pipe:
        for n in range(10_000):
            pipe.set(f"session_{n}", "x", ex=1000)
        pipe.execute()
    locks = watch(redis, keys=2000)
    first = locks.look()
    assert first.value("callback_locks_coverage_ratio") == pytest.approx(0.2, abs=0.05)
    rounds = [locks.look(turn * 30).value("callback_locks_round_seconds") for turn in range(1, 8)]
    assert rounds[:4] == [30, 60, 90, 120]
    assert max(rounds) <= 180
    whole = watch(redis, keys=100_000)
    assert whole.look(1000).samples
    assert whole.look(1030).value("callback_locks_coverage_ratio") == 1


def test_nothing_changes_and_nothing_but_the_expiry_is_asked(redis, cache, watch):
    for n in range(200):
        cache.set(f"pay_callback_{n}", "secret", ex=100 if n % 2 else None)
    locks = watch(redis)
    before = redis.digest()
    idle = cache.object("IDLETIME", "pay_callback_0")
    cache.config_resetstat()
    for turn in range(3):
        told = locks.look(turn * 30)
    assert not redis.commands() & CHANGES
    assert {"scan", "pttl", "dbsize"} <= redis.commands()
    assert redis.digest() == before
    assert cache.object("IDLETIME", "pay_callback_0") >= idle
    assert "secret" not in repr(told)
    assert all("pay_callback_1" not in asked.sql for asked in told.trace)


def test_more_stuck_locks_than_are_followed_are_told_to_be_more(redis, cache, watch):
    with cache.pipeline() as pipe:
        for n in range(FOLLOWED + 500):
            pipe.set(f"pay_callback_{n}", "x")
        pipe.execute()
    locks = watch(redis)
    locks.look()
    told = locks.look(60)
    assert kinds(told)["no_expiry"] == FOLLOWED
    assert told.value("callback_locks_truncated") == 1
    assert len(told.refs("callback_locks")) == 200


def test_another_pattern_another_expiry_and_a_key_with_globs_in_it(redis, cache, watch):
    cache.set("lock:[pay]*:9001:done", "x", ex=50)
    cache.set("lock:p:9002:done", "x", ex=50)
    locks = watch(redis, pattern="lock:[pay]*:{out_trade_no}:done", max_left=40)
    assert locks.look().refs("callback_locks") == ["9001"]


def test_every_master_of_a_cluster_is_gone_through(redis_cluster, watch):
    with redis_cluster.client() as client:
        for n in range(30):
            client.set(f"pay_callback_{n}", "x")
    locks = watch(redis_cluster)
    locks.look()
    told = locks.look(30)
    assert kinds(told)["no_expiry"] == 30
    assert told.value("callback_locks_coverage_ratio") == 1


def test_a_redis_that_is_away_is_a_failed_probe_and_no_zero(watch):
    locks = watch(queues={"locks": "redis://127.0.0.1:1"})
    reading = read("callback_locks", locks.probe, locks.shop.bounded("callback_locks", 2), NOW)
    assert reading.samples == ()
    assert "queue locks: the server cannot be reached" in reading.error
    with pytest.raises(Unreachable):
        locks.look()


@pytest.mark.parametrize(
    ("queues", "redis", "said"),
    [
        ("{locks: 'redis://a'}", "cache", "no queue 'cache'; queues are locks"),
        ("{locks: 'redis://a', orders: 'redis://b'}", "''", "which of the shop's queues"),
        ("{}", "''", "write queues:"),
    ],
)
def test_a_shop_without_such_a_queue_is_told_at_once_what_to_write(tmp_path, queues, redis, said):
    file = tmp_path / "config.yaml"
    file.write_text(
        f"shops: {{main: {{database: 'sqlite:///s.db', tables: plain, queues: {queues},"
        f" probes: {{callback_locks: {{redis: {redis}}}}}}}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigFaultError, match=r"callback_locks\.redis") as caught:
        load(file)
    assert said in str(caught.value)


def test_a_queue_that_keeps_no_keys_says_so(watch):
    with pytest.raises(NotApplicable, match="queue orders has no keys; name a redis://"):
        watch(queues={"orders": "rocketmq://127.0.0.1:1"}).look()


@pytest.mark.parametrize("pattern", ["pay_callback_", "{out_trade_no}", "a{out_trade_no}b{out_trade_no}", ""])
def test_a_pattern_that_takes_nothing_or_everything_is_refused(pattern):
    with pytest.raises(ValidationError, match=r"pay_callback_\{out_trade_no\}"):
        CallbackLocks.model_validate({"pattern": pattern})


def test_a_key_is_a_lock_where_it_holds_a_trade_number():
    pattern = Pattern.read("pay_callback_{out_trade_no}")
    assert pattern.glob == "pay_callback_*"
    assert pattern.number("pay_callback_wx|2026-1*@") == "wx|2026-1*@"
    for key in ("pay_callback_", "pay_callback_x", "pay_callback_1 2", "xpay_callback_1", "pay_callback_" + "1" * 65):
        assert pattern.number(key) is None


def test_a_memory_that_cannot_be_read_is_an_empty_one():
    memory = Memory({"a1": NOW}, {"": "17"}, NOW, 3.0)
    assert Memory.loads(memory.dumps()) == memory
    for stored in ({"locks": 1}, {"locks": {"a": "x"}}, {"mark": []}, {"round": "x"}, {"began": 3}):
        assert Memory.loads(stored) == Memory()


def test_the_example_of_the_configuration_names_the_redis(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(
        "shops:\n  main:\n    database: sqlite:///shop.db\n    tables: plain\n"
        "    queues: {locks: {url: 'redis://10.0.0.8:6379/1', password: secret}}\n"
        "    probes: {callback_locks: {redis: locks}}\n",
        encoding="utf-8",
    )
    shop = load(file).shops["main"]
    assert shop.probes["callback_locks"].redis in shop.queues
    assert "secret" not in repr(shop)
