"""How far a replica is behind its primary, below a second and without a privilege: by the GTIDs of both."""

from exporter.shop.replication.catching_up import caught_up
from exporter.shop.replication.ring import Behind
from exporter.shop.replication.trail import Trail
from exporter.shop.replication.who import Who

__all__ = ["Behind", "Trail", "Who", "caught_up"]
