"""The proposed schema: what samples have in common, loose enough for tomorrow, without anybody's data."""

import base64
import json
import os

from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.message_schema.inferring import Shape, roomy
from exporter.probes.message_schema.judging import judged
from exporter.probes.message_schema.schema import Schema
from exporter.probes.message_schema.vetting import Vetted


def inferred(*samples):
    shape = Shape()
    for each in samples:
        shape.add(each)
    return shape.schema(), list(shape.notes())


def order(number, **more):
    return {
        "no": f"2024060100{number:04}",
        "status": "paid" if number % 3 else "pending",
        "amount": 12.5 if number % 2 else 12,
        "at": "2024-06-01T12:00:00+08:00",
        "items": [{"sku": "A-1", "count": 2}] * (number % 4),
        "receiver": {"name": "zhangsan", "phone": "13800138000"},
        "memo": None if number % 2 else "leave it at the door",
        **more,
    }


def test_types_and_what_all_have_are_proposed_with_room_to_grow():
    schema, _ = inferred(*(order(n) for n in range(40)), {**order(1), "gift": True})
    properties = schema["properties"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is True
    assert set(schema["required"]) == {"no", "status", "amount", "at", "items", "receiver", "memo"}
    assert properties["no"] == {"type": "string", "maxLength": 50}
    assert properties["amount"] == {"type": "number"}
    assert properties["at"]["format"] == "date-time"
    assert properties["items"]["maxItems"] == 10
    assert properties["items"]["items"]["required"] == ["sku", "count"]
    assert properties["memo"]["type"] == ["null", "string"]
    assert properties["status"] == {"type": "string", "maxLength": 20, "enum": ["paid", "pending"]}


def test_nothing_that_a_person_wrote_is_in_it():
    people = [
        order(n, type=f"user {n % 2}", kind="13800138000", source="Li Lei", method="wang@example.com")
        for n in range(50)
    ]
    text = json.dumps(inferred(*people))
    for each in ("zhangsan", "13800138000", "door", "Li Lei", "user 1", "wang", "2024060100"):
        assert each not in text


def test_keys_that_are_data_are_no_properties():
    users = [{f"user_{chr(97 + n % 26)}{chr(97 + n // 26)}": 1, "13800138000": 1, "no": 1} for n in range(60)]
    schema, notes = inferred(*users)
    assert list(schema["properties"]) == ["no"]
    assert notes == [
        "$: 60 names left out that fewer than one of 20 has, or beyond 100",
        "$: 60 values left out under keys that look like data, or too deep",
    ]


def test_a_picture_gets_the_length_that_usual_messages_justify_and_a_note():
    picture = base64.b64encode(b"\xff\xd8\xff" + os.urandom(90_000)).decode()
    usual = [order(n, picture=f"https://img.example/{n}.jpg") for n in range(20)]
    schema, notes = inferred(*usual, order(5, picture=picture))
    assert schema["properties"]["picture"] == {"type": "string", "maxLength": 100}
    [note] = [each for each in notes if "picture" in each]
    assert note.startswith("$.picture: holds Base64 JPEG of up to 120,004 characters; usual ones have up to 26, so")
    assert inferred({"picture": picture})[0]["properties"]["picture"]["maxLength"] == 1000


def test_a_body_of_any_depth_and_width_is_described_within_bounds():
    deep = value = {}
    for _ in range(300):
        value["a"] = [value := {}]
    wide = {f"field_{chr(97 + n % 26)}_{chr(97 + n // 26 % 26)}_{chr(97 + n // 676)}": {"a": 1} for n in range(5000)}
    schema, _ = inferred(deep, wide)
    assert len(json.dumps(schema)) < 20_000
    assert len(schema["properties"]) <= 100


def test_rounded_up_is_twice_as_much_at_the_least():
    assert [roomy(seen, 16) for seen in (0, 8, 14, 100, 101, 4000)] == [20, 20, 50, 200, 500, 10_000]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=6), below, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, min_size=1, max_size=6))
def test_every_sample_fits_the_schema_that_was_proposed_from_them(samples):
    schema, _ = inferred(*samples)
    vetted = Vetted(schema)
    assert vetted.faults == []
    read = Schema("s.json", json.dumps(vetted.schema), frozenset(vetted.names))
    assert [judged(json.dumps(each).encode(), read) for each in samples] == [None] * len(samples)
