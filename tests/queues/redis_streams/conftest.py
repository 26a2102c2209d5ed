"""A queue on a real Redis, and words for what is sent to it."""

import base64
import os
from datetime import UTC, datetime

import pytest

from exporter.queues import Deadline, Draw, Look, schemes

PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0" + os.urandom(9_437_180))
"""12 MB of Base64."""

LOOK = Look(oversize=50 * 1024)
SOON = 5.0


def opened(url, **settings):
    return schemes()[url.partition("://")[0]].model_validate({"url": url, **settings}).connect()


class Asked:
    """A queue with a deadline for each question."""

    def __init__(self, url, **settings):
        self.queue = opened(url, **settings)

    def arrivals(self, topic, mark=None, look=LOOK, seconds=SOON):
        return self.queue.arrivals(topic, mark, look, Deadline(seconds))

    def samples(self, topic, mark=None, seconds=SOON, **draw):
        return self.queue.samples(topic, mark, Draw(**draw), Deadline(seconds))

    def delays(self, topic, *groups, seconds=SOON):
        return self.queue.delays(topic, groups, datetime.now(UTC), Deadline(seconds))

    def delay(self, topic, group="", seconds=SOON):
        (found,) = self.delays(topic, group, seconds=seconds)
        return found

    def lasting(self, pattern, beyond=90.0, mark=None, most=10**9, seconds=SOON):
        return self.queue.lasting(pattern, beyond, mark, most, Deadline(seconds))

    def close(self):
        self.queue.close()


@pytest.fixture
def open_():
    """Opens queues that are closed after the test."""
    made = []

    def open_(url, **settings):
        made.append(Asked(url, **settings))
        return made[-1]

    yield open_
    for each in made:
        each.close()


@pytest.fixture
def asked(redis, open_):
    return open_(redis.url)


@pytest.fixture
def shop(redis):
    """The shop's own client: the producer and the consumers."""
    with redis.client() as client:
        yield client


@pytest.fixture(params=["scripts", "no scripts"])
def either(request, redis, open_, shop):
    """Asked through an account that may run scripts, and through one that may not."""
    if request.param == "scripts":
        return open_(redis.url)
    commands = "+time +type +xlen +xinfo|groups +xpending +xrange +xrevrange +llen +lrange"
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">p@ss", "~*", *commands.split())
    return open_(redis.url, user="watcher", password="p@ss")
