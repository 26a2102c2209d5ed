"""The templates of the pages; everything from outside is escaped in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

FOLDER = Path(__file__).with_name("templates")


@cache
def template(name: str) -> jinja2.Template:
    """Compiled once."""
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return room.get_template(name)
