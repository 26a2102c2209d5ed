"""How far the orders are that an export covers, for holding its file against them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy

from exporter.shop import Shop, ShopError


def progress(shop: Shop, covers: Literal["today"] | float, now: datetime) -> str:
    """Differs when one of these orders is new or was updated; says nothing else. Raises a ShopError."""
    if not shop.maps("orders", "created"):
        raise ShopError("`covers` needs orders.created in the mapping; map it, or leave `covers` out")
    orders = shop.require("orders", "created")
    since = _midnight(shop, now) if covers == "today" else now - timedelta(seconds=covers)
    asked: sqlalchemy.Select[Any] = sqlalchemy.select(sqlalchemy.func.count())
    if "updated" in orders.c:
        asked = asked.add_columns(sqlalchemy.func.max(orders.c.updated))
    shards = shop.rows(asked, word="orders", during=("created", since, now))
    return ";".join(" ".join(map(str, shard)) for shard in shards)


def _midnight(shop: Shop, now: datetime) -> datetime:
    return now.astimezone(shop.zone).replace(hour=0, minute=0, second=0, microsecond=0)
