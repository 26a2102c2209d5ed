import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.text import (
    SEPARATOR,
    broken,
    cut,
    cut_parts,
    harmless,
    letters,
    masked,
    octets,
    one_line,
    opening,
    squeezed,
    stack,
)


@given(st.text(), st.integers(0, 60))
def test_a_cut_never_exceeds_its_bytes_and_is_still_text(text, limit):
    short = cut(text, limit)
    assert octets(short) <= limit
    assert short in (text, "") or short.endswith("…")


@given(st.text(), st.integers(0, 60))
def test_a_cut_never_exceeds_its_letters(text, limit):
    assert letters(cut(text, limit, letters)) <= limit


@pytest.mark.parametrize("sign", ["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "❤️", "é", "한"])
def test_a_cut_does_not_break_what_the_eye_sees_as_one_sign(sign):
    text = sign * 5
    for limit in range(octets(text)):
        assert cut(text, limit).removesuffix("…") in {sign * count for count in range(5)}


def test_endless_combining_marks_are_cut_too():
    assert octets(cut("e" + "\u0301" * 1000, 50)) <= 50


def test_a_line_loses_whole_parts_from_its_end():
    line = SEPARATOR.join(("20261123000000017", "¥128.00", "3小时"))
    assert cut_parts(line, 26, " ") == "20261123000000017 ¥128.00"
    assert cut_parts(line, 20) == "20261123000000017"


@given(st.lists(st.text(max_size=20)), st.integers(3, 80))
def test_a_stack_fits_and_shows_that_something_is_missing(blocks, limit):
    stacked = stack(blocks, limit)
    assert octets(stacked) <= limit
    assert stacked == "\n\n".join(filter(None, blocks)) or "…" in stacked


def test_a_stack_leaves_out_whole_blocks():
    assert stack(["one", "**two**", "three"], 12) == "one\n\n…"


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("**urgent**", "＊＊urgent＊＊"),
        ("[pay](https://evil.example)", "［pay］(https：//evil.example)"),
        ("<b>x</b><@all>", "＜b>x＜/b>＜＠all>"),
        ("a\nb\r\n\tc", "a b c"),
        ("`rm`~x~|y|\\", "｀rm｀～x～｜y｜＼"),
        ("&lt;font&gt;", "＆lt;font＆gt;"),
        ("\u202e0001\u200b\x00", "0001"),
        ("@13800000000", "＠13800000000"),
        ("__init__", "＿＿init＿＿"),
    ],
)
def test_foreign_text_cannot_act(foreign, shown):
    assert harmless(foreign) == shown


@pytest.mark.parametrize(
    "number", ["SO_2026-11-23#7", "#1001", "E20261123/001", "4200002468202611230123456789", "订单-1.5"]
)
def test_order_numbers_stay_as_they_are_so_that_they_can_be_looked_up(number):
    assert harmless(number) == number


def test_ten_kilobytes_become_one_short_line():
    assert harmless("9" * 10_000) == "9" * 47 + "…"


@pytest.mark.parametrize("start", ["# big", "> quote", "- item", "1. item", "=== ", "####big"])
def test_text_that_begins_a_line_cannot_open_a_block(start):
    assert opening(start)[0] not in "#>-="
    assert not opening(start).startswith("1.")


@given(st.text())
@example("0\r\x1b 0")
def test_what_is_harmless_stays_so(text):
    once = harmless(text)
    assert harmless(once) == once
    assert not set("*`[]<~|\\&@\n") & set(once)
    assert "://" not in once


def test_a_line_has_no_surrogates_that_json_could_not_send():
    assert one_line("a\ud83db") == "ab"


def test_mobile_and_identity_numbers_are_masked_in_free_text():
    assert masked("请联系 13812345678，尽快") == "请联系 138****5678，尽快"
    assert masked("id 11010519491231002X end") == "id 1101**********002X end"


@pytest.mark.parametrize(
    "number", ["20261123021400123456", "4200002468202611230123456789", "110105194912310021", "1700000000000"]
)
def test_longer_numbers_are_not_taken_for_people(number):
    assert masked(number) == number


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("short", "short", ""),
        ("89 orders are paid yet still pending", "89 orders are paid yet", "still pending"),
        ("十分之一的订单超过 12m 5s 才发货，需要处理", "十分之一的订单超过 12m 5s 才发货，", "需要处理"),
        ("从库 reporting 已经延迟 12m 5s", "从库 reporting 已经延迟", "12m 5s"),
        (
            "库存低于零的仓库有很多很多个都需要马上下架处理的呢",
            "库存低于零的仓库有很多很多个都需要马上下架处理",
            "的呢",
        ),
        ("x" * 30, "x" * 23, "x" * 7),
        ("👨‍👩‍👧" * 3, "👨‍👩‍👧" * 2, "👨‍👩‍👧"),
    ],
)
def test_a_long_line_is_broken_between_words(text, first, rest):
    assert broken(text, 23) == (first, rest)


@given(st.text(), st.integers(16, 40))
def test_a_broken_line_loses_nothing_but_spaces(text, limit):
    first, rest = broken(text, limit)
    assert letters(first) <= limit
    assert "".join((first + rest).split()) == "".join(text.split())
    assert first or not text.strip()


def test_only_a_long_word_is_squeezed_and_keeps_both_ends():
    path = "导出 /admin/finance/orders/export.xlsx 由缓存返回"
    assert squeezed(path, 9) == "导出 /admin/fina…/export.xlsx 由缓存返回"
    assert squeezed("short words only", 9) == "short words only"
