"""The dashboards as they are shipped: panels, queries and variables out of the JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "grafana" / "dashboards"
FILES = sorted(FOLDER.glob("*/*.json"))
LANGUAGES = ("zh", "en")
NOT_OURS = ("ALERTS", "process_")


@dataclass(frozen=True)
class Asked:
    """One query of a panel; `board` is language/name."""

    board: str
    panel: dict[str, Any]
    target: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.board}: {self.panel['title']} {self.target['refId']}"

    @property
    def expr(self) -> str:
        return self.target["expr"]


def read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def panels(file: Path) -> list[dict[str, Any]]:
    return [panel for panel in read(file)["panels"] if panel["type"] != "row"]


def asked(language: str = "*") -> list[Asked]:
    return [
        Asked(f"{file.parent.name}/{file.stem}", panel, target)
        for file in sorted(FOLDER.glob(f"{language}/*.json"))
        for panel in panels(file)
        for target in panel["targets"]
    ]


def filled(expr: str, window: str = "5m", **chosen: str) -> str:
    """As Grafana fills its variables; what is not chosen is All."""
    known = {"__rate_interval": window, "shop": ".+", "queue": ".+", "topic": ".+", "channel": ".+", **chosen}
    return re.sub(r"\$(\w+)", lambda found: known[found[1]], expr)


def metrics(expr: str) -> set[str]:
    return {
        node.name for node in nodes(promql_parser.parse(filled(expr))) if isinstance(node, promql_parser.VectorSelector)
    }


def nodes(node: Any) -> Iterator[Any]:
    """Every node of a parsed expression, from the top."""
    yield node
    match node:
        case promql_parser.BinaryExpr():
            children = [node.lhs, node.rhs]
        case promql_parser.MatrixSelector():
            children = [node.vector_selector]
        case promql_parser.Call():
            children = list(node.args)
        case (
            promql_parser.AggregateExpr()
            | promql_parser.ParenExpr()
            | promql_parser.UnaryExpr()
            | promql_parser.SubqueryExpr()
        ):
            children = [node.expr]
        case _:
            children = []
    for child in children:
        yield from nodes(child)
