"""Real sidecars, databases and Redis: whoever is killed, paused or cut off, every flip is told once."""

from __future__ import annotations

import random
import signal
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
    chance, length, hand_overs = random.Random(20261123), 2.0, []
    mariadb.database("handover")
    with street(tmp_path, mariadb.url("handover"), leases.url, number=3, length=length) as here:
        for number in range(KILLS):
            leader = here.leader()
            assert sum(each.leads() for each in here.sidecars) == 1
            here.flip(f"F{number // 2}")
            time.sleep(chance.uniform(0, 2 * EVERY))
            leader.kill()
            hand_overs.append(here.wait(25))
            leader.start()
        repeats = here.repeats()
        logs = "".join(each.said() for each in here.sidecars)
    print(
        f"kill -9 x {KILLS}: told after {', '.join(f'{each:.1f}' for each in hand_overs)} s, {repeats} marked repeats"
    )
    assert max(hand_overs) < length + 1 + EVERY + 2
    assert repeats <= KILLS
    assert "Traceback" not in logs
