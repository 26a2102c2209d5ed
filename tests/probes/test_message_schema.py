"""What the probe makes of the bodies that a queue hands over; real brokers stand in tests/queues."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from exporter.config import load
from exporter.probes.message_schema import MessageSchema
from exporter.queues import Body, Drawn, Message, Missing, TimedOut
from tests.probes.plain import NOW
from tests.queues.fake import FakeQueue, Watched, section

ROCKET = "rocketmq://127.0.0.1:9876"
WHERE = ("orders", "order_created")
SCHEMA = {
    "type": "object",
    "required": ["no", "items"],
    "properties": {
        "no": {"type": "string", "maxLength": 20},
        "items": {"type": "array", "items": {"properties": {"price": {"type": "number"}}}},
    },
}
GOOD = {"no": "O-1", "items": [{"price": 1}]}
PHONE = "13800138000"


def body(content, number=1, **more):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    given = {"partition": "broker-a/3", "keys": (f"OH{number}",), "at": NOW - timedelta(seconds=number), **more}
    return Body(Message("order_created", stored=len(data), id=f"7F{number}", **given), data)


def drawn(*bodies, arrived=None, mark=1, **more):
    found = tuple(body(each, number) for number, each in enumerate(bodies))
    return Drawn({"at": mark}, len(found) if arrived is None else arrived, found, **more)


@pytest.fixture
def queue():
    return FakeQueue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "order_created.json"
    path.write_text(json.dumps(SCHEMA))
    return path


@pytest.fixture
def watch(queue, file):
    """`watch(answers, settings)`: the probe over one topic."""
    opened = []

    def open_(answers, **settings):
        queue.drawn["order_created"] = answers
        probe = MessageSchema(**{"topics": {"order_created": str(file)}, **settings})
        opened.append(Watched("message_schema", probe, queue))
        return opened[-1]

    yield open_
    for each in opened:
        each.shop.close()


# --- what is counted


def test_a_field_that_is_wrong_is_counted_by_its_path_and_keyword_and_its_message_is_named(watch):
    wrong = {"no": "O-2", "items": [{"price": 1}, {"price": PHONE}]}
    told = watch([drawn(GOOD, wrong, arrived=8)]).look()
    fault = (*WHERE, "$.items[*].price", "type")
    assert told.values("schema_failures_total") == {fault: 1}
    assert told.values("recent_schema_failures") == {fault: 1}
    assert told.value("schema_checked_messages_total", *WHERE) == 2
    assert told.value("schema_coverage_ratio", *WHERE) == 0.25
    [case] = next(s for s in told.samples if s.metric.name.endswith("recent_schema_failures")).evidence
    assert (case.ref, case.since) == ("OH1", NOW - timedelta(seconds=1))
    assert case.note == "$.items[*].price type · id 7F1 · broker-a/3"


def test_no_value_of_a_message_is_in_anything_that_is_told_or_kept(watch):
    bodies = [
        {"no": PHONE * 3, "items": []},
        {"no": "x", "items": PHONE},
        {"no": "x", "items": [{"price": PHONE}], PHONE: 1},
        f'{{"no": "{PHONE}'.encode(),
        f'{{"{PHONE}": 1, "{PHONE}": 2}}'.encode(),
        PHONE.encode() * 500,
    ]
    orders = watch([drawn(*bodies)])
    told = orders.look()
    assert told.value("recent_schema_checked_messages", *WHERE) == 6
    assert sum(told.values("recent_schema_failures").values()) == 6
    assert PHONE not in repr(told)
    assert PHONE not in repr(orders.kept)


def test_counters_of_all_runs_add_up_and_a_restart_counts_none_twice(watch, queue):
    orders = watch([drawn({}), drawn({}, mark=2), drawn(GOOD, mark=3)])
    orders.look()
    orders.look(after=60)
    told = orders.again().look(after=120)
    assert told.values("schema_failures_total") == {(*WHERE, "$.no", "required"): 2}
    assert told.value("schema_checked_messages_total", *WHERE) == 3
    assert [mark for _, mark, _ in queue.draws] == [None, {"at": 1}, {"at": 2}]


def test_what_was_found_is_told_for_a_while_and_stays_counted(watch):
    orders = watch([drawn({}), drawn(GOOD)], keep="10m")
    orders.look()
    assert orders.look(after=500).value("recent_schema_failures", *WHERE, "$.no", "required") == 1
    told = orders.look(after=700)
    assert told.value("recent_schema_failures", *WHERE, "$.no", "required") == 0
    assert told.value("schema_failures_total", *WHERE, "$.no", "required") == 1
    assert not [case for sample in told.samples for case in sample.evidence]


def test_faults_beyond_twenty_are_one_series(watch, file):
    names = [f"field_{chr(97 + n)}" for n in range(26)]
    file.write_text(json.dumps({"properties": {name: {"type": "string"} for name in names}}))
    told = watch([drawn(*({name: 1} for name in names))]).look()
    assert len(told.values("schema_failures_total")) == 21
    assert told.value("schema_failures_total", *WHERE, "other", "other") == 6
    others = [s for s in told.samples if s.metric.name.endswith("recent_schema_failures") and "other" in s.labels]
    assert len(others[0].evidence) == 6


def test_large_and_unreadable_messages_are_counted_and_not_judged(watch):
    large = Message("order_created", "0", "9", 300_000)
    told = watch([drawn(GOOD, arrived=9, too_large=(large,), unread={"over the budget": 2})]).look()
    assert told.value("schema_too_large_messages_total", *WHERE) == 1
    assert told.value("schema_unread_messages_total", *WHERE, "over the budget") == 2
    assert told.value("schema_checked_messages_total", *WHERE) == 1


def test_a_schema_that_was_changed_takes_the_old_findings_off_the_page(watch, file):
    orders = watch([drawn({"no": 5, "items": []}), drawn(GOOD)])
    orders.look()
    file.write_text(json.dumps({**SCHEMA, "properties": {"no": {"type": ["string", "integer"]}}}))
    orders.probe = MessageSchema(topics={"order_created": str(file)}).with_queues(["orders"])
    told = orders.look(after=60)
    assert told.value("recent_schema_failures", *WHERE, "$.no", "type") == 0
    assert told.value("schema_failures_total", *WHERE, "$.no", "type") == 1


def test_a_sample_costs_what_the_settings_say(watch, queue):
    watch([drawn(GOOD)], count=7, largest="64KB").look()
    assert [(draw.count, draw.largest) for _, _, draw in queue.draws] == [(7, 65_536)]


# --- what goes wrong


def test_a_topic_that_is_not_there_is_a_gap_and_the_others_are_judged(watch, queue, file):
    queue.drawn["stock"] = [Missing("there is no topic stock")]
    told = watch([drawn(GOOD)], topics={"stock": str(file), "order_created": str(file)}).look()
    assert told.gaps == {"stock": "queue orders: there is no topic stock"}
    assert told.value("schema_checked_messages_total", *WHERE) == 1


def test_a_broker_that_is_silent_fails_the_run_and_what_was_judged_before_is_kept(watch, queue, file):
    queue.drawn["stock"] = [TimedOut("the broker did not answer"), drawn(GOOD)]
    orders = watch([drawn({}), drawn(GOOD, mark=2)], topics={"order_created": str(file), "stock": str(file)})
    with pytest.raises(TimedOut):
        orders.look()
    assert orders.look().value("schema_failures_total", *WHERE, "$.no", "required") == 1


# --- settings


def test_schema_files_are_seen_from_where_the_configuration_stands(tmp_path, monkeypatch):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "o.json").write_text('{"type": "object"}')
    config = tmp_path / "config.yaml"
    config.write_text(
        "shops: {main: {database: 'sqlite:////shop.db', tables: plain, queues: {orders: 'rocketmq://127.0.0.1:9876'},\n"
        " probes: {message_schema: {topics: {order_created: schemas/o.json}}}}}\n"
    )
    monkeypatch.chdir("/")
    probe = load(config).shops["main"].probes["message_schema"]
    assert probe.topics[""]["order_created"].text == '{"type": "object"}'


@pytest.mark.parametrize("topics", [{"order_created": "{file}"}, {"orders": {"order_created": "{file}"}}])
def test_topics_are_named_of_the_only_queue_or_by_queue(file, topics):
    written = json.loads(json.dumps(topics).replace("{file}", str(file)))
    [(name, probe)] = section({"orders": ROCKET}, message_schema={"topics": written}).parts("main").items()
    assert name.part == "orders"
    assert list(probe.topics["orders"]) == ["order_created"]


def test_a_schema_file_with_a_fault_is_told_with_its_name_and_a_remedy(file):
    file.write_text('{"propertys": {}}')
    with pytest.raises(ValidationError) as told:
        section({"orders": ROCKET}, message_schema={"topics": {"order_created": str(file)}})
    assert "order_created.json: 'propertys' is no keyword that is judged; did you mean 'properties'?" in str(told.value)
    [each] = told.value.errors()
    assert each["loc"] == ("probes", "message_schema", "topics", "order_created")
