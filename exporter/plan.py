"""What a configuration asks for, all of it read and checked before any of it is at work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from exporter.bench import Bench
from exporter.config import Config, load
from exporter.rules import Rulebook
from exporter.web.access import Access


@dataclass(frozen=True)
class Plan:
    """`access` is who may open the pages; None: everybody."""

    config: Config
    rulebook: Rulebook
    access: Access | None

    @classmethod
    def read(cls, file: str | Path, web_config: str | None) -> Self:
        """Raises `ConfigFaultError`, `RuleFaultError` or `AccessError`."""
        config = load(file)
        access = Access.load(web_config) if web_config else None
        return cls(config, Rulebook.load(config.rule_files(), config.external()), access)

    @cached_property
    def bench(self) -> Bench:
        return Bench(self.rulebook, self.config)
