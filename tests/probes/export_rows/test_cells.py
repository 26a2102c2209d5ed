"""Amounts and moments as cells have them, on days with another clock too."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from exporter.probes.export_rows.cells import placed, priced
from exporter.probes.export_rows.settings import Export
from exporter.sheets import Number

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("cell", "amount", "flaw"),
    [
        ("128.50", 12850, ""),
        ("¥1,280.50元", 128050, ""),
        ("(8.00)", -800, ""),
        ("", None, ""),
        ("--", None, ""),
        ("0.30000000000000004", Decimal("30.000000000000004"), "float"),
        (Number("0.30000000000000004"), Decimal("30.000000000000004"), "float"),
        (Number("1.1000000000000001"), 110, ""),
        ("1.005", Decimal("100.5"), "scale"),
        ("1.28E+2", 12800, "scientific"),
        (Number("1.28E+2"), 12800, ""),
    ],
)
def test_an_amount_is_read_exactly_and_its_flaw_is_told(cell, amount, flaw):
    assert priced("yuan")(cell) == (amount, flaw)


def test_an_amount_in_fen_is_one_already():
    assert priced("fen")("12850") == (12850, "")


@pytest.mark.parametrize("cell", ["=SUM(B2:B9)", "#VALUE!", "n/a", "NaN", "1e999999"])
def test_what_is_no_amount_is_none(cell):
    with pytest.raises(ValueError, match="is not an amount"):
        priced("yuan")(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-28 01:00:00", "2026/2/28 1:00", "2026.02.28 01:00:00.250", "2026年2月28日 1:00", "2026-02-27T17:00:00Z",
        "2026-02-28T01:00:00+08:00", "1772211600", "1772211600000", "\t2026-02-28 01:00:00",
    ],
)  # fmt: skip
def test_a_moment_is_seconds_from_the_start(cell):
    read = placed(datetime(2026, 2, 28, tzinfo=SHANGHAI), SHANGHAI)
    assert read(cell) == 3600


@pytest.mark.parametrize(
    "cell", ["", "-", "已付款", "2026-02-30 00:00:00", "12:00", "0000-00-00 00:00:00", "18000000000000"]
)
def test_what_is_no_moment_is_none(cell):
    assert placed(datetime(2026, 2, 28, tzinfo=SHANGHAI), SHANGHAI)(cell) is None


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 9), 23), ((2026, 11, 2), 25), ((2026, 3, 10), 24)])
def test_a_day_with_another_clock_is_as_long_as_it_is(day, hours):
    """Of the day before `day`, in New York."""
    window = Export(url="https://a.example/e").window(datetime(*day, 12, tzinfo=UTC), NEW_YORK)
    assert len(list(window.hours())) == hours
    read = placed(window.since, NEW_YORK)
    local = window.since.astimezone(NEW_YORK)
    assert read(f"{local:%F} 00:00:00") == 0
    assert read(f"{local:%F} 23:59:59") == hours * 3600 - 1
