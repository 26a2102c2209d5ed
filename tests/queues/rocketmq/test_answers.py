"""JSON as brokers write it."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.queues import Garbled
from exporter.queues.rocketmq.answers import by_queue, parsed

FASTJSON = (
    b'{"offsetTable":{{"brokerName":"b","queueId":1,"topic":"%RETRY%g"}:{"maxOffset":7,"minOffset":0}},"tps":0.0}'
)


def test_unquoted_names_and_numbers_as_keys_are_read():
    assert parsed(b'{0:"a", 12 : [true,null,-3, name], key:{"x":"y\\n"}}') == {
        0: "a", 12: [True, None, -3, "name"], "key": {"x": "y\n"},
    }  # fmt: skip


def test_an_object_may_be_a_key():
    assert parsed(FASTJSON)["offsetTable"] == {
        (("brokerName", "b"), ("queueId", 1), ("topic", "%RETRY%g")): {"maxOffset": 7, "minOffset": 0}
    }


@pytest.mark.parametrize(
    "body",
    [
        FASTJSON,
        FASTJSON.replace(b'"queueId"', b"queueId"),
        FASTJSON.replace(b'{"brokerName":"b",', b'{ "topic2":"x", "brokerName" : "b" ,'),
        b'{"offsetTable":{"{\\"brokerName\\":\\"b\\",\\"queueId\\":1}":{"maxOffset":7,"minOffset":0}}}',
    ],
)
def test_figures_by_queue_are_read_however_the_queue_is_written(body):
    assert by_queue(body) == {1: {"maxOffset": 7, "minOffset": 0}}


@given(st.recursive(st.integers() | st.text() | st.booleans(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_all_standard_json_is_read(value):
    assert parsed(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body", [b'["queueId"]', b'{"offsetTable":{"queueId":1}}', b'{"offsetTable":{{"queueId":x}:{}}}']
)
def test_figures_that_are_none_are_refused(body):
    with pytest.raises(Garbled):
        by_queue(body)


@given(st.text(alphabet='{}[]":,0a\\ \n').map(str.encode) | st.binary())
def test_no_answer_does_more_than_be_refused(body):
    for read in (parsed, by_queue):
        with contextlib.suppress(Garbled):
            read(body)
