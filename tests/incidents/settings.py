"""What the sidecars of the replay are told: every probe each second, one room for each team, a second for half a minute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.units import seconds
from tests.incidents.ground import EXPORT, GROUP, TOPIC, Ground
from tests.incidents.shop import GOODS, HOURS, MAIN, PASSWORD
from tests.probes.shipping import MAPPED

PACE = 30
"""A minute of `for` is two seconds here: probes run 30 times as often as they do by default, too."""

RULES = Path(__file__).parents[2] / "rules"
TEAMS: Mapping[str, tuple[str, ...]] = {
    "orders": ("pending_paid", "callback_locks", "order_rate"),
    "stock": ("negative_stock", "fulfilment"),
    "finance": ("export_cache", "replica_lag"),
    "dba": ("slow_queries", "schema_watch"),
    "queues": ("message_size", "consumer_delay"),
    "partners": ("partner_events",),
    "ops": (),
}
"""Which room is told of which probes; `ops` of everything else, and `duty`, in WeCom, of all that is critical."""

_FOR = re.compile(r"^(\s+(?:for|keep_firing_for): )(\S+)$", re.MULTILINE)
_SEARCH = "SELECT order_no FROM order_search WHERE phone = :phone ORDER BY id DESC LIMIT 20"
_ZONES = ["zone_tables_missing", "server_zone"]
"""True of a MariaDB that was installed a second ago, and not what is replayed."""

MAIN_PROBES: Mapping[str, Any] = {
    "pending_paid": {"every": "1s", "grace": "4s"},
    "callback_locks": {"every": "1s", "redis": "locks", "lifetime": "2s"},
    "negative_stock": {"every": "1s", "stale_after": "10s"},
    "replica_lag": {"every": "500ms"},
    "slow_queries": {
        "every": "1s",
        "sources": ["running"],
        "searches": {"by_phone": {"query": _SEARCH, "values": {"phone": "19900007919"}, "budget": "40ms"}},
    },
    "message_size": {"every": "1s", "topics": {"orders": [TOPIC]}, "keep": "10s", "max_accepted": "16MB"},
    "consumer_delay": {"every": "1s", "stall": "4s", "max_delay": "30s", "topics": {"orders": {TOPIC: [GROUP]}}},
}
GOODS_PROBES: Mapping[str, Any] = {
    "negative_stock": {"every": "1s"},
    "fulfilment": {"every": "1s", "grace": "1s", "keep": "60s", "events": {"shipment_delayed": "warning"}},
    "partner_events": {"every": "1s", "once": ["signed"], "keep": "60s"},
    "schema_watch": {"every": "1s", "keep": "10s", "skip": _ZONES},
}


def scaled(folder: Path) -> Path:
    """A copy of the shipped rules in which `for` passes `PACE` times as fast; nothing else differs."""
    place = folder / "rules"
    place.mkdir(exist_ok=True)
    for file in RULES.glob("*.yml"):
        text = _FOR.sub(
            lambda found: f"{found[1]}{round(1000 * seconds(found[2]) / PACE)}ms", file.read_text(encoding="utf-8")
        )
        (place / file.name).write_text(text, encoding="utf-8")
    return place / "*.yml"


def shops(ground: Ground) -> Mapping[str, Any]:
    exports = {"every": "1s", "paths": [{"url": ground.site.url, "name": EXPORT.rpartition("/")[2]}]}
    return {
        "main": {
            "database": ground.pair.primary.url(MAIN, "oh"),
            "password": PASSWORD,
            "replicas": {"reporting": {"url": ground.pair.replica.url(MAIN, "oh"), "password": PASSWORD}},
            "queues": {"orders": ground.broker.url, "locks": ground.redis.url},
            "tables": MAPPED,
            "probes": {**MAIN_PROBES, "export_cache": exports},
        },
        "goods": {
            "database": ground.pair.primary.url(GOODS, "oh"),
            "password": PASSWORD,
            "tables": MAPPED,
            "probes": GOODS_PROBES,
        },
    }


def hours(ground: Ground) -> Mapping[str, Any]:
    place = {"database": ground.pair.primary.url(HOURS, "oh"), "password": PASSWORD, "tables": "plain"}
    return {"hours": {**place, "probes": {"order_rate": {"every": "1s", "grace": "10s"}}}}


def channels(origin: str, token: str, secret: str) -> Mapping[str, Any]:
    teams = {
        team: {"kind": "dingtalk", "token": token, "secret": secret, "endpoint": f"{origin}/{team}/robot/send"}
        for team in TEAMS
    }
    return {**teams, "duty": {"kind": "wecom", "key": token, "endpoint": f"{origin}/duty/cgi-bin/webhook/send"}}


def routes() -> list[Mapping[str, Any]]:
    """Each alert is a card of its own, so that each can be timed."""
    found: list[Mapping[str, Any]] = []
    for team, probes in TEAMS.items():
        match = {"probe": f"=~{'|'.join(probes)}"} if probes else {}
        found.append({"match": {**match, "severity": "critical"}, "to": [team, "duty"], "group_by": ["..."]})
        found.append({"match": match, "to": [team], "group_by": ["..."]})
    return found
