"""What the settings lead to: one server, the master that Sentinels name, or a Cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.queues.redis_streams.cluster import Cluster
from exporter.queues.redis_streams.places import Alone, Places
from exporter.queues.redis_streams.sentinels import Sentinels
from exporter.queues.redis_streams.wire import Login

if TYPE_CHECKING:
    from exporter.queues.redis_streams import Redis


def places(redis: Redis) -> Places:
    address = redis.address
    password = address.password or redis.password.get_secret_value()
    login = Login(redis.user or address.user, password, redis.database, redis.tls, redis.ca, redis.certificate)
    if redis.kind == "cluster":
        return Cluster(address.hosts, login)
    if redis.kind == "sentinel":
        secret = redis.sentinel_password.get_secret_value()
        guards = Login(redis.sentinel_user, secret, 0, redis.tls, redis.ca, redis.certificate)
        return Sentinels(address.hosts, guards, redis.master, login)
    return Alone(address.hosts[0], login)
