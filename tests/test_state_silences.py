"""Silences, used links and the key survive a restart; what ended is kept for a week."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from exporter.model import Matcher, Silence
from exporter.state import FullError, State, UsedLinkError

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE = Silence(
    "one", "silence", (Matcher("shop", "=~", 'a"\n|店'),), NOW, NOW + HOUR, "张三 🧾", "why", alerts=("ab", "cd")
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def state(url):
    opened = State(url)
    yield opened
    opened.close()


def test_a_silence_is_read_after_a_restart_as_it_was_written(url):
    first = State(url)
    first.silence(ONE, NOW, most=10)
    key = first.key()
    first.close()
    second = State(url)
    assert second.silences(NOW) == [ONE]
    assert second.key() == key
    assert len(key) == 32
    second.close()


def test_it_is_gone_when_it_ends_and_history_for_a_week(state):
    state.silence(ONE, NOW, most=10)
    assert state.silences(ONE.ends) == []
    assert state.silences(ONE.ends - 7 * DAY) == [ONE]
    later = NOW + 8 * DAY
    state.silence(replace(ONE, id="two", ends=later + HOUR), later, most=10)
    assert [each.id for each in state.silences(NOW - 99 * DAY)] == ["two"]


def test_who_ended_it_and_when_is_kept(state):
    state.silence(ONE, NOW, most=10)
    at = NOW + timedelta(minutes=5)
    assert state.unsilence("one", "李四", at) == replace(ONE, ends=at, ended_by="李四")
    assert state.unsilence("one", "李四", at) is None
    assert state.unsilence("nobody", "李四", at) is None
    assert state.silences(NOW) == [replace(ONE, ends=at, ended_by="李四")]


def test_a_link_is_used_once_and_tells_by_whom(url):
    first = State(url)
    first.silence(ONE, NOW, most=10, nonce="n", expires=NOW + DAY)
    first.close()
    second = State(url)
    with pytest.raises(UsedLinkError) as caught:
        second.silence(replace(ONE, id="two"), NOW + HOUR, most=10, nonce="n", expires=NOW + DAY)
    assert (caught.value.by, caught.value.at) == ("张三 🧾", NOW)
    assert len(second.silences(NOW)) == 1
    second.close()


def test_a_link_that_could_not_be_used_is_not_used_up(state):
    state.silence(ONE, NOW, most=10)
    with pytest.raises(FullError):
        state.silence(replace(ONE, id="two"), NOW, most=1, nonce="n", expires=NOW + DAY)
    assert state.used("n") is None


def test_the_history_is_bounded_too(state):
    ended = NOW - timedelta(seconds=1)
    with state._begin() as connection:
        for n in range(1_100):
            connection.execute(
                text("INSERT INTO order_health_silences VALUES (:id, :ends, '{}')"),
                {"id": str(n), "ends": ended.timestamp() - n},
            )
    state.silence(ONE, NOW, most=10)
    with state._begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM order_health_silences")) <= 1_001


def test_a_state_from_before_there_were_silences_is_led_on(url):
    State(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "DROP TABLE order_health_silences",
            "DROP TABLE order_health_used_links",
            "UPDATE order_health_meta SET value = '1' WHERE name = 'version'",
        ):
            connection.execute(text(statement))
    engine.dispose()
    opened = State(url)
    opened.silence(ONE, NOW, most=10)
    assert opened.silences(NOW) == [ONE]
    opened.close()
