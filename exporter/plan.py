"""What a configuration asks for, all of it read and checked before any of it is at work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from exporter.bench import Bench
from exporter.config import Config, ConfigFaultError, load
from exporter.rules import Rulebook, RuleFaultError
from exporter.web.access import Access, AccessError

FAULTS = (ConfigFaultError, RuleFaultError, AccessError)


@dataclass(frozen=True)
class Plan:
    """`access` is who may open the pages; None: everybody."""

    config: Config
    rulebook: Rulebook
    access: Access | None

    @classmethod
    def read(cls, file: str | Path, web_config: str | None) -> Self:
        """Raises one of FAULTS."""
        config = load(file)
        access = Access.load(web_config) if web_config else None
        rulebook = Rulebook.load(config.rule_files(), config.external(), config.target(), config.alerts.promql)
        return cls(config, rulebook, access)

    def anew(self) -> Self:
        """The same for a judge who knows nothing of what was."""
        return replace(self, rulebook=self.rulebook.anew())

    def read_at_start(self) -> tuple[object, ...]:
        """What a reload does not change."""
        return self.config.web.listen, self.config.state, self.config.leases

    @cached_property
    def bench(self) -> Bench:
        return Bench(self.rulebook, self.config)
