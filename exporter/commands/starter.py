"""The text of a first `config.yaml`: what was found, what is doubtful, and what can be switched on later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from exporter.shop.mapping import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exporter.shop.guess import Doubt

_WIDTH = 80

_REST = """\
      # replica_lag: {every: 5s}            # needs `replicas: {reporting: mysql+pymysql://…}` beside `database`
      # export_cache: {paths: [https://admin.example.com/orders/export]}
      # slow_queries: {searches: {by_phone: "SELECT …"}, budget: 200ms}
      # message_size: {topics: [order_created], limit: 50KB}      # needs `queues: {orders: rocketmq://…}`
      # consumer_delay: {topics: {order_created: [order-service]}}

# The rooms that are told. Take the marks away from the one you have, and export its secrets.
# channels:
#   ops:  {kind: dingtalk, token: !env DINGTALK_TOKEN, secret: !env DINGTALK_SECRET}
#   duty: {kind: wecom, key: !env WECOM_KEY}

alerts:
  rules: rules/*.yml
  every: 5s
  # routes:
  #   - {match: {severity: critical}, to: [ops, duty], mention: ["13800000000"]}
  #   - {to: [ops]}

web: {listen: 127.0.0.1:9847}     # add external_url: http://… so that cards can link to this page
state: sqlite:///order-health.db
"""


def text(
    *, name: str, database: str, password: bool, found: str, tables: str | dict[str, Any], doubts: Iterable[Doubt] = ()
) -> str:
    """The file. `database` is a URL without its password, `found` a sentence about where `tables` came from."""
    lines = [
        f"# {found}",
        "# Next: `order-health check --config.file FILE` says what is still missing, and which GRANT gives it.",
        "shops:",
        f"  {_flow(name)}:",
        f"    database: {_flow(database)}",
        *(["    password: !env SHOP_DB_PASSWORD"] if password else []),
        *_tables(tables, {doubt.place: doubt.text for doubt in doubts}),
        "    probes:",
        *_probes(tables),
    ]
    return "\n".join(lines) + "\n" + _REST


def _tables(tables: str | dict[str, Any], doubts: Mapping[str, str]) -> Iterator[str]:
    if isinstance(tables, str):
        yield f"    tables: {tables}"
        return
    yield "    tables:"
    for key, value in tables.items():
        yield from _block(key, value, "      ", key, doubts)


def _block(key: str, value: Any, indent: str, place: str, doubts: Mapping[str, str]) -> Iterator[str]:
    """A line, or a block where it is long or something in it is doubtful."""
    if place in doubts:
        yield f"{indent}# check: {_one_line(doubts[place])}"
    inner = isinstance(value, dict) and (
        len(_flow(value)) > _WIDTH or any(each.startswith(f"{place}.") for each in doubts)
    )
    if not inner:
        yield f"{indent}{_flow(key)}: {_flow(value)}"
        return
    yield f"{indent}{_flow(key)}:"
    for each, part in value.items():
        yield from _block(each, part, f"{indent}  ", f"{place}.{each}", doubts)


def _probes(tables: str | dict[str, Any]) -> Iterator[str]:
    """The probes that can run are on; the others stand as comments with the reason."""
    mapping = load(tables)
    gaps = {str(check): words.en for check, words in mapping.not_applicable.items()}
    if "callbacks" in gaps:
        yield f"      # pending_paid looks at the orders alone: {gaps['callbacks']}"
    yield f"      {'' if mapping.orders else '# '}pending_paid: {{every: 30s, grace: 2m}}"
    if mapping.stock is None or "negative_stock" in gaps:
        yield f"      # negative_stock: {{}}   # {gaps.get('negative_stock', 'no table of stock is mapped')}"
    else:
        yield "      negative_stock: {}"


def _flow(value: Any) -> str:
    dumped: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _one_line(words: str) -> str:
    return " ".join(words.split())
