"""The notification that an Alertmanager posts: its webhook, version 4, as bytes → a group. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from exporter.model import Group, Told

Labels = Annotated[dict[str, str], BeforeValidator(lambda given: {} if given is None else given)]


class WebhookFaultError(ValueError):
    """The body is no notification; the text says what is wrong with it and what to write instead."""


class _Lenient(BaseModel):
    """What newer Alertmanagers add is not read."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True, defer_build=True)


def _moment(given: object) -> datetime:
    if isinstance(given, str):
        try:
            return datetime.fromisoformat(given).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("is no time; write for example 2026-11-22T01:02:03.004Z")


Moment = Annotated[datetime, BeforeValidator(_moment)]


class _Alert(_Lenient):
    status: Literal["firing", "resolved"]
    labels: Labels
    annotations: Labels = Field(default_factory=dict)
    starts: Moment = Field(alias="startsAt")
    ends: Moment | None = Field(default=None, alias="endsAt")
    generator: str = Field(default="", alias="generatorURL")


class _Notification(_Lenient):
    version: Literal["4"]
    key: Annotated[str, Field(min_length=1, alias="groupKey")]
    receiver: str
    group_labels: Labels = Field(alias="groupLabels")
    common_labels: Labels = Field(default_factory=dict, alias="commonLabels")
    common_annotations: Labels = Field(default_factory=dict, alias="commonAnnotations")
    alerts: Annotated[list[_Alert], Field(min_length=1)]
    truncated: Annotated[int, Field(ge=0, alias="truncatedAlerts")] = 0


def read(body: bytes, now: datetime) -> Group:
    """What it tells, `at` now. Raises WebhookFaultError.

    The reason is not taken over: older Alertmanagers give none, and what is new is found by comparing anyway.
    """
    try:
        found = _Notification.model_validate_json(body)
    except ValidationError as error:
        raise WebhookFaultError(_why(error)) from None
    alerts = tuple(_told(each, now) for each in found.alerts)
    return Group(
        key=found.key,
        receiver=_unescaped(found.receiver),
        status="firing" if any(each.status == "firing" for each in alerts) else "resolved",
        labels=found.group_labels,
        common_labels=found.common_labels,
        common_annotations=found.common_annotations,
        reason="first notification",
        at=now,
        alerts=alerts,
        truncated=found.truncated,
    )


def _told(alert: _Alert, now: datetime) -> Told:
    return Told(
        status=alert.status,
        labels=alert.labels,
        annotations=alert.annotations,
        starts=min(alert.starts, now),
        ends=min(alert.ends or now, now) if alert.status == "resolved" else None,
        generator_url=alert.generator,
    )


def _unescaped(receiver: str) -> str:
    """Alertmanager sends the name as a regular expression that matches it, with backslashes."""
    return re.sub(r"\\([\\.+*?()|\[\]{}^$])", r"\1", receiver)


def _why(error: ValidationError) -> str:
    first, *others = error.errors(include_url=False, include_context=False, include_input=False)
    if first["type"] == "json_invalid":
        return "the body is not JSON; this address takes the webhook of an Alertmanager (webhook_configs)"
    if any(each["loc"] == ("version",) for each in (first, *others)):
        return 'version must be "4", which every Alertmanager since 0.15 sends; is this another program\'s webhook?'
    place = ".".join(str(each) for each in first["loc"]) or "the body"
    more = f" ({len(others)} more faults)" if others else ""
    said = re.sub(r"^Input should", "it should", first["msg"].removeprefix("Value error, "))
    return f"{place}: {said}{more}; this address takes the webhook of an Alertmanager, version 4"
