"""The runbooks of this installation, and the shops in whose words they can be read."""

from __future__ import annotations

import re
from pathlib import Path

from exporter.config import Config, ShopSection
from exporter.web.filling import Place, Runbook
from exporter.web.status import Language


def runbook(root: Path, config: Config, name: str, language: Language) -> Runbook | None:
    """The runbook in this language, else in the other one; None when there is none."""
    if not re.fullmatch(r"[a-z0-9_]{1,64}", name):
        return None
    folder = root / "runbooks" if root.name == "_share" else root / "docs" / "runbooks"
    files = [folder / f"{name}.md", folder / f"{name}.en.md"]
    for file in files if language == "zh" else reversed(files):
        if file.is_file():
            return Runbook(file.read_text(encoding="utf-8"), _places(config))
    return None


def _places(config: Config) -> tuple[Place, ...]:
    return tuple(
        Place(name, section.tables, _family(section), frozenset(section.probes))
        for name, section in config.shops.items()
    )


def _family(section: ShopSection) -> str:
    backend = section.address().get_backend_name()
    return backend if backend in ("postgresql", "sqlite") else "mysql"
