"""A real Cluster and a real Sentinel: the right server is found, also after it has changed."""

import random
import time

import pytest

from exporter.config import ConfigFaultError, load
from exporter.queues import Deadline, QueueError, Unreachable, Unsupported
from exporter.queues.redis_streams.cluster import _Range, slot_of
from tests.queues.redis_streams.conftest import PICTURE
from tests.servers.redis import Redis


def test_the_slot_of_a_key_is_the_one_that_redis_computes(redis_cluster):
    with redis_cluster.nodes[0].client() as client:
        for key in ("orders", "a{b}c", "{}a", "a{}{b}", "{a", "订单", "x{y}{z}", "a}b{c}"):
            assert slot_of(key.encode()) == client.execute_command("CLUSTER KEYSLOT", key)


@pytest.mark.server
class TestCluster:
    def test_streams_are_asked_where_they_are(self, redis_cluster, open_):
        asked = open_(redis_cluster.url)
        with redis_cluster.client() as client:
            for n in range(8):
                client.xadd(f"orders-{n}", {"n": n, "picture": PICTURE[:60_000]})
                client.xgroup_create(f"orders-{n}", "stock", id="0")
        for n in range(8):
            (message,) = asked.arrivals(f"orders-{n}").largest
            assert message.contents.fields[0].path == "$.picture"
            assert asked.delay(f"orders-{n}", "stock").backlog == 1

    def test_one_node_is_enough_to_find_all_and_one_that_is_away_is_passed_by(self, redis_cluster, open_):
        with redis_cluster.client() as client:
            for n in range(8):
                client.xadd(f"orders-{n}", {"n": n})
        alone = redis_cluster.nodes[2].port
        for url in (f"redis+cluster://127.0.0.1:{alone}", f"redis+cluster://127.0.0.1:1,127.0.0.1:{alone}"):
            assert all(open_(url).arrivals(f"orders-{n}").arrived == 1 for n in range(8))

    def test_a_key_that_moved_to_another_node_is_found_there(self, redis_cluster, open_):
        """By a map of the slots that is out of date."""
        asked = open_(redis_cluster.url)
        with redis_cluster.client() as client:
            client.xadd("orders", {"n": 1})
        assert asked.arrivals("orders").arrived == 1
        places = asked.queue._places
        owner = places.of("orders", Deadline(1)).port
        other = next(node.port for node in redis_cluster.nodes if node.port != owner)
        places._ranges = [_Range(0, 16383, "", ("127.0.0.1", other))]
        assert asked.arrivals("orders").arrived == 1
        assert places.of("orders", Deadline(1)).port == owner

    def test_a_node_asked_as_a_server_of_its_own_says_what_to_write(self, redis_cluster, open_):
        owner = redis_cluster.client().get_node_from_key("orders").port
        other = next(node for node in redis_cluster.nodes if node.port != owner)
        with pytest.raises(Unsupported, match=r"redis\+cluster://"):
            open_(other.url).arrivals("orders")

    def test_keys_are_found_on_every_master(self, redis_cluster, open_):
        asked = open_(redis_cluster.url)
        with redis_cluster.client() as client:
            for n in range(60):
                client.set(f"pay_callback_{n}", "x")
                client.set(f"sound_{n}", "x", ex=30)
        walk = asked.lasting("pay_callback_*")
        assert walk.ended
        assert walk.share == 1
        assert {key.name for key in walk.keys} == {f"pay_callback_{n}" for n in range(60)}
        assert len(asked.queue.alive([key.name for key in walk.keys], Deadline(5))) == 60

    def test_no_cluster_is_told_where_one_was_named(self, redis, open_):
        with pytest.raises(QueueError, match="CLUSTER"):
            open_(f"redis+cluster://127.0.0.1:{redis.port}").arrivals("orders")


@pytest.fixture
def pair():
    """A master, its replica, and a Sentinel that watches them."""
    master = Redis("--repl-diskless-sync-delay", "0").start()
    made = [master]
    try:
        made.append(Redis("--replicaof", "127.0.0.1", str(master.port)).start())
        made.append(Redis(sentinel_of=master.port).start())
        yield made
    finally:
        for each in made:
            each.remove()


@pytest.mark.server
class TestSentinel:
    def test_the_master_is_asked_and_after_a_failover_the_new_one(self, pair, open_):
        master, replica, sentinel = pair
        asked = open_(f"redis+sentinel://127.0.0.1:1,127.0.0.1:{sentinel.port}/shop")
        with master.client() as client:
            client.xadd("orders", {"n": 1})
            assert client.wait(1, 10_000) == 1
        assert asked.arrivals("orders").arrived == 1
        with sentinel.client() as client:
            _eventually(lambda: b"ok" in client.execute_command("SENTINEL", "REPLICAS", "shop")[0])
        master.stop()
        with pytest.raises(Unreachable):
            asked.arrivals("orders", seconds=0.3)
        found = _eventually(lambda: asked.arrivals("orders"))
        assert found.arrived == 1
        assert asked.queue._places.of("", Deadline(1)).port == replica.port

    def test_a_master_that_only_froze_is_left_behind_as_well(self, pair, open_):
        """It takes the connection and never answers, and its connections stay open."""
        master, replica, sentinel = pair
        asked = open_(f"redis+sentinel://127.0.0.1:{sentinel.port}/shop")
        with master.client() as client:
            client.set("pay_callback_1", "x")
            assert client.wait(1, 10_000) == 1
        assert len(asked.lasting("pay_callback_*").keys) == 1
        with sentinel.client() as client:
            _eventually(lambda: b"ok" in client.execute_command("SENTINEL", "REPLICAS", "shop")[0])
        with master.frozen():
            walk = _eventually(lambda: asked.lasting("pay_callback_*", seconds=0.5))
            assert len(walk.keys) == 1
            assert asked.queue._places.of("", Deadline(1)).port == replica.port

    def test_a_name_that_the_sentinels_do_not_know_says_so(self, pair, open_):
        with pytest.raises(Unreachable, match="no Sentinel knows a master of that name"):
            open_(f"redis+sentinel://127.0.0.1:{pair[2].port}/other").arrivals("orders")


def _eventually(ask, seconds=15.0):
    end = time.monotonic() + seconds
    while True:
        try:
            if found := ask():
                return found
        except QueueError:
            pass
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.server
def test_a_walk_through_the_keys_goes_on_where_it_was(asked, shop):
    with shop.pipeline() as pipe:
        for n in range(20_000):
            pipe.set(f"other_{n}", "x")
        for n in random.Random(1).sample(range(10**9), 500):
            pipe.set(f"pay_callback_{n}", "x", ex=30 if n % 2 else None)
        pipe.set("pay_callback_far", "x", ex=86_400)
        pipe.execute()
    met, mark, looks = set(), None, 0
    while True:
        walk = asked.lasting("pay_callback_*", mark=mark, most=5_000)
        met |= {key.name for key in walk.keys}
        mark, looks = walk.mark, looks + 1
        assert walk.share < 0.4
        if walk.ended:
            break
    assert looks in (4, 5, 6)
    assert met == {key.decode() for key in shop.scan_iter("pay_callback_*") if shop.ttl(key) in (-1, 86_400, 86_399)}
    assert mark == {}


CONFIG = """
shops:
  main:
    database: sqlite:///shop.db
    tables: plain
    queues:
      locks: {}
    probes: {{pending_paid: {{}}}}
"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("redis://a,b", "redis+cluster://"),
        ("redis+sentinel://a:1", "master"),
        ("redis+cluster://a/3", "database"),
        ("redis://a/x", "database"),
        ("redis://a?ssl=1", "db after"),
        ("{url: 'redis://:hidden@a', password: hidden}", "another"),
        ("{url: 'redis://a', pasword: hidden}", "password"),
    ],
)
def test_a_wrong_address_says_what_to_write_and_repeats_no_secret(tmp_path, given, said):
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG.format(given), encoding="utf-8")
    with pytest.raises(ConfigFaultError) as caught:
        load(file)
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)
