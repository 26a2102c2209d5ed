"""The order system as probes may touch it: read-only, bounded in time and rows, asked in our words."""

from exporter.database.abilities import Ability
from exporter.database.catalog import Column, Index
from exporter.database.errors import (
    Denied,
    Missing,
    NotApplicable,
    Refused,
    ShopError,
    TimedOut,
    Unreachable,
    Unsupported,
)
from exporter.database.server import Server
from exporter.database.shape import ColumnShape, IndexShape, TableShape
from exporter.model import Asked, Step
from exporter.shop.measured import Measured
from exporter.shop.node import Node
from exporter.shop.notes import Memory
from exporter.shop.queues import BoundQueue
from exporter.shop.replication import Trail, Who
from exporter.shop.shop import Shop
from exporter.shop.table import Record, Table
from exporter.shop.windows import Scan

__all__ = [
    "Ability",
    "Asked",
    "BoundQueue",
    "Column",
    "ColumnShape",
    "Denied",
    "Index",
    "IndexShape",
    "Measured",
    "Memory",
    "Missing",
    "Node",
    "NotApplicable",
    "Record",
    "Refused",
    "Scan",
    "Server",
    "Shop",
    "ShopError",
    "Step",
    "Table",
    "TableShape",
    "TimedOut",
    "Trail",
    "Unreachable",
    "Unsupported",
    "Who",
]
