"""The references say what the code says: `make docs` writes their tables, and nothing is left out of them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, SecretStr

from exporter import probes
from exporter.strict import Strict
from exporter.units import Duration, Size
from tests.test_house import DECLARED
from tools.reference import PAGES, filled, marked, settings
from tools.reference.forms import default, form
from tools.reference.metrics import declared

ROOT = Path(__file__).parent.parent


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


class Section(Strict):
    every: Annotated[Duration, Field(ge=0.1, le=60)] = 90.0
    most: Annotated[Size, Field(ge=1024)] | None = None
    least: int = Field(default=0, ge=0, lt=5)
    kind: Literal["zh", "en"] = "zh"
    names: list[str] = Field(default_factory=lambda: ["a", "b"])
    url: SecretStr = SecretStr("sqlite:///x.db")
    given: dict[str, bool]
    odd: bytes = b""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_make_docs_writes_it(name):
    assert page(name) == filled(page(name)), f"{name} is behind the code; run `make docs`"


def test_every_section_of_a_configuration_has_its_table():
    tables = Counter(map(settings.model, marked(page("docs/configuration.md"), "settings")))
    assert tables == Counter(settings.sections())


def test_every_metric_stands_in_a_table_and_only_once():
    told = Counter(each.name for place in marked(page("docs/metrics.md"), "metrics") for each in declared(place))
    assert {name for name in DECLARED if told[name] != 1} == set()


def test_every_metric_of_a_probe_has_its_name_on_the_chinese_page():
    assert set(marked(page("docs/metrics.zh-CN.md"), "names")) == {f"probes.{name}" for name in probes.known()} - {
        "probes.sql"
    }


def test_every_link_of_the_configuration_leads_to_a_heading():
    text = page("docs/configuration.md")
    headings = {
        re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert {link for link in re.findall(r"\(#([^)]*)\)", text) if link not in headings} == set()


def test_a_setting_without_a_docstring_is_a_fault_that_names_it():
    with pytest.raises(LookupError, match=r"Section\.every has no docstring below it"):
        [*settings.rows(Section, {})]


def test_a_type_that_has_no_words_is_a_fault_that_names_it():
    with pytest.raises(LookupError, match=r"bytes.*has no words"):
        form(Section.model_fields["odd"], {})


@pytest.mark.parametrize(
    ("name", "written", "unset"),
    [
        ("every", "duration, 100ms or more, 1m at the most", "`1m30s`"),
        ("most", "size, 1KB or more", "–"),
        ("least", "whole number, 0 or more, less than 5", "`0`"),
        ("kind", "`zh` or `en`", "`zh`"),
        ("names", "list of text", "`[a, b]`"),
        ("url", "text, kept secret", "`sqlite:///x.db`"),
        ("given", "by name: `true` or `false`", "must be given"),
    ],
)
def test_a_setting_is_told_as_people_write_it(name, written, unset):
    field = Section.model_fields[name]
    assert form(field, {}) == written
    assert default(field) == unset


def test_a_setting_that_comes_from_the_class_above_keeps_its_meaning():
    watched = settings.model("probes.negative_stock.NegativeStock")
    assert settings.explained(watched)["every"] == "How often it runs."
