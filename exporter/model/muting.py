"""Why an alert that fires is not told, and what people said so with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, slots=True)
class Mute:
    """An alert that keeps its state and is not told now; `until` None: until what causes it is over.

    `acknowledged`: somebody has taken it; its end is told, and who took it. `by` is a person's name or, when it is
    inhibited, the rule of the alert that it depends on. `silence` is the id of the silence that does it.
    """

    why: Literal["silenced", "acknowledged", "inhibited", "quiet"]
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    comment: str = ""
    silence: str = ""


Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True)
class Matcher:
    """One label; a label that an alert does not have is the empty text. An expression is anchored at both ends."""

    label: str
    operator: Operator
    value: str

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Raises re.error."""
        return re.compile(self.value, re.ASCII | re.DOTALL)

    def takes(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.label, "")
        same = found == self.value if self.operator in ("=", "!=") else bool(self.expression.fullmatch(found))
        return same == (self.operator in ("=", "=~"))

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{escaped}"'


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody's word that some alerts are not to be told from `starts` until `ends`.

    A silence covers whatever its `matchers` match, an acknowledgement only the `alerts` (digests of their keys) that
    were open when it was taken, and these only until they are over. `ended_by` ended it before its time.
    """

    id: str
    kind: Literal["silence", "acknowledgement"]
    matchers: tuple[Matcher, ...]
    starts: datetime
    ends: datetime
    by: str
    comment: str = ""
    alerts: tuple[str, ...] = ()
    ended_by: str = ""
