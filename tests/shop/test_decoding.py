from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.database.catalog import Column
from exporter.shop import ShopError, decoding

BEIJING = timezone(timedelta(hours=8))


def test_money_is_counted_in_fen_and_never_in_floats():
    assert decoding.minor(0.29, "yuan") == 29
    assert decoding.minor("128.00", "yuan") == 12800
    assert decoding.minor(Decimal("19.9900"), "yuan") == 1999
    assert decoding.minor(Decimal("0.125"), "yuan") == Decimal("12.5")
    assert decoding.minor(1999, "fen") == 1999
    assert isinstance(decoding.minor("1.00", "yuan"), int)
    assert decoding.minor(None, "yuan") is None


@pytest.mark.parametrize("wrong", ["ten", float("nan"), float("inf"), b"\xff"])
def test_what_is_no_amount_is_an_error_that_does_not_show_it(wrong):
    with pytest.raises(ShopError) as caught:
        decoding.minor(wrong, "yuan")
    assert "ten" not in str(caught.value).split("holds")[-1]


@pytest.mark.parametrize("unset", [None, 0, "0", "", " ", "0000-00-00 00:00:00", b"0"])
def test_an_unset_moment_is_none(unset):
    kind = "datetime" if "00:00" in str(unset) else "epoch_s"
    assert decoding.moment(unset, kind, BEIJING) is None


def test_a_moment_of_the_wrong_kind_says_so():
    with pytest.raises(ShopError, match="now datetime"):
        decoding.moment(1_700_000_000, "datetime", UTC)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["epoch_s", "epoch_ms"]),
)
def test_whole_seconds_select_the_same_rows_as_the_exact_moment(at, kind):
    bound = decoding.instant(at, kind, UTC, as_text=False)
    step = 1000 if kind == "epoch_ms" else 1
    exact = Decimal(int(at.timestamp() // 1)) + Decimal(at.microsecond) / 1_000_000
    for stored in range(bound - 2, bound + 3):
        assert (stored >= bound) == (Decimal(stored) / step >= exact)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_local_moment_survives_the_way_out_and_back(at):
    for as_text in (False, True):
        assert decoding.moment(decoding.instant(at, "datetime", BEIJING, as_text=as_text), "datetime", BEIJING) == at


def test_bits_and_booleans_are_numbers_as_in_the_mapping():
    assert [decoding.raw(value) for value in (b"\x01", b"\x00", True, " paid ", 3, None)] == [1, 0, 1, "paid", 3, None]


def test_raw_values_are_bound_in_the_columns_type():
    assert decoding.bound(Column("s", "tinyint", nullable=False), ["0", 1]) == [0, 1]
    assert decoding.bound(Column("s", "varchar", nullable=False), [0, "x"]) == ["0", "x"]
    assert decoding.bound(Column("s", "boolean", nullable=False), [1, "0"]) == [True, False]
    assert decoding.bound(None, ["x"]) == ["x"]
    with pytest.raises(ValueError, match="'paid' is not a number"):
        decoding.bound(Column("s", "int", nullable=False), ["paid"])


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=8)), ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")])
@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "0000-00-00 00:00:00",
        "2026-07-01 12:00:00",
        datetime(2026, 7, 1, 12),
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
)
def test_the_short_way_of_reading_moments_reads_the_same(zone, stored):
    assert decoding.moments("datetime", zone, frozenset())(stored) == decoding.moment(stored, "datetime", zone)


@pytest.mark.parametrize("stored", [None, " a ", "-", b" a ", 7])
def test_the_short_way_of_reading_texts_reads_the_same(stored):
    assert decoding.texts(frozenset({"-"}))(stored) == decoding.text(stored, {"-"})
