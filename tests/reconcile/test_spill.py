"""Rows come back in groups that hold all of a key, whether they went through files or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.reconcile import spill
from exporter.reconcile.signs import Hours, cut, rounded
from exporter.reconcile.spill import Rows, Spill, cores, read_core
from tests.reconcile.test_payments import DAY


@pytest.mark.parametrize("at_hand", [10, 10**9])
def test_every_row_comes_back_in_the_group_of_its_key(monkeypatch, at_hand):
    monkeypatch.setattr(spill, "_AT_HAND", at_hand)
    with Spill(2) as spilt:
        for first in range(0, 1000, 7):
            keys = [f"订单{n}" for n in range(first, min(first + 7, 1000))]
            for side in (0, 1):
                spilt.add(
                    side,
                    keys,
                    Rows(cores(keys, range(len(keys)), ["CNY"] * len(keys)), [f"{side}-{key}" for key in keys]),
                )
        groups = list(spilt.parts())
    found = [(sorted(one.keys()), sorted(other.keys())) for one, other in groups]
    assert all(one == other for one, other in found)
    assert sorted(key for one, _ in found for key in one) == sorted(f"订单{n}" for n in range(1000))
    assert all(rest == f"0-{core.split(spill.MARK)[0]}" for one, _ in groups for core, rest in zip(*one, strict=True))


@given(
    st.text(st.characters(exclude_characters=spill.MARK)),
    st.none() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
)
def test_a_core_is_read_as_it_was_made(key, amount):
    [core] = cores([key], [amount], ["CNY"])
    read_key, read_amount, currency = read_core(core)
    assert (read_key, currency) == (key, "CNY")
    assert read_amount == amount
    assert Rows([core], ["r"]).of({key}) == {key: [(core, "r")]}


def test_a_shift_is_suspected_when_one_edge_is_lacking_and_not_when_both_are():
    hours = Hours(DAY, lacking=[9, 0, 1], foreign=[0, 5, 0])
    assert "8 hours later than the day" in hours.notes()[0]
    assert "8 hours earlier" in Hours(DAY, lacking=[0, 9, 0]).notes()[0]
    assert Hours(DAY, lacking=[5, 5, 0]).notes() == Hours(DAY, lacking=[2, 0, 0]).notes() == []
    assert Hours(DAY, lacking=[9, 0, 0], foreign=[9, 0, 0]).notes() == []


def test_round_counts_and_rounded_numbers_are_told():
    assert cut(10_000)
    assert cut(1_048_575)
    assert cut(9_999) == cut(0) == []
    assert rounded(60, 100)
    assert rounded(3, 100) == []
