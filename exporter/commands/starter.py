"""The text of a first `config.yaml`: what was found, what is doubtful, and what can be switched on later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from exporter.mapping import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exporter.discover.guess import Doubt

_WIDTH = 80

_REST = """\

# The rooms that are told; docs/channels.md. Take the marks away from the one you have, and export its secrets.
# channels:
#   ops: {kind: dingtalk, token: !env DINGTALK_TOKEN, secret: !env DINGTALK_SECRET}   # secret: the SEC… of 加签
#   duty: {kind: wecom, key: !env WECOM_KEY}                                         # the key of the robot's address

alerts:
  rules: rules/*.yml                # beside this file; without such a folder the rules that come along
  every: 5s                         # judged after every reading, and this often at the least
  # routes:                         # the first that matches takes the alert; without routes all rooms are told
  #   - {match: {severity: critical}, to: [ops, duty], mention: ["13800000000"]}
  #   - {to: [ops]}

web:
  listen: 127.0.0.1:9847            # /metrics and the status page
  # external_url: http://order-health.example.com   # where people reach it: the buttons of a card lead there

state: sqlite:///order-health.db    # alerts, outbox, open cases; beside this file
language: zh                        # of the cards: zh or en
zone: Asia/Shanghai                 # of the times on cards and pages
"""


def text(
    *, name: str, database: str, password: bool, found: str, tables: str | dict[str, Any], doubts: Iterable[Doubt] = ()
) -> str:
    """The file. `database` is a URL without its password, `found` a sentence about where `tables` came from."""
    lines = [
        f"# {found}",
        "# Next: `order-health check --config.file FILE` says what is still missing, and which GRANT gives it.",
        "# Every setting there is: config.example.yaml. Durations: 200ms, 30s, 2m, 1h30m.",
        "shops:",
        f"  {_flow(name)}:  # becomes the label `shop` on every metric",
        f"    database: {_flow(database)}",
        *(["    password: !env SHOP_DB_PASSWORD  # taken from the environment"] if password else []),
        *_tables(tables, {doubt.place: doubt.text for doubt in doubts}),
        "    probes:",
        *_probes(tables),
    ]
    return "\n".join(lines) + "\n" + _REST


def _tables(tables: str | dict[str, Any], doubts: Mapping[str, str]) -> Iterator[str]:
    """Each doubt stands above its own line; those about what a preset says and no line repeats stand before all."""
    written = tables if isinstance(tables, dict) else {}
    yield from (f"    # check: {_one_line(words)}" for place, words in doubts.items() if not _stands(written, place))
    if isinstance(tables, str):
        yield f"    tables: {tables}  # a preset, or your own mapping: docs/mapping.md"
        return
    yield "    tables:  # docs/mapping.md"
    for key, value in tables.items():
        yield from _block(key, value, "      ", key, doubts)


def _stands(written: Mapping[str, Any], place: str) -> bool:
    head, _, rest = place.partition(".")
    if head not in written or not rest:
        return head in written
    return isinstance(written[head], dict) and _stands(written[head], rest)


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
    """The first two whatever the shop: what its tables cannot show is told by `check` and on the status page."""
    mapping = load(tables)
    gaps = {str(check): words.en for check, words in mapping.not_applicable.items()}
    yield "      # orders that are paid, and pending all the same; grace: how long a payment may be in flight"
    if "callbacks" in gaps:
        yield f"      # it looks at the orders alone: {_one_line(gaps['callbacks'])}"
    yield "      pending_paid: {every: 30s, grace: 2m}"
    yield "      # SKUs below zero, reservations past their time, duplicate rows of stock"
    if "negative_stock" in gaps:
        yield f"      # SKUs below zero are not applicable: {_one_line(gaps['negative_stock'])}"
    yield "      negative_stock: {every: 30s}"
    if mapping.orders and "shipped" in mapping.orders.columns:
        yield "      # from payment to shipment: percentiles, orders not shipped within the promise, impossible times"
        yield "      fulfilment: {every: 30s, promise: 48h}"
    if mapping.partner_events:
        yield "      # events that a carrier or partner tells twice for one order; once: those that may come once only"
        yield "      partner_events: {every: 30s, once: []}"


def _flow(value: Any) -> str:
    dumped: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _one_line(text: str) -> str:
    return " ".join(text.split())
