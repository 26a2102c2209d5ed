"""A clock that is wrong: seen by what the robots answer, named, and no reason to fall silent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from exporter.delivery import clocks
from tests.delivery.test_strict_rooms import Both, a_flip
from tests.robots.serving import serve

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def answered(date):
    response = requests.Response()
    if date is not None:
        response.headers["Date"] = date
    return response


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Mon, 23 Nov 2026 02:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 00:49:00 GMT", 4260.0),
        ("Mon, 23 Nov 2026 10:10:00 +0800", -600.0),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("Mon, 23 Nov 99999999999 02:00:00 GMT", None),
    ],
)
def test_the_date_of_an_answer_tells_how_far_we_are_ahead(date, seconds):
    assert clocks.ahead(answered(date), NOW) == seconds


@pytest.fixture(params=[71, -71], ids=["ahead", "behind"])
def skewed(request, state, clock):
    """The rooms live in the real time, and we do not."""
    with serve() as served:
        served.rooms.now = lambda: datetime.now(UTC)
        clock.pass_by(60 * request.param)
        opened = Both(served, state, clock)
        opened.minutes = request.param
        yield opened
        opened.sender.stop()


def test_a_clock_that_is_71_minutes_off_is_named_and_cards_are_signed_by_the_rooms_clock(skewed, caplog):
    skewed.tell([a_flip(1, at=skewed.clock())])
    skewed.until_told()
    ding, wecom = skewed.rooms
    assert [each.errcode for each in ding.refusals] == [310000]
    assert (len(ding.messages), len(wecom.messages)) == (1, 1)
    way = "ahead of" if skewed.minutes > 0 else "behind"
    assert f"this machine's clock is 71 min {way} the room's" in caplog.text
    assert "signing by the room's clock until it is set" in caplog.text
    told = {
        each.labels[0]: each.value
        for each in skewed.sender.samples()
        if each.metric.name == "order_health_clock_skew_seconds"
    }
    assert told == {
        "ops": pytest.approx(60 * skewed.minutes, abs=20),
        "duty": pytest.approx(60 * skewed.minutes, abs=20),
    }
    known = [each.clock_ahead for each in skewed.sender.rooms() if each.clock_ahead is not None]
    assert [round(each / 60) for each in known] == [skewed.minutes] * 2
    skewed.tell([a_flip(2, at=skewed.clock())])
    skewed.until_told()
    assert len(ding.refusals) == 1, "it knew the time by then"


def test_a_log_in_page_tells_no_time(state, clock):
    with serve() as served:
        served.rooms.now = clock
        clock.pass_by(3600 * 5)
        both = Both(served, state, clock)
        both.rooms[1].faults.append("html")
        both.tell([a_flip(1, at=clock())], to=("duty",))
        both.until_told(ahead=1.0)
        both.sender.stop()
        assert len(both.rooms[1].messages) == 1
