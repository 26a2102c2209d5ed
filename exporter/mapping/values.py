"""The small values of a mapping: names, raw values as the shop stores them, zones, texts in two languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator

from exporter.mapping.shards import Located, name
from exporter.strict import Strict


def _raw(given: Any) -> str | int:
    if isinstance(given, str | int) and not isinstance(given, bool):
        return given
    if isinstance(given, bool):
        text = f'{str(given).lower()} is not a stored value; write 0 or 1, or the text in quotes ("true")'
    else:
        text = f"{given!r} is not a value that a column holds; write a number or a text in quotes"
    raise ValueError(text)


def _raw_or_null(given: Any) -> str | int | None:
    return None if given is None else _raw(given)


def _list(given: Any) -> Any:
    if isinstance(given, list | tuple):
        return given
    meant = "[0, 1]" if isinstance(given, Mapping) or given is None else f"[{given}]"
    raise ValueError(f"a list of the raw values is wanted, not {given!r}; write for example {meant}")


def _one_or_more(given: Any) -> Any:
    return given if isinstance(given, list | tuple | Mapping) else (given,)


def _zone(given: Any) -> tzinfo:
    if isinstance(given, tzinfo):
        return given
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(given))
    if found:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset <= timedelta(hours=14):
            return timezone(offset if found[1] == "+" else -offset)
    elif str(given).upper() in {"UTC", "Z"}:
        return UTC
    else:
        try:
            return ZoneInfo(str(given))
        except (KeyError, ValueError, OSError):
            pass
    raise ValueError(f'{given!r} is not a time zone; write "+08:00" in quotes, UTC or Asia/Shanghai')


def _text(given: Any) -> Any:
    return {"zh": given, "en": given} if isinstance(given, str) else given


class Words(Strict):
    """One text in both languages."""

    zh: str
    en: str

    def in_(self, language: Literal["zh", "en"]) -> str:
        return self.zh if language == "zh" else self.en


Name = Annotated[str, PlainValidator(name)]
Raw = Annotated[str | int, PlainValidator(_raw)]
Values = Annotated[tuple[Raw, ...], BeforeValidator(_list)]
OneOrMore = Annotated[
    tuple[Annotated[str | int | None, PlainValidator(_raw_or_null)], ...], BeforeValidator(_one_or_more)
]
Zone = Annotated[tzinfo, PlainValidator(_zone), PlainSerializer(str)]
Text = Annotated[Words, BeforeValidator(_text)]
TimeKind = Literal["datetime", "epoch_s", "epoch_ms"]


class Clock(Strict):
    """How a column writes a moment; `zone` is only of use to `datetime`, and None means the mapping's zone."""

    kind: TimeKind = "datetime"
    zone: Zone | None = None


class Time(Clock):
    """The clock of a table, and of the columns that differ from it."""

    columns: dict[str, Clock] = Field(default_factory=dict)


class Money(Strict):
    """`unit` is what the number 1 means; `currency` holds where no currency column is mapped."""

    unit: Literal["yuan", "fen"] = "yuan"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "CNY"


class Hop(Located):
    """Rows of `table` whose column `from_` is the value in hand; the column `to` is the next value."""

    from_: Name = Field(alias="from")
    to: Name
    where: dict[Name, OneOrMore] = Field(default_factory=dict)
