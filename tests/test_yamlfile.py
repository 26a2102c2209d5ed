from __future__ import annotations

from pathlib import Path

import pytest

from exporter.yamlfile import Document, Unreadable


def read(tmp_path, text, env=None):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return Document.read(path, env or {})


def said(document):
    return [str(fault).removeprefix("config.yaml:") for fault in document.faults]


def test_every_place_knows_its_line(tmp_path):
    document = read(tmp_path, "a:\n  b: 1\n  c:\n    - x\n    - y\n")
    assert document.data == {"a": {"b": 1, "c": ["x", "y"]}}
    assert document.line(("a", "c", 1)) == 5
    assert document.line(("a", "nowhere", "deeper")) == 1


def test_a_key_that_stands_twice_is_a_fault_and_not_a_silent_choice(tmp_path):
    document = read(tmp_path, "a:\n  b: 1\n  b: 2\n")
    assert said(document) == ["3: a.b: stands here a second time (first in line 2); keep one"]
    assert document.data == {"a": {"b": 1}}


def test_env_and_file_stand_anywhere(tmp_path):
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    document = read(tmp_path, "a: !env TOKEN\nb: [!file secret]\n", {"TOKEN": "t0ken"})
    assert document.data == {"a": "t0ken", "b": ["s3cret"]}


def test_a_missing_variable_and_a_missing_file_are_named(tmp_path):
    document = read(tmp_path, "a: !env TOKEN\nb: !file secret\nc: !vault x\n")
    assert said(document) == [
        "1: a: the environment has no TOKEN; export it, or write the value here",
        "2: b: cannot read secret: No such file or directory; it is looked for beside this file",
        "3: c: !vault is not known; use !env NAME or !file PATH, or quote the text",
    ]


def test_a_file_without_an_end_does_not_fill_the_memory(tmp_path):
    document = read(tmp_path, "a: !file /dev/zero\n")
    assert said(document) == ["1: a: cannot read /dev/zero: larger than 64 KiB; it is looked for beside this file"]
    with pytest.raises(Unreadable, match=r"zero:1: is larger than 4096 KiB; this cannot be the file you mean"):
        Document.read(Path("/dev/zero"), {})


def test_a_name_to_take_a_value_from_is_one_word(tmp_path):
    document = read(tmp_path, "a: !env [TOKEN]\nb: !file {}\n")
    assert said(document) == [
        "1: a: !env takes one word; write !env NAME",
        "2: b: !file takes one word; write !file PATH",
    ]


def test_a_fault_is_one_line_whatever_a_key_holds(tmp_path):
    document = read(tmp_path, '"a\\nb": !env TOKEN\n')
    assert said(document) == ["1: 'a\\nb': the environment has no TOKEN; export it, or write the value here"]


def test_yaml_merges_are_understood(tmp_path):
    assert read(tmp_path, "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n").data["y"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a: [1,\n", "config.yaml:2: is not YAML"),
        (b"\xff\xfe\x00bad", "is not UTF-8 text"),
        (b"a: \x00", "is not YAML"),
        (b"- &a [*a]\n", "nested too deep"),
        (b"[" * 20_000, "config.yaml:1: is nested too deep"),
    ],
)
def test_what_is_not_yaml_says_where(tmp_path, content, why):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=why):
        Document.read(path, {})


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unreadable, match=r"nowhere.yaml: cannot be read: No such file or directory"):
        Document.read(tmp_path / "nowhere.yaml", {})


def test_as_text_nothing_is_guessed_and_nothing_comes_from_outside(tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text("on: 1.10\nyes: !env HOME\nempty:\nquoted: 'null'\ntime: 1:30\n", encoding="utf-8")
    data = Document.read(path, as_text=True).data
    assert data == {"on": "1.10", "yes": "HOME", "empty": "", "quoted": "null", "time": "1:30"}
