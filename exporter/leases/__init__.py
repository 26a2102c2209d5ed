"""Several sidecars over the same shops: one leads, the others stand by.

The lease in Redis says who may ask for the lead, the state's database who has it. Redis is asked often and cheaply; the
database fences: its epoch is checked in every transaction that only a leader may make. So nothing is told twice when
Redis forgets, hangs or is away.
"""

from exporter.leases.lead import Lead, Standing
from exporter.leases.metrics import CHANGES, LEADER, REACHABLE
from exporter.leases.terms import Terms

__all__ = ["CHANGES", "LEADER", "REACHABLE", "Lead", "Standing", "Terms"]
