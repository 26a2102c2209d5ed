"""Every rule stands in both pages with its severity, and every rule of the pages exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exporter.ddl.rules import RULES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["ddl.md", "ddl.zh-CN.md"])
def test_the_pages_name_exactly_the_rules_that_there_are(page):
    rows = [line for line in (DOCS / page).read_text("utf-8").splitlines() if line.startswith("| `")]
    named = {
        name for row in rows for name in re.findall(r"`([a-z-]+)`", row.split("|")[1]) if not name.startswith("--")
    }
    assert named == set(RULES)


def test_the_english_page_gives_each_severity():
    for row in (DOCS / "ddl.md").read_text("utf-8").splitlines():
        for name in re.findall(r"^\| `([a-z-]+)`", row):
            if name in RULES:
                assert RULES[name].severity in row.split("|")[2]
