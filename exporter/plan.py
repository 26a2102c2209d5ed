"""What a configuration asks for, all of it checked, none of it at work yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exporter.bench import Bench
from exporter.config import Config, ConfigFaultError, load
from exporter.rules import Rulebook, RuleFaultError
from exporter.web.access import Access, AccessError

FAULTS = (ConfigFaultError, RuleFaultError, AccessError)


@dataclass(frozen=True, slots=True)
class Plan:
    """One reading of config.yaml, its rules and the file of `--web.config.file`."""

    config: Config
    bench: Bench
    access: Access | None

    @classmethod
    def read(cls, file: str | Path, web_config: str | None) -> Plan:
        """Raises one of FAULTS."""
        config = load(file)
        access = Access.load(web_config) if web_config else None
        return cls(config, Bench(Rulebook.load(config.rule_files()), config), access)
