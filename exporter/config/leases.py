"""Where several sidecars agree which of them leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

from exporter.leases import Terms
from exporter.queues import Address
from exporter.strict import fault, faults


def _addressed(given: Any) -> Any:
    section = {"url": given} if isinstance(given, str | SecretStr) else given
    url = section.get("url") if isinstance(section, Mapping) else None
    if url is not None and not _leads_to_redis(str(url.get_secret_value() if isinstance(url, SecretStr) else url)):
        # nothing of it is repeated: a password may stand anywhere
        text = "is not the address of a Redis; write for example redis://10.0.0.9:6379/0"
        raise faults("leases", [fault(("url",) if isinstance(given, Mapping) else (), "unknown_scheme", text)])
    return section


def _leads_to_redis(url: str) -> bool:
    try:
        return Address.read(url).scheme in Terms.SCHEMES
    except ValueError:
        return False


Leases = Annotated[Terms, BeforeValidator(_addressed)]
"""A bare URL stands for a Redis without further settings."""
