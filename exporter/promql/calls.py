"""What a function gets to make its node from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exporter.promql.selectors import Selector
from exporter.promql.vector import Node


class Argument(NamedTuple):
    """A compiled argument.

    `selector` when it is written as a bare selector (with a range or without), `text` when as a string; `ranged` says
    that it is a range.
    """

    run: Node
    selector: Selector | None = None
    text: str = ""
    ranged: bool = False


Builder = Callable[[Sequence[Argument]], Node]
"""Makes a call's node; ValueError says why these arguments cannot be used."""
