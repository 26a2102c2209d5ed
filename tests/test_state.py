"""What survives a restart, on SQLite with property tests, and on real MariaDB and PostgreSQL servers."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from exporter.model import Alert, Card, Case, Entry, Fact, Flip, Group, Ledger, Link, Mute, Record, Told, fingerprint
from exporter.state import State, StateFaultError, nouns

AT = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
NOW = AT.timestamp()

texts = st.text(max_size=20)
names = st.dictionaries(texts, texts, max_size=3)
moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
numbers = st.floats(allow_nan=False)


def tuples(each):
    return st.lists(each, max_size=3).map(tuple)


cases = st.builds(Case, texts, st.none() | moments, texts)
alerts = st.builds(
    Alert,
    rule=texts,
    labels=names,
    status=st.sampled_from(["pending", "firing", "resolved"]),
    since=moments,
    value=numbers,
    annotations=names,
    evidence=tuples(cases),
    keep=numbers,
    gone=st.none() | numbers,
)
mutes = st.builds(Mute, st.sampled_from(["silenced", "acknowledged"]), texts, st.none() | moments, st.none() | moments)
tolds = st.builds(
    Told,
    status=st.sampled_from(["firing", "resolved"]),
    labels=st.dictionaries(texts, texts, max_size=2),
    annotations=st.dictionaries(texts, texts, max_size=2),
    starts=moments,
    ends=st.none() | moments,
    value=st.none() | numbers,
    value_now=st.none() | numbers,
    evidence=tuples(cases),
    flips=st.integers(0, 9),
    unseen=st.booleans(),
    lost=st.booleans(),
    mute=st.none() | mutes,
    generator_url=texts,
)
groups = st.builds(
    Group,
    key=texts,
    receiver=texts,
    status=st.sampled_from(["firing", "resolved"]),
    labels=st.dictionaries(texts, texts, max_size=2),
    common_labels=st.dictionaries(texts, texts, max_size=2),
    common_annotations=st.dictionaries(texts, texts, max_size=2),
    reason=st.sampled_from(["first notification", "repeat interval elapsed"]),
    at=moments,
    alerts=tuples(tolds),
    external_url=texts,
    truncated=st.integers(0, 9),
)
cards = st.builds(
    Card,
    title=texts,
    status=st.sampled_from(["firing", "resolved", "info"]),
    severity=st.sampled_from(["critical", "warning", ""]),
    text=texts,
    number=texts,
    unit=texts,
    facts=tuples(st.builds(Fact, texts, texts)),
    cases=tuples(texts),
    links=tuples(st.builds(Link, texts, texts)),
    mention=tuples(texts),
    language=st.sampled_from(["zh", "en"]),
    covers=st.integers(0, 10_000),
    resolved=st.integers(0, 10_000),
    group=st.none() | groups,
)


def a_card(title="card", severity="warning", **more):
    return Card(title=title, status="firing", severity=severity, text="", **more)


def an_alert(shop="main", value=1.0):
    return Alert(
        "Paid", {"alertname": "Paid", "shop": shop}, "firing", AT, value, {"summary": "钱已付 🧾"}, (Case("A1", AT),)
    )


@pytest.fixture
def state(tmp_path):
    opened = State(f"sqlite:///{tmp_path}/state.db")
    yield opened
    opened.close()


def fill(state, *titles, channel="ops", at=AT):
    state.commit({}, [(channel, a_card(title)) for title in titles], at)


def titles(rows):
    return [row.card.title for row in rows]


@given(alerts)
def test_an_alert_is_read_as_it_was_written(alert):
    assert nouns.alert(nouns.text(alert)) == alert


@given(cards)
def test_a_card_is_read_as_it_was_written(card):
    assert nouns.card(nouns.text(card)) == card


def test_a_card_of_an_older_version_has_no_group():
    stored = json.loads(nouns.text(a_card()))
    del stored["group"]
    assert nouns.card(json.dumps(stored)) == a_card()


def test_half_a_character_from_outside_is_stored_too(state):
    fill(state, "bad \ud83e end\x00")
    assert titles(state.due("ops", NOW)) == ["bad \ud83e end\x00"]


def test_alerts_and_cards_survive_a_restart(tmp_path):
    url = f"sqlite:///{tmp_path}/state.db"
    first = State(url)
    first.commit({an_alert().key: an_alert()}, [("ops", a_card())], AT)
    first.close()
    second = State(url)
    assert second.alerts() == {an_alert().key: an_alert()}
    assert titles(second.due("ops", NOW)) == ["card"]
    second.close()


def test_a_commit_replaces_what_stood_before(state):
    one, two = an_alert("one"), an_alert("two")
    state.commit({one.key: one, two.key: two}, [], AT)
    newer = an_alert("two", 2.0)
    state.commit({newer.key: newer}, [], AT)
    assert state.alerts() == {newer.key: newer}


def test_a_commit_is_all_or_nothing(state):
    with pytest.raises(StateFaultError):
        state.commit({an_alert().key: an_alert()}, [(None, a_card())], AT)
    assert state.alerts() == {}
    assert state.waiting() == {}


def test_memory_is_kept_by_shop_and_probe(state):
    state.remember("main", "paid", {"open": ["A1"]})
    state.remember("main", "stock", {"n": 1})
    state.remember("main", "paid", {"open": ["A2"]})
    assert state.recall("main", "paid") == {"open": ["A2"]}
    assert state.recall("other", "paid") == {}
    state.forget({("main", "stock")})
    assert state.recall("main", "paid") == {}
    assert state.recall("main", "stock") == {"n": 1}


def test_a_claimed_card_is_not_shown_until_its_lease_ends_and_then_it_may_be_a_repeat(state):
    fill(state, "a")
    [row] = state.due("ops", NOW)
    assert not row.unsure
    assert state.claim(row, NOW, 20)
    assert state.due("ops", NOW + 19) == []
    assert state.next_due("ops") == pytest.approx(NOW + 20)
    [again] = state.due("ops", NOW + 20)
    assert again.unsure
    assert again.attempts == 1


def test_a_card_is_claimed_once(state):
    fill(state, "a")
    [row] = state.due("ops", NOW)
    assert [state.claim(row, NOW, 20), state.claim(row, NOW, 20)] == [True, False]


def test_accepted_cards_leave_and_postponed_ones_come_back(state):
    fill(state, "a", "b")
    a, b = state.due("ops", NOW)
    state.claim(a, NOW, 20)
    state.accept(a, NOW)
    state.claim(b, NOW, 20)
    state.postpone(b, NOW, NOW + 5, "busy", parts=1)
    assert state.due("ops", NOW + 4) == []
    assert [(row.card.title, row.parts, row.unsure) for row in state.due("ops", NOW + 5)] == [("b", 1, False)]


def test_what_waits_is_due_at_once_when_the_robot_is_well_again(state):
    fill(state, "a")
    [row] = state.due("ops", NOW)
    state.claim(row, NOW, 20)
    state.postpone(row, NOW, NOW + 300)
    state.hurry("ops", NOW + 1)
    assert titles(state.due("ops", NOW + 1)) == ["a"]


def test_dead_letters_are_kept(state):
    fill(state, "a")
    [row] = state.due("ops", NOW)
    state.bury(row, NOW, "refused", "content")
    state.tidy(NOW + 10**7)
    assert titles(state.dead("ops")) == ["a"]
    assert state.waiting() == {}


def test_of_dead_letters_the_last_thousand_are_kept(state):
    fill(state, *(str(n) for n in range(1005)))
    for row in state.due("ops", NOW):
        state.bury(row, NOW, "refused", "content")
    state.tidy(NOW)
    assert titles(state.dead("ops"))[-1] == "5"
    assert count(state) == 1000


def test_a_file_is_owned_by_one_process(tmp_path):
    url = f"sqlite:///{tmp_path}/state.db"
    first, second = State(url), State(url)
    first.own()
    with pytest.raises(StateFaultError, match="another order-health uses this file"):
        second.own()
    first.close()
    second.own()
    second.close()


@pytest.mark.parametrize("left", ["", "-wal -shm"])
def test_a_file_that_is_removed_while_in_use_is_made_anew_and_that_is_told(tmp_path, caplog, left):
    url = f"sqlite:///{tmp_path}/state.db"
    state = State(url)
    state.own()
    state.commit({}, [("ops", a_card("lost"))], AT)
    for name in {"", "-wal", "-shm"} - set(left.split()):
        (tmp_path / f"state.db{name}").unlink(missing_ok=True)
    assert state.waiting() == {}
    assert caplog.text.count("was removed or replaced while in use") == 1
    state.commit({}, [("ops", a_card("kept"))], AT)
    state.close()
    again = State(url)
    assert titles(again.due("ops", 9e12)) == ["kept"]
    again.close()


def test_accepted_cards_are_pruned_by_age_and_by_number(state):
    fill(state, *(str(n) for n in range(1005)))
    for row in state.due("ops", NOW):
        state.accept(row, NOW)
    state.tidy(NOW + 1)
    assert count(state) == 1000
    state.tidy(NOW + 8 * 86400)
    assert count(state) == 0


def count(state):
    with state._begin() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM order_health_outbox").scalar()


def test_a_digest_stands_for_its_cards_and_settles_them_together(state):
    fill(state, "a", "b", "c")
    digest = state.merge(state.due("ops", NOW), a_card("digest"), NOW)
    assert digest.size == 3
    assert titles(state.due("ops", NOW)) == ["digest"]
    assert state.waiting()["ops"].cards == 3
    state.claim(digest, NOW, 20)
    state.accept(digest, NOW)
    assert state.waiting() == {}
    assert state.due("ops", NOW + 100) == []


def test_a_digest_of_a_digest_counts_every_card_once(state):
    fill(state, "a", "b")
    state.merge(state.due("ops", NOW), a_card("first"), NOW)
    fill(state, "c", at=AT + timedelta(seconds=1))
    rows = state.due("ops", NOW + 1)
    assert titles([*rows]) == ["first", "c"]
    assert [card.title for card in state.originals(rows)] == ["a", "b", "c"]
    digest = state.merge(rows, a_card("second"), NOW + 1)
    assert digest.size == 3
    assert titles(state.due("ops", NOW + 1)) == ["second"]
    assert state.waiting()["ops"].cards == 3


def test_cards_that_another_sidecar_took_are_not_merged(state):
    fill(state, "a", "b")
    rows = state.due("ops", NOW)
    state.claim(rows[0], NOW, 20)
    assert state.merge(rows, a_card("digest"), NOW) is None
    assert titles(state.due("ops", NOW)) == ["b"]


def test_a_digest_is_handed_over_card_by_card_but_for_those_the_other_channel_has(state):
    fill(state, "a", "b")
    state.commit({}, [("ops", a_card("c")), ("duty", a_card("c"))], AT)
    state.merge(state.due("ops", NOW), a_card("digest"), NOW)
    assert state.hand_over("ops", "duty", NOW) == 2
    assert titles(state.due("ops", NOW)) == ["c"]
    assert sorted(titles(state.due("duty", NOW))) == ["a", "b", "c"]


def test_an_unfolded_digest_gives_its_cards_back_and_they_stay_alone(state):
    fill(state, "a", "b")
    digest = state.merge(state.due("ops", NOW), a_card("digest"), NOW)
    state.unfold(digest.id, NOW, alone=True)
    assert [(row.card.title, row.mergeable) for row in state.due("ops", NOW)] == [("a", False), ("b", False)]


def test_only_cards_older_than_a_day_expire_from_a_digest(state):
    fill(state, "old", at=AT - timedelta(days=2))
    fill(state, "new")
    state.merge(state.due("ops", NOW), a_card("digest"), NOW)
    assert state.expire("ops", NOW - 86400, NOW) == 1
    assert titles(state.due("ops", NOW)) == ["new"]
    assert titles(state.dead("ops")) == ["old"]


def test_the_pace_counts_from_the_answer(state):
    fill(state, "a")
    [row] = state.due("ops", NOW)
    state.claim(row, NOW, 20)
    assert state.sends("ops", NOW - 60, NOW + 3) == [pytest.approx(NOW)]
    state.accept(row, NOW + 3)
    assert state.sends("ops", NOW - 60, NOW + 3) == [pytest.approx(NOW + 3)]
    assert state.sends("ops", NOW + 3, NOW + 4) == []


def test_a_pause_survives_a_restart(tmp_path):
    url = f"sqlite:///{tmp_path}/state.db"
    first = State(url)
    first.pause("ops", NOW + 600)
    first.close()
    second = State(url)
    assert second.paused("ops", NOW) == pytest.approx(NOW + 600)
    second.pause("ops", 0.0)
    assert second.paused("ops", NOW) == 0.0
    second.close()


def test_many_threads_write_at_once_and_nothing_is_lost(state):
    def work(number):
        for each in range(10):
            fill(state, f"{number}.{each}", channel=f"c{number}")
            state.remember("main", f"p{number}", {"n": each})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    assert {name: each.cards for name, each in state.waiting().items()} == {f"c{n}": 10 for n in range(4)}


def test_a_clock_that_was_set_back_by_hours_holds_nothing_up(state):
    fill(state, "a", "b")
    a, b = state.due("ops", NOW)
    state.claim(a, NOW, 20)
    state.postpone(b, NOW, NOW + 300)
    state.pause("ops", NOW + 600)
    earlier = NOW - 8 * 3600
    assert titles(state.due("ops", earlier)) == ["a", "b"]
    assert state.sends("ops", earlier - 60, earlier) == []
    assert state.paused("ops", earlier) == 0.0


class OutboxMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order, a card waits, or was accepted, or is dead: exactly one of the three."""

    @initialize()
    def begin(self):
        self.state = State("sqlite://")
        self.now, self.written, self.accepted, self.dead = NOW, 0, 0, 0
        self.held = []

    @rule(count=st.integers(1, 4))
    def write(self, count):
        fill(self.state, *(f"{self.written + each}" for each in range(count)), at=datetime.fromtimestamp(self.now, UTC))
        self.written += count

    @rule(seconds=st.sampled_from([1.0, 30.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def claim(self):
        for row in self.state.due("ops", self.now)[:1]:
            assert self.state.claim(row, self.now, 20)
            self.held = [row]

    @rule()
    def merge(self):
        rows = [row for row in self.state.due("ops", self.now) if row.mergeable]
        if len(rows) > 1:
            originals = self.state.originals(rows)
            digest = self.state.merge(rows, a_card("digest"), self.now)
            assert digest.size == len(originals) == len({card.title for card in originals})

    @precondition(lambda self: self.held)
    @rule(how=st.sampled_from(["accept", "postpone", "bury", "unfold"]))
    def settle(self, how):
        row = self.held.pop()
        still = [each for each in self.state.due("ops", self.now + 1000) if each.id == row.id]
        if not still or still[0].attempts != row.attempts + 1:
            return  # its lease ended and it was merged or claimed anew
        if how == "accept":
            self.state.accept(row, self.now)
            self.accepted += row.size or 1
        elif how == "bury":
            self.state.bury(row, self.now, "", "content")
            self.dead += row.size or 1
        elif how == "unfold" and row.size:
            self.state.unfold(row.id, self.now, alone=False)
        else:
            self.state.postpone(row, self.now, self.now + 5)

    @invariant()
    def nothing_is_lost(self):
        waiting = self.state.waiting()["ops"].cards if self.state.waiting() else 0
        assert waiting + self.accepted + self.dead == self.written
        assert len(self.state.dead("ops")) == self.dead
        shown = self.state.due("ops", self.now + 1000)
        assert len(self.state.originals(shown)) == waiting

    def teardown(self):
        if hasattr(self, "state"):
            self.state.close()


OutboxMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestOutboxMachine = OutboxMachine.TestCase


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("no url", ["not a database URL", "sqlite:///order-health.db"]),
        ("sqlite:////no/such/place/state.db", ["there is no directory /no/such/place", "create it"]),
        ("sqlite:////proc", ["name a file this user may write"]),
        ("oracle+nothing://u:hush-hush@h/d", ["no driver", "mysql+pymysql"]),
        ("mysql+pymysql://u:hush-hush@127.0.0.1:1/d", ["127.0.0.1:1/d", "look whether the server answers"]),
    ],
)
def test_a_state_that_cannot_be_opened_says_where_what_and_what_to_write(url, parts):
    with pytest.raises(StateFaultError) as fault:
        State(url)
    assert all(part in str(fault.value) for part in ["state", *parts])
    assert "hush" not in str(fault.value)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "state.db").write_bytes(b"order numbers, not a database " * 200)
    with pytest.raises(StateFaultError, match="file is not a database"):
        State(f"sqlite:///{tmp_path}/state.db")


def test_a_state_of_the_first_version_is_led_to_this_one_and_keeps_its_alerts(tmp_path):
    first = State(f"sqlite:///{tmp_path}/state.db")
    first.commit({an_alert().key: an_alert()}, [], AT)
    first.close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        for table in ("groups", "told", "journal", "bulletins"):
            connection.execute(f"DROP TABLE order_health_{table}")
        connection.execute("UPDATE order_health_meta SET value = '1' WHERE name = 'version'")
    connection.close()
    now = State(f"sqlite:///{tmp_path}/state.db")
    assert now.alerts() == {an_alert().key: an_alert()}
    assert (now.ledgers(), now.history(AT, AT)) == ({}, [])
    now.close()


def a_record(at, rule="Pending", **more):
    return Record(at, rule, {"alertname": rule, "shop": "main"}, "firing", at, 1.0, **more)


def test_the_journal_is_read_newest_first_and_by_its_span(state):
    minutes = [AT + timedelta(minutes=number) for number in range(5)]
    state.commit({}, [], AT, records=[a_record(at) for at in minutes])
    assert [each.at for each in state.history(minutes[1], minutes[4])] == minutes[3:0:-1]
    assert len(state.history(minutes[0], minutes[4], most=2)) == 2


def test_the_journal_is_read_by_alert(state):
    mine, other = a_record(AT), a_record(AT, "Other")
    later = a_record(AT + timedelta(hours=1))
    state.commit({}, [], AT, records=[mine, other, later])
    name = fingerprint(mine.labels)
    assert state.history_of(name, AT, 10) == [later, mine]
    assert state.history_of(name, AT, 1) == [later]
    assert state.history_of(name, AT + timedelta(minutes=1), 10) == [later]
    assert state.history_of("0" * 16, AT, 10) == []


def test_a_journal_of_before_the_pages_of_alerts_is_led_on_and_keeps_its_records(tmp_path):
    before = State(f"sqlite:///{tmp_path}/state.db")
    before.commit({}, [], AT, records=[a_record(AT)])
    before.close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("DROP INDEX order_health_journal_alert")
        connection.execute("ALTER TABLE order_health_journal DROP COLUMN alert")
        connection.execute("UPDATE order_health_meta SET value = '3' WHERE name = 'version'")
    connection.close()
    now = State(f"sqlite:///{tmp_path}/state.db")
    assert now.history(AT, AT + timedelta(seconds=1)) == [a_record(AT)]
    now.commit({}, [], AT, records=[a_record(AT)])
    assert now.history_of(fingerprint(a_record(AT).labels), AT, 10) == [a_record(AT)]
    now.close()


def test_the_journal_keeps_a_month_and_a_bounded_number(state, monkeypatch):
    monkeypatch.setattr("exporter.state.journal.KEPT_RECORDS", 3)
    days = [AT + timedelta(days=number) for number in (0, 29, 30, 31)]
    for at in days:
        state.commit({}, [], at, records=[a_record(at)])
    ever = AT - timedelta(days=1), AT + timedelta(days=100)
    assert [each.at for each in state.history(*ever)] == days[:0:-1]
    state.commit({}, [], days[-1], records=[a_record(days[-1], f"Rule{n}") for n in range(5)])
    assert [each.rule for each in state.history(*ever)] == ["Rule4", "Rule3", "Rule2"]


def test_a_state_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    State(f"sqlite:///{tmp_path}/state.db").close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE order_health_meta SET value = '99'")
    connection.close()
    with pytest.raises(StateFaultError, match=r"newer order-health .version 99"):
        State(f"sqlite:///{tmp_path}/state.db")


def test_the_file_is_durable_and_nobody_else_reads_it(tmp_path):
    state = State(f"sqlite:///{tmp_path}/state.db")
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600
    with state._begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    state.close()


def test_a_fault_while_writing_names_no_card(state):
    with pytest.raises(StateFaultError) as fault:
        state.commit({}, [(None, a_card("13800001111"))], AT)
    assert "13800001111" not in str(fault.value)


@pytest.fixture(params=["mariadb", "postgres"])
def shared(request):
    """A state in a database server, which may hold other tables too."""
    server = request.getfixturevalue(request.param)
    opened = State(server.url(server.database("order_health_state")))
    yield opened
    opened.close()


@pytest.mark.server
def test_everything_works_on_a_database_server_too(shared):
    alert = an_alert()
    big = a_card("\U0001f9fe" * 30_000, "critical", mention=("13800001111",))
    shared.commit({alert.key: alert}, [("ops", big), ("ops", a_card("b")), ("ops", a_card("c"))], AT)
    assert shared.alerts() == {alert.key: alert}
    rows = shared.due("ops", NOW)
    assert [(row.card, row.at, row.critical) for row in rows[:1]] == [(big, NOW, True)]
    assert shared.claim(rows[0], NOW, 20)
    assert not shared.claim(rows[0], NOW, 20)
    shared.extend(rows[0], 1, NOW, 20)
    shared.postpone(rows[0], NOW, NOW + 1, "busy", parts=1)
    digest = shared.merge(rows[1:], a_card("digest"), NOW)
    assert [card.title for card in shared.originals([digest])] == ["b", "c"]
    shared.accept(digest, NOW)
    assert [row.parts for row in shared.due("ops", NOW + 1)] == [1]
    shared.pause("ops", NOW + 600)
    assert shared.paused("ops", NOW) == NOW + 600
    assert shared.expire("ops", NOW + 1, NOW + 1) == 1
    assert titles(shared.dead("ops")) == [big.title]
    shared.tidy(NOW + 10**7)
    shared.remember("main", "paid", {"open": ["A1"]})
    shared.remember("main", "paid", {"open": ["A2"]})
    assert shared.recall("main", "paid") == {"open": ["A2"]}
    shared.forget(set())
    assert shared.recall("main", "paid") == {}
    assert shared.waiting() == {}
    entry = Entry(alert.key, True, 2, AT, Flip(alert, AT, lost=True, value_now=0.5), Mute("acknowledged", "李", AT))
    ledgers = {"g" * 3000: Ledger("g" * 3000, AT, AT, {alert.key: entry})}
    shared.commit({}, [("ops", a_card("d"))], AT, ledgers=ledgers, records=[a_record(AT)])
    assert shared.ledgers() == ledgers
    assert shared.history(AT, AT + timedelta(seconds=1)) == [a_record(AT)]
    assert shared.hand_over("ops", "duty", NOW) == 1
    assert titles(shared.due("duty", NOW)) == ["d"]


@pytest.mark.server
def test_a_database_server_that_restarted_is_found_again(mariadb):
    state = State(mariadb.url(mariadb.database("order_health_restart")))
    fill(state, "a")
    for (connection,) in mariadb.execute(
        "SELECT id FROM information_schema.processlist WHERE db = 'order_health_restart'"
    ):
        mariadb.execute(f"KILL {connection}")
    assert titles(state.due("ops", NOW)) == ["a"]
    state.close()
