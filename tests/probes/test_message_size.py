"""What the probe makes of a queue's answers, run by run; real brokers stand in tests/queues."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from exporter.probes.message_size import MessageSize
from exporter.queues import Arrivals, Contents, Denied, Field, Message, Missing, TimedOut, Unreachable
from tests.probes.plain import NOW
from tests.queues.fake import FakeQueue, Watched, section, sizes

KB, MB = 1024, 1024**2
PICTURE = Field("$.items[*].picture", 12 * MB, "Base64 JPEG")
WHERE = ("orders", "order_created")


def message(size=12 * MB, *, body=None, field=PICTURE, **more):
    given = {
        "partition": "broker-a/3",
        "id": "7F0001",
        "keys": ("OH00000012",),
        "at": NOW - timedelta(seconds=2),
        "contents": Contents("JSON", (field,)),
    }
    return Message("order_created", stored=size, body=body, **{**given, **more})


def came(*stored, oversize=(), unseen=None, mark=1, bodies=()):
    """Small messages, and those over the limit."""
    tally = sizes(*stored, *(each.stored for each in oversize))
    arrived = tally.count + sum((unseen or {}).values())
    return Arrivals({"at": mark}, arrived, tally, sizes(*bodies), len(oversize), tuple(oversize), unseen or {})


@pytest.fixture
def queue():
    return FakeQueue()


@pytest.fixture
def watch(queue):
    """`watch(answers, settings)`: the probe over one topic."""
    opened = []

    def open_(answers, **settings):
        queue.came["order_created"] = answers
        opened.append(Watched("message_size", MessageSize(**{"topics": ["order_created"], **settings}), queue))
        return opened[-1]

    yield open_
    for each in opened:
        each.shop.close()


# --- what is counted


def test_sizes_of_all_runs_add_up_in_the_histogram(watch):
    orders = watch([came(800, 60 * KB), came(20 * KB, 2 * MB), came()])
    for _ in range(3):
        told = orders.look()
    buckets = {labels[2]: value for labels, value in told.values("message_bytes_bucket").items()}
    assert buckets == {"10240": 1, "51200": 2, "262144": 3, "1048576": 3, "4194304": 4, "+Inf": 4}
    assert told.value("message_bytes_count", *WHERE) == 4
    assert told.value("message_bytes_sum", *WHERE) == 800 + 80 * KB + 2 * MB


def test_inflated_sizes_are_a_figure_of_their_own(watch):
    told = watch([came(750, bodies=(195_000,))]).look()
    assert told.value("message_bytes_sum", *WHERE) == 750
    assert told.value("message_body_bytes_sum", *WHERE) == 195_000
    assert told.value("largest_message_bytes", *WHERE) == 195_000


def test_a_topic_without_oversize_messages_says_0_and_not_nothing(watch):
    told = watch([came()]).look()
    assert told.value("oversize_messages_total", *WHERE) == 0
    assert told.values("recent_oversize_messages") == {(*WHERE, "large", "", ""): 0, (*WHERE, "huge", "", ""): 0}
    assert told.value("message_coverage_ratio", *WHERE) == 1


def test_each_look_goes_on_where_the_last_one_ended(watch, queue):
    orders = watch([came(mark=7), came(mark=8)], limit="20KB", messages=500, opened=3, opened_bytes="1MB")
    orders.look()
    orders.look()
    assert [mark for _, mark, _ in queue.asked] == [None, {"at": 7}]
    look = queue.asked[0][2]
    assert (look.oversize, look.messages, look.opened, look.opened_bytes) == (20 * KB, 500, 3, MB)


# --- what is blamed


def test_the_picture_is_named_with_its_field_its_size_and_where_to_find_it(watch):
    told = watch([came(800, oversize=[message()])]).look()
    kind = (*WHERE, "huge", "$.items[*].picture", "Base64 JPEG")
    assert told.value("recent_oversize_messages", *kind) == 1
    [case] = next(each for each in told.samples if each.labels == kind).evidence
    assert case.ref == "OH00000012"
    assert case.since == NOW - timedelta(seconds=2)
    assert case.note == "落盘 12 MB / 12 MB stored · $.items[*].picture Base64 JPEG 12 MB · id 7F0001 · broker-a/3"


@pytest.mark.parametrize(
    ("told", "ref", "note"),
    [
        ({"keys": ()}, "7F0001", "落盘 12 MB / 12 MB stored · $.items[*].picture Base64 JPEG 12 MB · broker-a/3"),
        ({"body": 16 * MB, "producer": "10.0.0.9"}, "OH00000012", "16 MB，落盘 12 MB / 16 MB, 12 MB stored · $.items[*].picture Base64 JPEG 12 MB · id 7F0001 · broker-a/3 · ← 10.0.0.9"),
        ({"contents": None, "why": "larger than 24 MB, not opened"}, "OH00000012", "落盘 12 MB / 12 MB stored · larger than 24 MB, not opened · id 7F0001 · broker-a/3"),
        ({"contents": Contents("Java object")}, "OH00000012", "落盘 12 MB / 12 MB stored · Java object · id 7F0001 · broker-a/3"),
    ],
)  # fmt: skip
def test_a_case_says_what_is_known_and_no_more(watch, told, ref, note):
    reading = watch([came(oversize=[message(**told)])]).look()
    [case] = [case for sample in reading.samples for case in sample.evidence]
    assert (case.ref, case.note) == (ref, note)


def test_a_message_that_only_its_inflated_size_makes_oversize_counts(watch):
    told = watch([came(oversize=[message(750, body=195_000, field=Field("$.note", 190_000, "text"))])]).look()
    assert told.value("recent_oversize_messages", *WHERE, "large", "$.note", "text") == 1
    assert told.value("oversize_messages_total", *WHERE) == 1


def test_messages_that_are_not_named_count_all_the_same(watch):
    answer = Arrivals({}, 9, sizes(*[60 * KB] * 5, *[2 * MB] * 4), oversize=9, largest=(message(2 * MB),))
    told = watch([answer]).look()
    assert told.value("recent_oversize_messages", *WHERE, "huge", PICTURE.path, PICTURE.kind) == 1
    assert told.value("recent_oversize_messages", *WHERE, "huge", "", "") == 3
    assert told.value("recent_oversize_messages", *WHERE, "large", "", "") == 5


def test_the_largest_of_all_is_no_case_while_it_is_within_the_limit(watch):
    told = watch([Arrivals({}, 1, sizes(9 * KB), largest=(message(9 * KB),))]).look()
    assert told.value("largest_message_bytes", *WHERE) == 9 * KB
    assert not [case for sample in told.samples for case in sample.evidence]


def test_fields_with_a_thousand_names_do_not_become_a_thousand_series(watch):
    names = [message(60 * KB, field=Field(f"$.p{n}", 60 * KB, "text")) for n in range(100)]
    told = watch([came(oversize=names)]).look()
    counts = told.values("recent_oversize_messages")
    assert len(counts) <= 8
    assert sum(counts.values()) == 100
    assert counts[(*WHERE, "large", "", "")] == 94
    assert len(next(s for s in told.samples if s.labels == (*WHERE, "large", "", "")).evidence) <= 50


def test_a_long_path_keeps_its_end(watch):
    path = "$." + ".".join(["container"] * 12) + ".picture"
    [labels] = [each for each in watch([came(oversize=[message(field=Field(path, MB, "Base64 PNG"))])]).look().values("recent_oversize_messages") if each[3]]  # fmt: skip
    assert len(labels[3]) == 60
    assert labels[3].startswith("…")
    assert labels[3].endswith("container.picture")


# --- for how long


def test_an_oversize_message_is_told_for_as_long_as_kept_and_counted_for_ever(watch):
    orders = watch([came(oversize=[message()]), came()], keep="30m")
    kind = (*WHERE, "huge", PICTURE.path, PICTURE.kind)
    assert orders.look().value("recent_oversize_messages", *kind) == 1
    told = orders.look(after=29 * 60)
    assert told.value("recent_oversize_messages", *kind) == 1
    assert told.value("largest_message_bytes", *WHERE) == 12 * MB
    told = orders.look(after=31 * 60)
    assert kind not in told.values("recent_oversize_messages")
    assert told.value("largest_message_bytes", *WHERE) == 0
    assert told.value("oversize_messages_total", *WHERE) == 1


def test_looking_every_second_keeps_no_more_than_looking_every_minute(watch):
    orders = watch([came(800)], keep="5m")
    for second in range(0, 700, 5):
        orders.look(after=second)
    orders.again().look(after=800)
    [kept] = orders.kept.values()
    assert len(kept["topics"]["order_created"]["slots"]) <= 32


def test_a_restart_neither_forgets_nor_counts_twice(watch, queue):
    orders = watch([came(800, oversize=[message()], mark=7), came(900, mark=8)])
    before = orders.look()
    told = orders.again().look(after=5)
    assert queue.asked[-1][1] == {"at": 7}
    assert told.value("message_bytes_count", *WHERE) == before.value("message_bytes_count", *WHERE) + 1
    assert told.value("oversize_messages_total", *WHERE) == 1
    kind = (*WHERE, "huge", PICTURE.path, PICTURE.kind)
    assert (
        told.refs("recent_oversize_messages", *kind) == before.refs("recent_oversize_messages", *kind) == ["OH00000012"]
    )


@pytest.mark.parametrize(
    "kept", [{"topics": 3}, {"topics": {"order_created": {}}}, {"topics": {"order_created": None}}]
)
def test_an_unreadable_memory_is_an_empty_one(watch, kept):
    orders = watch([came(800)])
    orders.kept["message_size/orders"] = kept
    assert orders.look().value("message_bytes_count", *WHERE) == 1


# --- what is not seen


def test_what_was_not_looked_at_is_told_as_a_share_and_by_reason(watch):
    told = watch([came(800, 900, unseen={"expired": 1, "over the budget": 5})]).look()
    assert told.value("message_coverage_ratio", *WHERE) == 0.25
    assert told.value("unseen_messages_total", *WHERE, "expired") == 1
    assert told.value("unseen_messages_total", *WHERE, "over the budget") == 5


def test_a_topic_that_is_not_there_leaves_the_others(queue):
    queue.came = {"order_created": [came(800)], "gone": [Missing("no topic gone")]}
    told = Watched("message_size", MessageSize(topics=["gone", "order_created"]), queue).look()
    assert told.gaps == {"gone": "queue orders: no topic gone"}
    assert told.value("message_bytes_count", *WHERE) == 1


@pytest.mark.parametrize("error", [Unreachable("no route to it"), TimedOut("too late")])
def test_a_broker_that_does_not_answer_is_no_reading_and_loses_nothing(queue, error):
    queue.came = {"order_created": [came(800, mark=7), came(mark=8)], "stock": [error, came()]}
    orders = Watched("message_size", MessageSize(topics=["order_created", "stock"]), queue)
    with pytest.raises(type(error), match="queue orders: "):
        orders.look()
    told = orders.look(after=15)
    assert told.value("message_bytes_count", *WHERE) == 1
    assert [mark for topic, mark, _ in queue.asked if topic == "order_created"] == [None, {"at": 7}]


# --- settings

ROCKET = "rocketmq://10.0.0.7:9876"


@pytest.mark.parametrize("topics", ["order_created", ["order_created"], {"orders": ["order_created"]}])
def test_the_only_queue_needs_no_name(topics):
    shop = section({"orders": ROCKET}, message_size={"topics": topics})
    [(name, probe)] = shop.parts("main").items()
    assert name.part == "orders"
    assert probe.topics == {"orders": ("order_created",)}


def test_each_of_several_queues_runs_apart_in_a_lane_of_its_own():
    topics = {"orders": ["order_created"], "stock": ["stock_changed"]}
    shop = section({"orders": ROCKET, "stock": ROCKET}, message_size={"topics": topics})
    assert {each.part: shop.lane(each).rpartition("#")[2] for each in shop.parts("main")} == {
        "orders": "main/queue orders",
        "stock": "main/queue stock",
    }


@pytest.mark.parametrize(
    ("queues", "topics", "said"),
    [
        ({}, ["order_created"], "the shop has no queues; write for example queues: {orders: rocketmq://"),
        ({"a": ROCKET, "b": ROCKET}, ["order_created"], "the shop has several queues; say which one: topics: {a: …}"),
        ({"orders": ROCKET}, {"order": ["order_created"]}, "no queue 'order'; did you mean 'orders'?"),
        ({"orders": ROCKET}, [], "at least 1 item"),
        ({"orders": ROCKET}, 7, "valid dictionary"),
        (
            {"orders": ROCKET},
            ["order_created", ""],
            "probes.message_size.topics.1\n  it should have at least 1 character",
        ),
    ],
)
def test_topics_of_no_queue_are_told_with_what_to_write(queues, topics, said):
    with pytest.raises(ValidationError) as error:
        section(queues, message_size={"topics": topics})
    assert said in str(error.value)
    assert "probes.message_size.topics" in str(error.value)


# --- what the broker takes


def test_how_large_a_message_the_broker_takes_is_told(watch, queue):
    queue.takes = 12 * MB
    assert watch([came()]).look().value("topic_max_message_bytes", *WHERE) == 12 * MB


def test_a_broker_that_does_not_tell_it_takes_nothing_from_the_sizes(watch, queue):
    queue.takes = Denied("the account needs DESCRIBE_CONFIGS on the topic")
    told = watch([came(800)]).look()
    assert told.gaps == {
        "order_created: largest that is accepted": "queue orders: the account needs DESCRIBE_CONFIGS on the topic"
    }
    assert told.value("message_bytes_count", *WHERE) == 1
