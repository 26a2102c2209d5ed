"""An alert that fires, the links its card would carry, and a browser that says what browsers say."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest

from exporter.model import Alert
from tests.web.conftest import AT

LABELS = {"alertname": "Paid", "shop": "main", "severity": "critical"}
HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture
def alert(view):
    fired = Alert(
        "Paid", LABELS, "firing", AT - timedelta(minutes=9), 89.0,
        {"summary": f"89 笔订单已付款仍待支付 {HOSTILE}", "summary_en": f"89 orders are paid {HOSTILE}"},
    )  # fmt: skip
    view.active = [fired]
    return fired


@pytest.fixture
def links(view, alert):
    """The paths of the two buttons of the alert's card: take, silence."""
    return [urlsplit(link.url).path for link in view.desk.links(alert.labels, AT)]


class Phone:
    """A browser at one server."""

    def __init__(self, server, ask):
        self.server, self._ask = server, ask

    def open(self, path, method="GET", **headers):
        return self._ask(self.server, path, method, headers={_dashed(name): value for name, value in headers.items()})

    def press(self, path, headers=None, **fields):
        """Posts a form."""
        head = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        return self._ask(self.server, path, "POST", headers=head | (headers or {}), body=urlencode(fields))

    def send(self, body, headers=None):
        """Posts JSON to the API."""
        return self._ask(self.server, "/api/silences", "POST", headers=JSON | (headers or {}), body=body)


JSON = {"Content-Type": "application/json"}


def _dashed(name):
    return name.replace("_", "-")


@pytest.fixture
def phone(serve, ask):
    return Phone(serve(), ask)


@pytest.fixture
def standing(view):
    """What stands now, as (kind, by)."""
    return lambda: [(each.kind, each.by) for each, stands in view.desk.history(view.at) if stands]
