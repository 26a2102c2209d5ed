"""Real sidecars, databases and Redis: whoever is killed, paused or cut off, every flip is told once."""

from __future__ import annotations

import random
import signal
import statistics
import sys
import time

import pytest

from tests.leases.sidecars import EVERY, street
from tests.servers.redis import Redis
from tests.shops import eventually

pytestmark = pytest.mark.server
KILLS = 8


@pytest.fixture(scope="module")
def leases():
    server = Redis()
    try:
        yield server.start()
    finally:
        server.remove()


def test_a_leader_that_is_killed_at_any_instant_hands_over_without_a_lost_or_doubled_card(tmp_path, mariadb, leases):
    """Three sidecars start on an empty database in the same instant."""
    chance, length, told, led = random.Random(20261123), 2.0, [], []
    mariadb.database("handover")
    with street(tmp_path, mariadb.url("handover"), leases.url, number=3, length=length) as here:
        for number in range(KILLS):
            leader = here.leader()
            assert sum(each.leads() for each in here.sidecars) == 1
            here.flip(f"F{number // 2}")
            time.sleep(chance.uniform(0, EVERY))
            leader.kill()
            began = time.monotonic()
            here.leader()
            led.append(time.monotonic() - began)
            here.wait(25)
            told.append(time.monotonic() - began)
            leader.start()
        repeats = here.repeats()
        logs = "".join(each.said() for each in here.sidecars)
    sys.stdout.write(
        f"\nlease of {length:g} s, killed {KILLS} times: another led after {shown(led)} s, {repeats} marked repeats\n"
    )
    assert statistics.median(told) < length + EVERY + 2
    assert max(told) < 15
    assert repeats <= KILLS
    assert "Traceback" not in logs


def test_the_default_lease_hands_over_within_fifteen_seconds(tmp_path, postgres, leases):
    state = f"postgresql+psycopg://postgres@127.0.0.1:{postgres.port}/{postgres.database('default_lease')}"
    with street(tmp_path, state, leases.url, length=10) as here:
        here.flip("A")
        here.wait(25)
        leader = here.leader()
        leader.kill()
        began = time.monotonic()
        here.flip("A")
        here.flip("B")
        here.wait(25)
        sys.stdout.write(f"\nlease of 10 s: told {time.monotonic() - began:.1f} s after the kill\n")
        assert time.monotonic() - began < 15
        assert here.repeats() <= 1, "only what was killed before its receipt was read may be repeated"


def test_a_leader_that_was_paused_writes_and_sends_nothing_when_it_wakes(tmp_path, mariadb, leases):
    mariadb.database("paused")
    with street(tmp_path, mariadb.url("paused"), leases.url, length=2) as here:
        here.flip("A")
        here.wait(25)
        paused = here.leader()
        (other,) = (each for each in here.sidecars if each is not paused)
        paused.signal(signal.SIGSTOP)
        here.flip("B")
        eventually(other.leads)
        here.wait(25)
        here.flip("C")
        here.wait(25)
        paused.signal(signal.SIGCONT)
        eventually(lambda: paused.metric("order_health_leader") == 0)
        here.flip("A")
        here.wait(25)
        time.sleep(2)
        assert here.repeats() == 0
        assert other.leads()
        assert "leads now: this sidecar stands by" in paused.said()
        assert "shop_fault" not in paused.page()


def test_without_redis_the_leader_goes_on_and_the_state_hands_over(tmp_path, postgres):
    redis = Redis().start()
    state = f"postgresql+psycopg://postgres@127.0.0.1:{postgres.port}/{postgres.database('no_redis')}"
    try:
        with street(tmp_path, state, redis.url, length=2) as here:
            here.flip("A")
            here.wait(25)
            leader = here.leader()
            (other,) = (each for each in here.sidecars if each is not leader)
            redis.stop()
            eventually(lambda: leader.metric("order_health_leases_reachable") == 0)
            here.flip("B")
            here.wait(10)
            time.sleep(4)
            assert leader.leads(), "it gave up although nobody else leads"
            leader.kill()
            here.flip("C")
            here.wait(10)
            assert other.leads()
            leader.start()
            eventually(lambda: leader.metric("order_health_leader") == 0)
            redis.start()
            eventually(lambda: other.metric("order_health_leases_reachable") == 1)
            here.flip("A")
            here.wait(10)
            assert other.leads(), "a Redis that comes back is no reason to hand over"
            with redis.frozen():
                here.flip("B")
                here.wait(10)
                time.sleep(3)
                assert other.leads(), "a Redis that hangs kept it from holding on"
            assert here.repeats() == 0
    finally:
        redis.remove()


def shown(seconds):
    return ", ".join(f"{each:.1f}" for each in seconds)
