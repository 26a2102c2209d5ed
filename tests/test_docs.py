"""What the documents say can be done: every link leads somewhere, every command exists, every snippet is taken."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from exporter import __main__
from exporter.config import load
from tests.servers import needed

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SNIPPETS = [
    pytest.param(body, id=f"{page.relative_to(ROOT)}:{number}")
    for page in PAGES
    for number, (kind, body) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")), 1)
    if kind == "yaml"
]


def text(page):
    return page.read_text(encoding="utf-8")


def prose(page):
    """Without what stands in code, where brackets mean something else."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text(page)))


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings}


def environment(written):
    return dict.fromkeys(re.findall(r"!env (\w+)", written), "x" * 16)


def completed(written):
    """A snippet that shows a part of its shop gets the rest of it."""
    rest = {"database": "sqlite:////shop.db", "tables": "plain", "probes": "{pending_paid: }"}
    lines = "".join(f"    {name}: {value}\n" for name, value in rest.items() if f"\n    {name}:" not in written)
    return re.sub(r"(^shops:\n(?: *#.*\n)*  \w+:.*\n)", rf"\g<1>{lines}", written, flags=re.MULTILINE)


def said(page):
    """Each `order-health …` of a page, by words: of code blocks up to the comment, and of code within a line."""
    blocks = "\n".join(body for kind, body in FENCE.findall(text(page)) if kind in {"", "sh"})
    lines = [line.partition(" #")[0] for line in re.findall(r"^ *(?:\S+/)?order-health +(.*)$", blocks, re.MULTILINE)]
    inline = re.findall(r"`order-health ([^`\n]*)`", FENCE.sub("", text(page)))
    return [shlex.split(line.rstrip("\\ ")) for line in (*lines, *inline) if "…" not in line.split(" ", maxsplit=1)[0]]


def options(name):
    """All that a command takes, and by its subcommands."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"exporter.commands.{name}").arguments(parser)
    found, parsers = {"--help"}, [parser]
    for each in parsers:
        found |= set(each._option_string_actions)
        below = [sub for action in each._actions if isinstance(action.choices, dict) for sub in action.choices.values()]
        parsers += [sub for sub in below if isinstance(sub, argparse.ArgumentParser)]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_to_its_heading(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"https?://|mailto:", link):
            place, _, anchor = link.partition("#")
            target = page.parent / place if place else page
            assert target.exists(), f"{page.name} links to {link}, which is not there"
            assert not anchor or anchor in anchors(target), f"{page.name} links to {link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists_with_its_options(page):
    for command, *words in said(page):
        if command.startswith("-"):
            continue
        assert command in __main__.COMMANDS, f"{page.name} says `order-health {command}`"
        taken = options(command)
        for word in words:
            option = word.partition("=")[0]
            assert not re.fullmatch(r"--[a-z][a-z.-]+", option) or option in taken, f"{page.name}: {command} {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    named = re.findall(r"`make ([a-z-]+)|^ *make ([a-z-]+)", text(page), re.MULTILINE)
    assert {first or second for first, second in named} <= targets


@pytest.mark.parametrize("written", SNIPPETS)
def test_every_snippet_is_taken(written, tmp_path):
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!env", lambda _, node: node.value)
    loader.add_constructor("!file", lambda _, node: node.value)
    documents = list(yaml.load_all(written, loader))
    assert all(documents)
    loaded = documents[0]
    if "scrape_configs" in loaded:
        (tmp_path / "rules").symlink_to(ROOT / "rules")
        (tmp_path / "prometheus.yml").write_text(written, encoding="utf-8")
        check = [needed("promtool", "prometheus"), "check", "config", tmp_path / "prometheus.yml"]
        told = subprocess.run(check, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
    elif "shops" in loaded and isinstance(loaded["shops"], dict) and "..." not in written and "…" not in written:
        file = tmp_path / "config.yaml"
        file.write_text(completed(written), encoding="utf-8")
        load(file, environment(written))


def test_the_example_of_a_configuration_is_taken():
    written = text(ROOT / "config.example.yaml")
    assert load(ROOT / "config.example.yaml", environment(written)).channels


def test_a_command_that_is_told_wrongly_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\norder-health run --config.file x  # yes\n```\n`order-health nothing`\n")
    assert said(page) == [["run", "--config.file", "x"], ["nothing"]]
    assert "--config.file" in options("run")
    assert "--promql" in options("rules")
