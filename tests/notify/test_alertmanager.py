"""What is posted to an Alertmanager, and what its answers mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests
from pydantic import ValidationError

from exporter.notify.alertmanager import Alertmanager, Posting, place

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
FIRING = Posting({"alertname": "A", "shop": "main", "empty": ""}, {"summary": "坏了"}, NOW)
OVER = Posting({"alertname": "B"}, {}, NOW, NOW)


def made(**more):
    return Alertmanager.model_validate({"kind": "alertmanager", "urls": ["http://10.0.0.5:9093/am/"], **more})


def posted(outlet, source=""):
    return outlet.request(outlet.urls[0], [FIRING, OVER], until=UNTIL, source=source).prepare()


def test_alerts_are_posted_as_api_v2_wants_them():
    request = posted(made(), "http://oh.example.com/")
    assert request.url == "http://10.0.0.5:9093/am/api/v2/alerts"
    assert json.loads(request.body) == [
        {
            "labels": {"alertname": "A", "shop": "main"},
            "annotations": {"summary": "坏了"},
            "startsAt": "2026-11-22T03:00:00Z",
            "endsAt": "2026-11-22T03:04:00Z",
            "generatorURL": "http://oh.example.com/",
        },
        {
            "labels": {"alertname": "B"},
            "annotations": {},
            "startsAt": "2026-11-22T03:00:00Z",
            "endsAt": "2026-11-22T03:00:00Z",
            "generatorURL": "http://oh.example.com/",
        },
    ]


def test_without_a_page_no_generator_is_named():
    assert all("generatorURL" not in each for each in json.loads(posted(made()).body))


def test_half_a_letter_in_a_label_does_not_keep_the_alert_back():
    outlet = made()
    request = outlet.request(outlet.urls[0], [Posting({"a": "\ud800"}, {}, NOW)], until=UNTIL, source="")
    assert json.loads(request.prepare().body)[0]["labels"] == {"a": "?"}


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({"username": "oh", "password": "s3cret"}, "Basic b2g6czNjcmV0"),
        ({}, None),
    ],
)
def test_it_logs_in_as_it_is_told(login, header):
    assert posted(made(**login)).headers.get("Authorization") == header


def test_one_address_may_stand_alone():
    assert made(urls="http://am:9093").urls == ["http://am:9093"]
    assert place("http://am:9093/x") == "am:9093"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"urls": []}, "at least 1 item"),
        ({"urls": ["am:9093"]}, "match pattern"),
        ({"urls": ["http://u:p@am:9093"]}, "match pattern"),
        ({"username": "oh"}, "belong together"),
        ({"username": "oh", "password": "p", "token": "t"}, "either token"),
        ({"ca_file": "nowhere.pem"}, "there is no file nowhere.pem"),
        ({"resend": "1ms"}, "greater than or equal"),
    ],
)
def test_a_fault_of_its_section_says_what_to_write(wrong, said):
    with pytest.raises(ValidationError, match=said):
        made(**wrong)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "accepted"), (400, "permanent"), (404, "permanent"), (429, "retry"), (500, "retry"), (503, "retry")],
)
def test_an_answer_says_whether_to_try_again_and_never_a_secret(status, outcome):
    response = requests.Response()
    response.status_code, response._content = status, b'"bad t0ken"'
    receipt = made(token="t0ken").receipt(response)
    assert (receipt.outcome, receipt.accepted) == (outcome, outcome == "accepted")
    assert "t0ken" not in receipt.detail
