"""Positions compared, and the age of what is missing read from where the primary was: without a server."""

import math
import threading

import pytest

from exporter.database.errors import Denied, NotApplicable, Unreachable
from exporter.shop.replication import Trail, Who
from exporter.shop.replication.positions import Position, mariadb, mysql
from exporter.shop.replication.ring import MOST, Ring

A, B = "3E11FA47-71CA-11E1-9E33-C80AA9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"


def at(number: int, domain: int = 0, server: int = 1) -> Position:
    return mariadb(f"{domain}-{server}-{number}")


# --- positions


def test_an_empty_position_can_be_compared_with_nothing():
    assert not mariadb("").comparable(at(1))
    assert not at(1).comparable(mariadb(""))
    assert not mysql("").comparable(mysql(f"{A}:1-5"))


def test_a_domain_that_the_replica_does_not_follow_is_not_waited_for():
    primary, replica = mariadb("0-1-10,7-1-99"), mariadb("0-1-10,3-9-4")
    assert replica.comparable(primary)
    assert not replica.lacks(primary)
    assert replica.awaited(primary) == "0-1-10"
    assert not mariadb("3-9-4").comparable(primary)


def test_every_source_that_the_primary_has_counts_on_mysql():
    """A group writes under the name of the group, and after a failover the old primary's last ones count too."""
    primary = mysql(f"{A}:1-100,\n{B}:1-7")
    assert not mysql(f"{A}:1-100,{B}:1-8").lacks(primary)
    assert mysql(f"{A}:1-100").lacks(primary)
    assert mysql(f"{A}:1-99,{B}:1-7").lacks(primary)


def test_a_hole_is_missing_however_far_the_replica_is():
    assert mysql(f"{A}:1-50:52-60").lacks(mysql(f"{A}:1-51"))
    assert not mysql(f"{A}:1-50:52-60").lacks(mysql(f"{A}:1-50:55"))


def test_tagged_gtids_are_streams_of_their_own():
    primary = mysql(f"{A}:1-3:5:deploy:1-2:night:4")
    assert primary.streams == {
        A.lower(): ((1, 3), (5, 5)),
        f"{A.lower()}:deploy": ((1, 2),),
        f"{A.lower()}:night": ((4, 4),),
    }
    assert mysql(f"{A}:1-5").lacks(primary)
    assert mysql(primary.awaited(primary)) == primary


# --- the ring


def test_the_age_of_what_is_missing_lies_between_two_looks():
    ring = Ring()
    for second, number in enumerate([10, 11, 11, 12]):
        ring.add(at(number), float(second))
    assert ring.behind(at(12), 3.5).seconds == 0
    behind = ring.behind(at(11), 3.5)
    assert (behind.least, behind.most, behind.seconds) == (0.5, 1.5, 1.0)
    assert ring.behind(at(10), 3.5).seconds == pytest.approx(3.0)


def test_a_position_from_before_the_first_look_has_no_age_but_a_least_one():
    ring = Ring()
    ring.add(at(10), 0.0)
    behind = ring.behind(at(9), 4.0)
    assert (behind.least, behind.most, behind.known) == (4.0, math.inf, False)


def test_a_quiet_primary_takes_one_mark_and_a_busy_one_no_more_than_it_may():
    ring = Ring()
    for tick in range(20_000):
        ring.add(at(5 + tick), tick * 0.2)
    assert len(ring.marks) <= MOST
    for tick in range(20_000, 20_100):
        ring.add(at(20_004), tick * 0.2)
    assert len(ring.marks) <= MOST
    now = 20_000 * 0.2
    for lag in (0.5, 5.0, 60.0, 600.0, 3600.0):
        read = ring.behind(at(5 + round((now - lag) / 0.2)), now)
        assert read.known
        assert read.least - 0.2 <= lag <= read.most + 0.2
        assert read.seconds == pytest.approx(lag, rel=0.03, abs=0.4), lag


def test_a_primary_that_begins_anew_is_followed_anew():
    ring = Ring()
    ring.add(at(100), 0.0)
    ring.add(at(3), 1.0)
    assert [mark.position for mark in ring.marks] == [at(3)]


# --- what may be concluded


def seen(number: int, moment: float, name: str = "primary", server: int = 1) -> Who:
    return Who(server, name, False, moment, written=at(number, server=server), applied=None)


def replica(position: Position | None, moment: float) -> Who:
    return Who(9, "replica", True, moment, applied=position, why="its GTID position is empty")


def trail(*looks: Who) -> Trail:
    made = Trail("main", lambda: None, 0.2, 60)
    for look in looks:
        made._note(look)
    return made


def test_a_primary_that_fell_silent_makes_no_zero():
    silent = trail(seen(10, 0.0))
    with pytest.raises(Unreachable, match="has all that was seen of it"):
        silent.behind(replica(at(10), 2.0), alone=True)
    assert silent.behind(replica(at(9), 2.0), alone=True).least == 2.0


def test_a_replica_with_an_empty_position_is_told_as_such():
    with pytest.raises(NotApplicable, match="the replica has no position: its GTID position is empty"):
        trail(seen(10, 0.0)).behind(replica(None, 0.1), alone=True)


def test_two_primaries_in_one_domain_are_not_mistaken_for_one():
    """Each overwrites the other's position: what stands there last need not be of ours."""
    shared = trail(seen(860, 0.0), seen(861, 0.2))
    with pytest.raises(NotApplicable, match="in GTID domain 0 another server than the primary wrote last"):
        shared.behind(replica(at(4_000, server=3), 0.3), alone=False)
    assert shared.behind(replica(at(861), 0.3), alone=False).seconds == 0
    assert shared.behind(replica(at(4_000, server=3), 0.3), alone=True).seconds == 0, "a single source was failed over"


def test_another_server_at_the_primary_s_address_has_a_trail_of_its_own():
    moved = trail(seen(10, 0.0), seen(20, 0.2, "promoted", server=2))
    assert not moved.behind(replica(at(15), 0.3), alone=True).known


# --- the thread


def refused():
    raise Denied("the database refuses the account or its password (1045)")


def threads():
    return [each for each in threading.enumerate() if each.name == "positions-main"]


def test_the_primary_is_followed_while_somebody_asks_and_no_longer():
    followed = Trail("main", refused, every=0.02, idle=0.2)
    for _ in range(2):
        with pytest.raises(Unreachable, match="does not answer: the database refuses the account"):
            followed.primary(wait=1.0)
        assert len(threads()) == 1
        [thread] = threads()
        thread.join(5)
        assert threads() == []


def test_who_closes_the_shop_ends_the_thread():
    followed = Trail("main", refused, every=0.02, idle=60)
    with pytest.raises(Unreachable):
        followed.primary(wait=1.0)
    [thread] = threads()
    followed.stop()
    thread.join(5)
    with pytest.raises(Unreachable):
        followed.primary(wait=0.1)
    assert threads() == []
